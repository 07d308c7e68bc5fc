// SPDX-License-Identifier: Apache-2.0
#include "agent/state/agent_id.h"

#include "support/catch.h"

namespace heliosd::agent {
namespace {

using Recorded = std::map<std::string, std::string>;
using Seen = std::set<std::string>;

TEST_CASE("agent: whose id the containers of an engine tell") {
    struct Row {
        char const* why;
        Recorded recorded;
        Seen seen;
        std::optional<std::string> registered, chosen;
    };
    Row const rows[] = {
        {"a recorded container is ours", {{"c1", "A"}}, {"A", "B"}, {}, "A"},
        {"also against the tree, where a rival may stand", {{"c1", "A"}}, {"A", "B"}, "B", "A"},
        {"others may be another agent's", {}, {"A"}, {}, {}},
        {"unless the tree confirms it", {}, {"A", "B"}, "B", "B"},
        {"which does not tell by itself", {}, {"A"}, "C", {}},
        {"records of two agents: the tree decides",
         {{"c1", "A"}, {"c2", "B"}},
         {"A", "B"},
         "A",
         "A"},
        {"or nobody", {{"c1", "A"}, {"c2", "B"}}, {"A", "B", "C"}, "C", {}},
        {"nothing is known", {}, {}, {}, {}},
    };
    for (auto const& row : rows) {
        INFO(row.why);
        CHECK(choose_agent_id(row.recorded, row.seen, row.registered) == row.chosen);
    }
}

} // namespace
} // namespace heliosd::agent
