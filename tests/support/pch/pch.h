// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../../src/pch/pch.h"

#include "../catch.h"
