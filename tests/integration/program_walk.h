// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/program.h"

#include <optional>
#include <string>

/// What solo and a cluster must do alike.
namespace heliosd::test {

/// Where the real Docker and its image are; nothing, aloud, without them.
struct RealDocker {
    std::string endpoint, image;
};
std::optional<RealDocker> docker_of_this_run();

/// Create, deploy, RUNNING, the container answers, ends and answers again, undeploy, remove: by the
/// words of the manual.
void walk_through(Rig& rig, Api& api, std::string const& host, std::string const& image);

/// A job that runs for as long as it is left alone.
struct Deployed {
    std::string job, host;
    Container container;
};
Deployed deploy_sleeper(Rig& rig, Api& api, std::string name, std::string const& host,
                        std::string const& image);

/// From the first answer on there are five seconds: the host is up, the job RUNNING in the
/// container it has always been in.
void check_untouched(Rig& rig, Api& api, Deployed const& deployed);

/// The agent is in charge of the container: undeployed, it ends.
void check_undeploys(Rig& rig, Api& api, Deployed const& deployed);

} // namespace heliosd::test
