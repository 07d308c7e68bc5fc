// SPDX-License-Identifier: Apache-2.0
#include "daemon/docker_users.h"

#include "base/text.h"
#include "net/local_access.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, value);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return {};
    return value;
}

constexpr mode_t owner_access = S_IRUSR | S_IWUSR;
constexpr mode_t group_access = S_IRGRP | S_IWGRP;

} // namespace

bool is_member(UserDatabase const& database, uid_t user, gid_t group) {
    std::vector<std::string_view> names; // several names may share an id
    for (auto const line : text::split(database.passwd, '\n')) {
        auto const fields = text::split(line, ':');
        if (fields.size() < 4 || number(fields[2]) != user) continue;
        if (number(fields[3]) == group) return true;
        names.push_back(fields[0]);
    }
    for (auto const line : text::split(database.group, '\n')) {
        auto const fields = text::split(line, ':');
        if (fields.size() < 4 || number(fields[2]) != group) continue;
        for (auto const member : text::split(fields[3], ','))
            if (!member.empty() && std::ranges::find(names, member) != names.end()) return true;
    }
    return false;
}

bool may_use_docker(UserDatabase const& database, SocketPermissions const* socket, uid_t own,
                    uid_t user) {
    if (user == 0 || user == own) return true;
    if (!socket) return false;
    if (socket->owner == user) return (socket->mode & owner_access) == owner_access;
    return (socket->mode & group_access) == group_access &&
           is_member(database, user, socket->group);
}

bool may_use_docker(Files& files, std::string const& socket_path, uid_t user) {
    struct stat file{};
    SocketPermissions socket;
    bool const known = !socket_path.empty() && ::stat(socket_path.c_str(), &file) == 0;
    if (known) socket = {.owner = file.st_uid, .group = file.st_gid, .mode = file.st_mode};
    UserDatabase const database{.passwd = files.read("/etc/passwd").value_or(""),
                                .group = files.read("/etc/group").value_or("")};
    return may_use_docker(database, known ? &socket : nullptr, ::geteuid(), user);
}

Result<net::AdmitConnection> admit_docker_users(Files& files, net::Endpoint const& docker) {
    auto opened = net::SocketDiag::open();
    if (!opened)
        return fail(Errc::unavailable,
                    fmt::format("cannot tell which user of this machine connects: {}; "
                                "--allow-local-users lets every local user in",
                                opened.error().message));
    auto diag = std::make_shared<net::SocketDiag>(std::move(*opened));
    bool const is_file = docker.scheme == net::Scheme::unix_socket;
    auto path = is_file ? docker.path : std::string();
    return [&files, diag, path](net::TcpTuple const& seen) -> std::optional<std::string> {
        auto const client = net::client_tuple(seen.source, seen.destination);
        auto const entry = diag->find(client);
        bool const is_local =
            net::is_socket_of(client, entry) ||
            net::is_local_address(seen.source.address(), net::interface_addresses());
        if (!is_local) return {};
        auto const may_use = [&](uid_t user) { return may_use_docker(files, path, user); };
        return net::refuse_local_peer(client, entry, may_use);
    };
}

} // namespace heliosd::daemon
