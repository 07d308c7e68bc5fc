// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "store/embedded/journal.h"

#include <memory>
#include <string>

namespace heliosd::store {

/// A journal in an SQLite file, made when it does not exist. It holds the file for itself as long
/// as it lives. Blocks.
///
/// Errors: `Errc::locked` when another process has the file, `Errc::invalid` when it is no store of
/// ours or one of a newer version, `Errc::io`. `vfs` names another SQLite file layer, for tests.
Result<std::unique_ptr<Journal>> open_sqlite_journal(std::string const& file,
                                                     char const* vfs = nullptr);

} // namespace heliosd::store
