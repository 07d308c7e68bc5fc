// SPDX-License-Identifier: Apache-2.0
#include "model/version.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <ostream>

namespace heliosd::cli {

CommandWords version_words() {
    return {};
}

Async<Result<int>> version(Session& session) {
    json::Object versions{{"clientVersion", model::protocol_version}};
    if (session.has_target) {
        auto master = co_await session.master.version();
        // A version is no reason to fail: scripts read why there is none [quirk].
        if (master) {
            versions.set("masterVersion", *master);
        } else if (master.error().code == Errc::invalid) {
            versions.set("masterVersion", master.error().message);
        } else {
            versions.set("masterVersion", "Unable to connect to master");
            session.err() << master.error().message << "\n";
        }
    }
    if (session.json()) {
        session.out() << pretty(std::move(versions)) << "\n";
        co_return 0;
    }
    session.out() << "Client Version: " << model::protocol_version << "\n";
    if (auto const* master = versions.find("masterVersion"))
        session.out() << "Master Version: " << *master->if_string() << "\n";
    co_return 0;
}

} // namespace heliosd::cli
