// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/http/server.h"

#include <string>

#include <sys/stat.h>
#include <sys/types.h>

/// Who may use Docker anyway, so that an API that runs containers gives nobody new rights.
namespace heliosd::daemon {

/// Owner, group and permission bits of a socket file.
struct SocketPermissions {
    uid_t owner = 0;
    gid_t group = 0;
    mode_t mode = 0;
};

/// The user databases of the machine as text: `/etc/passwd` and `/etc/group`. They are read as
/// files because a static binary has no name service switch.
struct UserDatabase {
    std::string passwd, group;
};

/// Whether `user` belongs to `group`: as primary group or as a listed member.
bool is_member(UserDatabase const& database, uid_t user, gid_t group);

/// Whether `user` is root, `own` (the user of the daemon), or may connect to Docker's socket as its
/// owner or as a member of its group. `socket` is null when Docker is reached over TCP.
bool may_use_docker(UserDatabase const& database, SocketPermissions const* socket, uid_t own,
                    uid_t user);

/// The same with the files of this machine as they are now, so that `usermod -aG docker` has effect
/// at once. `socket_path`: empty when Docker is reached over TCP.
bool may_use_docker(Files& files, std::string const& socket_path, uid_t user);

/// Lets those in who connect from another machine, and the users of this one who may use Docker at
/// `docker`. Error: the kernel does not tell who connects. `files` outlives the decision.
Result<net::AdmitConnection> admit_docker_users(Files& files, net::Endpoint const& docker);

} // namespace heliosd::daemon
