// SPDX-License-Identifier: Apache-2.0
#include "client/solo_file.h"

#include "base/json/json.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <limits>

namespace heliosd::client {

namespace {

constexpr int format = 1;
constexpr auto below_runtime_directory = "/heliosd/solo.json";

bool is_running(std::int64_t pid) {
    if (pid <= 0 || pid > std::numeric_limits<pid_t>::max()) return false;
    // EPERM: it is there, and belongs to somebody else.
    return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

Result<SoloFile> read_content(std::string const& text) {
    auto document = TRY(json::parse(text));
    auto const* version = document.find("format");
    if (version == nullptr || version->if_integer() != format)
        return fail(Errc::invalid, fmt::format("format: only {} is known", format));
    auto const* http = document.find("http");
    if (http == nullptr || http->if_string() == nullptr)
        return fail(Errc::invalid, "http: a text is needed");
    auto const* pid = document.find("pid");
    auto number = pid != nullptr ? pid->if_integer() : std::nullopt;
    if (!number) return fail(Errc::invalid, "pid: a number is needed");
    return SoloFile{.http = *http->if_string(), .pid = *number};
}

} // namespace

std::string solo_file_path(std::string_view runtime_directory, std::uint32_t uid) {
    if (uid == 0) return std::string("/run") + below_runtime_directory;
    // The specification of the variable: a relative path is to be ignored.
    if (!runtime_directory.starts_with('/'))
        return fmt::format("/run/user/{}{}", uid, below_runtime_directory);
    return std::string(runtime_directory) + below_runtime_directory;
}

std::vector<std::string> solo_file_candidates(std::string_view runtime_directory,
                                              std::uint32_t uid) {
    std::vector<std::string> paths{solo_file_path(runtime_directory, uid)};
    if (uid != 0) paths.push_back(solo_file_path({}, 0));
    return paths;
}

Result<> write_solo_file(Files& files, std::string const& path, SoloFile const& file) {
    auto directory = std::filesystem::path(path).parent_path().string();
    TRY(files.make_directories(directory));
    json::Object content{{"format", format}, {"http", file.http}, {"pid", file.pid}};
    return files.write_atomic(path, json::write(content) + "\n");
}

Result<std::optional<SoloFile>> read_solo_file(Files& files, std::string const& path) {
    auto text = files.read(path);
    if (!text) {
        if (text.error().code == Errc::not_found) return std::nullopt;
        return std::unexpected(std::move(text.error()));
    }
    auto file = read_content(*text);
    if (!file) return std::unexpected(in_context(path, std::move(file.error())));
    if (!is_running(file->pid)) return std::nullopt;
    return *file;
}

Result<std::optional<SoloFile>> read_other_solo_file(Files& files, std::string const& path,
                                                     std::int64_t pid) {
    auto file = read_solo_file(files, path);
    if (file && *file && (*file)->pid == pid) return std::nullopt;
    return file;
}

Result<> remove_solo_file(Files& files, std::string const& path, std::int64_t pid) {
    auto text = files.read(path);
    if (!text) return {};
    auto file = read_content(*text);
    if (file && file->pid != pid) return {};
    return files.remove(path);
}

} // namespace heliosd::client
