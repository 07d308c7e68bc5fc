// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"
#include "model/job.h"

#include <optional>
#include <string>
#include <vector>

/// Resolves what the user typed for a job or a host (spec/cli.md §10).
namespace heliosd::cli {

enum class Match { one, unknown, ambiguous };

/// Which of the ids contain `query`, sorted.
std::vector<model::JobId> matching_jobs(std::string_view query, std::vector<model::JobId> ids);
/// Whether a reference with these matches names a job.
Match match_of(std::size_t matches);
/// `Unknown job: J`, `Ambiguous job reference: J`.
std::string no_match_text(Match match, std::string_view query);

/// The jobs that the master found for a reference.
struct FoundJobs {
    Match match = Match::unknown;
    std::optional<model::Job> job; ///< the one
    std::vector<model::JobId> candidates;
};
Async<Result<FoundJobs>> look_up_job(Session& session, std::string query);

/// Prints why a reference names no job: as text with the candidates, or as `document`.
void print_no_match(Session& session, FoundJobs const& found, std::string_view query,
                    json::Object document);
/// The job that a command needs; prints why there is none.
Async<Result<std::optional<model::Job>>> need_job(Session& session, std::string query);

/// After an ambiguous reference: prints the short ids that it matches, on stderr.
void list_candidates(Session& session, std::vector<model::JobId> const& candidates);

/// The registered host that `typed` means, or `typed` itself.
std::string resolve_host(std::string const& typed, std::vector<std::string> const& hosts,
                         std::vector<std::string> const& search);
/// The same for several hosts; fetches the registered ones from the master.
Async<Result<std::vector<std::string>>> resolve_hosts(Session& session,
                                                      std::vector<std::string> typed);

/// The name of a host as tables show it: short, unless `-f` is given.
Result<std::string> shown_host(Session const& session, std::string const& host);

/// Prints the consequence and asks whether to go on; end of input counts as no.
bool confirm(Session& session, std::string_view consequence);
/// Whether a typed line means yes.
bool is_yes(std::string_view line);

} // namespace heliosd::cli
