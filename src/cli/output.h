// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "base/result.h"
#include "client/master_client.h"
#include "model/host.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Formats values for output (spec/cli.md §8.2, §8.3 and the cells of §12).
namespace heliosd::cli {

/// Between double quotes when there is white space in it; inner quotes stay [quirk].
std::string quoted_word(std::string_view text);
/// `29 minutes`; negative lengths (clocks that differ) are `0 seconds`.
std::string duration_text(std::chrono::milliseconds length);
/// `15 gb`, the fraction dropped.
std::string memory_text(std::int64_t bytes);
/// Two decimals, rounded half up on the shortest decimal text of the number.
std::string two_decimals(double number);
/// Used memory as a part of all, in single precision as the reference computes it.
std::string usage_text(std::int64_t total, std::int64_t free);
/// Without the search domain it is in, else with a final dot. Error: no legal DNS name.
Result<std::string> short_host(std::string_view host, std::vector<std::string> const& search);

/// `Up 19 minutes`, `Down`.
std::string host_status_cell(bool up, WallTime now, std::optional<model::AgentInfo> const& agent);
/// `STARTING (FLAPPING)`.
std::string task_state_cell(model::TaskState state, model::Throttle throttled);
/// Why a task does not run, in one line, with the remedy where there is one for the user; empty
/// when it runs, or when nothing failed.
std::string reason_text(model::TaskStatus const& task);
/// The first seven characters unless `full`.
std::string container_id_cell(std::optional<std::string> const& id, bool full);
/// `http=80:8080 admin=81:20001`.
std::string ports_cell(model::PortMap const& ports);

/// The two forms of documents, with members in alphabetical order at every level.
std::string compact(json::Value value);
std::string pretty(json::Value value);
/// Members named by job ids, in the order of those (spec/cli.md §8.2), each document sorted.
json::Object by_job_id(json::Object object);
/// A HostStatus as it is shown: its maps of jobs in the order of job ids.
json::Value shown(model::HostStatus const& status);

/// The answer as a result object of spec/cli.md §11: `members` are there, null if need be.
std::string result_json(client::Answer const& answer, std::vector<std::string> const& members);
/// `JobDeployResponse{status=S, job=ID, host='H'}`. A member that stands between `'` in the list is
/// quoted so; lists are `[a, b]`.
std::string result_text(std::string_view type, client::Answer const& answer,
                        std::vector<std::string> const& members);

/// `[a, b]`.
std::string bracketed(std::vector<std::string> const& items);

} // namespace heliosd::cli
