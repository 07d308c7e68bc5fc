// SPDX-License-Identifier: Apache-2.0
#include "cli/references.h"

#include "base/text.h"
#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <ostream>

namespace heliosd::cli {

namespace {

/// The index of the domain of `host` in the search list: the smaller the better.
std::size_t score(std::string const& host, std::vector<std::string> const& search) {
    auto const place = std::find_if(search.begin(), search.end(), [&](std::string const& domain) {
        return host.ends_with("." + domain);
    });
    return static_cast<std::size_t>(place - search.begin());
}

} // namespace

std::vector<model::JobId> matching_jobs(std::string_view query, std::vector<model::JobId> ids) {
    std::erase_if(ids, [&](model::JobId const& id) {
        return id.to_string().find(query) == std::string::npos;
    });
    std::sort(ids.begin(), ids.end());
    return ids;
}

Match match_of(std::size_t matches) {
    return matches == 0 ? Match::unknown : matches == 1 ? Match::one : Match::ambiguous;
}

std::string no_match_text(Match match, std::string_view query) {
    return fmt::format("{}: {}",
                       match == Match::unknown ? "Unknown job" : "Ambiguous job reference", query);
}

Async<Result<FoundJobs>> look_up_job(Session& session, std::string query) {
    auto jobs = CO_TRY(co_await session.master.jobs(query));
    FoundJobs found;
    found.match = match_of(jobs.size());
    for (auto const& [id, job] : jobs) found.candidates.push_back(job.id);
    std::sort(found.candidates.begin(), found.candidates.end());
    if (found.match == Match::one) found.job = std::move(jobs.begin()->second);
    co_return found;
}

void list_candidates(Session& session, std::vector<model::JobId> const& candidates) {
    if (candidates.empty()) return;
    session.err() << "It could be:\n";
    for (auto const& id : candidates) session.err() << "    " << id.to_short_string() << "\n";
}

void print_no_match(Session& session, FoundJobs const& found, std::string_view query,
                    json::Object document) {
    if (session.json()) {
        session.out() << compact(std::move(document));
    } else {
        session.out() << no_match_text(found.match, query) << "\n";
    }
    list_candidates(session, found.candidates);
}

Async<Result<std::optional<model::Job>>> need_job(Session& session, std::string query) {
    auto found = CO_TRY(co_await look_up_job(session, query));
    if (found.match == Match::one) co_return std::move(found.job);
    // The result object of a deployment, whatever the command [quirk].
    auto const* status =
        found.match == Match::unknown ? "JOB_NOT_FOUND" : "AMBIGUOUS_JOB_REFERENCE";
    print_no_match(session, found, query,
                   {{"host", nullptr}, {"job", nullptr}, {"status", status}});
    co_return std::nullopt;
}

std::string resolve_host(std::string const& typed, std::vector<std::string> const& hosts,
                         std::vector<std::string> const& search) {
    std::vector<std::string> candidates;
    for (auto const& host : hosts) {
        if (host == typed) return typed;
        if (host.starts_with(typed)) candidates.push_back(host);
    }
    if (candidates.empty()) return typed;
    std::sort(candidates.begin(), candidates.end(), [&](auto const& a, auto const& b) {
        return std::pair(score(a, search), a) < std::pair(score(b, search), b);
    });
    bool const tied =
        candidates.size() > 1 && score(candidates[0], search) == score(candidates[1], search);
    return tied ? typed : candidates[0];
}

Async<Result<std::vector<std::string>>> resolve_hosts(Session& session,
                                                      std::vector<std::string> typed) {
    auto hosts = CO_TRY(co_await session.master.hosts());
    for (auto& host : typed) host = resolve_host(host, hosts, session.settings.search_domains);
    co_return typed;
}

Result<std::string> shown_host(Session const& session, std::string const& host) {
    if (session.args.given("f")) return host;
    return short_host(host, session.settings.search_domains);
}

bool is_yes(std::string_view line) {
    line = text::trim(line);
    return line.starts_with('y') || line.starts_with('Y');
}

bool confirm(Session& session, std::string_view consequence) {
    session.out() << consequence << "\nDo you want to continue? [y/N]\n" << std::flush;
    std::string line;
    if (!std::getline(session.services.in, line)) {
        session.err() << "no answer on standard input: nothing was done (--yes goes on without "
                         "asking)\n";
        return false;
    }
    return is_yes(line);
}

} // namespace heliosd::cli
