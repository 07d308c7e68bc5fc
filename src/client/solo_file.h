// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The file in which a running `heliosd solo` names its address for `helios` on the same machine:
/// `{"format":1,"http":"http://127.0.0.1:5801","pid":N}`.
namespace heliosd::client {

struct SoloFile {
    std::string http;     ///< the API, as `-z` takes it
    std::int64_t pid = 0; ///< the process that wrote the file

    bool operator==(SoloFile const&) const = default;
};

/// Where the solo of a user leaves its file: `/run/heliosd/solo.json` for root, else below
/// `runtime_directory`, which is `$XDG_RUNTIME_DIR` (when that is not set: `/run/user/UID`).
std::string solo_file_path(std::string_view runtime_directory, std::uint32_t uid);
/// Where `helios` of a user looks: for the user's own solo first, then for root's.
std::vector<std::string> solo_file_candidates(std::string_view runtime_directory,
                                              std::uint32_t uid);

/// Writes the file and makes its directory.
Result<> write_solo_file(Files& files, std::string const& path, SoloFile const& file);
/// The content; nothing when there is no file, or when the process that wrote it is gone.
Result<std::optional<SoloFile>> read_solo_file(Files& files, std::string const& path);
/// The same, but nothing also when the file names `pid`, the calling process: then an earlier
/// process of the same number wrote it, in a container that was started again.
Result<std::optional<SoloFile>> read_other_solo_file(Files& files, std::string const& path,
                                                     std::int64_t pid);
/// Removes the file if `pid` wrote it: a solo that ends must not remove its successor's.
Result<> remove_solo_file(Files& files, std::string const& path, std::int64_t pid);

} // namespace heliosd::client
