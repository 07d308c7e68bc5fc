// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/environment.h"
#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The file by which a running `heliosd solo` tells `helios` on the same machine where it listens:
/// `{"format":1,"http":"http://127.0.0.1:5801","pid":N}`.
namespace heliosd::client {

struct SoloFile {
    std::string http;     ///< the API, as `-z` takes it
    std::int64_t pid = 0; ///< the process that wrote the file

    bool operator==(SoloFile const&) const = default;
};

/// Where a solo of this user leaves its file: `/run/heliosd/solo.json` for root, else
/// `$XDG_RUNTIME_DIR/heliosd/solo.json` (without the variable: below `/run/user/UID`).
std::string solo_file_path(Environment const& environment, std::uint32_t uid);
/// Where `helios` of this user looks: at its own solo first, then at root's.
std::vector<std::string> solo_file_candidates(Environment const& environment, std::uint32_t uid);

/// Writes the file and makes its directory.
Result<> write_solo_file(Files& files, std::string const& path, SoloFile const& file);
/// The content; nothing when there is no file, or when the process that wrote it is gone.
Result<std::optional<SoloFile>> read_solo_file(Files& files, std::string const& path);
/// The same, but nothing also when `pid` is the number of the process that asks: then a process
/// before it wrote the file, in a container that was started again.
Result<std::optional<SoloFile>> read_other_solo_file(Files& files, std::string const& path,
                                                     std::int64_t pid);
/// Removes the file if `pid` wrote it: a solo that ends must not take away its successor's.
Result<> remove_solo_file(Files& files, std::string const& path, std::int64_t pid);

} // namespace heliosd::client
