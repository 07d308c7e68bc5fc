// SPDX-License-Identifier: Apache-2.0
#include "model/version.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <ostream>

namespace heliosd::cli {

CommandArguments version_arguments() {
    return {};
}

Async<Result<int>> version(Session& session) {
    json::Object versions{{"clientVersion", model::protocol_version}};
    if (!session.settings.targets.empty()) {
        auto master = co_await session.master.version();
        // Not an error: scripts read here why there is no version [quirk].
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
