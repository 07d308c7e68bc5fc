// SPDX-License-Identifier: Apache-2.0
#include "daemon/docker_users.h"

#include "support/catch.h"

namespace heliosd::daemon {
namespace {

UserDatabase const database{.passwd = "root:x:0:0:root:/root:/bin/bash\n"
                                      "alice:x:1000:1000::/home/alice:/bin/sh\n"
                                      "bob:x:1001:1001::/home/bob:/bin/sh\n"
                                      "carol:x:1002:998::/home/carol:/bin/sh\n"
                                      "al:x:1003:1003::/home/al:/bin/sh\n"
                                      "broken\nodd:x:10x0:998\n",
                            .group = "docker:x:998:alice,root\n"
                                     "alice:x:1000:\n"
                                     "wheel:x:10:bob\n"
                                     "broken:x\n"};

TEST_CASE("daemon: who may use Docker's socket may use the API of solo") {
    SocketPermissions const usual{.owner = 0, .group = 998, .mode = 0140660};
    SocketPermissions const closed{.owner = 0, .group = 998, .mode = 0140600};
    SocketPermissions const rootless{.owner = 1001, .group = 1001, .mode = 0140600};
    constexpr uid_t daemon_user = 0, other_daemon_user = 500;
    struct Row {
        SocketPermissions const* socket;
        uid_t own, user;
        bool may;
        char const* why;
    };
    for (auto const& row : {
             Row{&usual, daemon_user, 0, true, "root"},
             Row{&usual, daemon_user, 1000, true, "listed in the group"},
             Row{&usual, daemon_user, 1002, true, "its primary group"},
             Row{&usual, daemon_user, 1001, false, "in another group"},
             Row{&usual, daemon_user, 1003, false, "its name only begins like that of a member"},
             Row{&usual, daemon_user, 4242, false, "unknown to the machine"},
             Row{&usual, other_daemon_user, 500, true, "the user of the daemon"},
             Row{&closed, daemon_user, 1000, false, "the group has no access"},
             Row{&rootless, daemon_user, 1001, true, "owns the socket"},
             Row{&rootless, daemon_user, 1000, false, "does not own it"},
             Row{nullptr, daemon_user, 0, true, "Docker over TCP: root"},
             Row{nullptr, daemon_user, 1000, false, "Docker over TCP: nobody else"},
         }) {
        INFO(row.why);
        CHECK(may_use_docker(database, row.socket, row.own, row.user) == row.may);
    }
}

TEST_CASE("daemon: damaged lines of the user databases are skipped") {
    CHECK(!is_member(database, 10, 998));
    CHECK(is_member(database, 1001, 10));
    CHECK(!is_member({}, 1000, 998));
    CHECK(!is_member({.passwd = "a:x:1:2", .group = "g:x:3:"}, 1, 3));
}

} // namespace
} // namespace heliosd::daemon
