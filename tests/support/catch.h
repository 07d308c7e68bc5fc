// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 3 and 2 under one spelling: Debian 12 ships 2.13.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
