// SPDX-License-Identifier: Apache-2.0
#include "agent/state/state_directory.h"

#include "base/log.h"
#include "base/text.h"
#include "layout/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::agent {
namespace {

/// The whole of an existing file; nothing when there is none.
Result<std::optional<std::string>> read_if_there(Files& files, std::string const& path) {
    auto content = files.read(path);
    if (content) return std::optional(std::move(*content));
    if (content.error().code == Errc::not_found) return std::optional<std::string>{};
    return std::unexpected(content.error());
}

bool is_blank(std::string_view content) {
    return text::trim(content).empty();
}

Result<> set_aside(Files& files, std::string const& path, std::string const& content, WallTime now,
                   std::string_view problem) {
    auto const aside = fmt::format("{}.corrupt-{}", path, now.time_since_epoch().count());
    TRY(files.write_atomic(aside, content));
    log::error("agent", "{} cannot be read, going on without it; its content is in {}: {}", path,
               aside, problem);
    return {};
}

/// Empty when the file is damaged and `--id` does not say which id it should hold.
Result<std::string> read_or_make_id(AgentOptions const& options, std::string const& path,
                                    WallTime now, Rng& rng, Files& files) {
    auto const content = TRY(read_if_there(files, path));
    if (content && !is_blank(*content)) {
        std::string id(text::trim(*content));
        if (is_valid_agent_id(id)) return id;
        TRY(set_aside(files, path, *content, now, "not an agent id"));
        if (!options.id) return "";
    }
    auto id = options.id ? *options.id : random_agent_id(rng);
    TRY(files.write_atomic(path, id));
    return id;
}

/// Reads a state file. One that is damaged, as a whole or in part, is copied aside and what of it
/// can be understood is used; nothing when there is no file or it was never written.
template <class T, class Parse>
Result<std::optional<T>> load(Files& files, std::string const& path, WallTime now, Parse parse) {
    auto content = TRY(read_if_there(files, path));
    if (!content || is_blank(*content)) return std::optional<T>{};
    Result<Loaded<T>> loaded = parse(*content);
    if (loaded && loaded->problems.empty()) return std::optional(std::move(loaded->value));

    if (!loaded) {
        TRY(set_aside(files, path, *content, now, loaded.error().message));
        return std::optional<T>{};
    }
    auto const aside = fmt::format("{}.corrupt-{}", path, now.time_since_epoch().count());
    TRY(files.write_atomic(aside, *content));
    for (auto const& problem : loaded->problems)
        log::error("agent",
                   "part of {} cannot be read, going on without that; the content is in {}: {}",
                   path, aside, problem);
    return std::optional(std::move(loaded->value));
}

/// Creates the file when there is none, so that the directory always records its format.
Result<OwnState> read_or_make_own_state(Files& files, std::string const& path, WallTime now) {
    auto const content = TRY(read_if_there(files, path));
    if (content) {
        auto const format = refuse_newer_format(*content);
        if (!format) return std::unexpected(in_context(path, format.error()));
        auto own = own_state_from_text(*content);
        if (own) return own;
        TRY(set_aside(files, path, *content, now, own.error().message));
        TRY(files.write_atomic(path, own_state_text(unknown_own_state())));
        return unknown_own_state();
    }
    TRY(files.write_atomic(path, own_state_text({})));
    return OwnState{};
}

} // namespace

bool is_valid_agent_id(std::string_view text) {
    constexpr std::size_t longest = 128;
    auto const fits = [](char c) { return text::is_alnum(c) || c == '_' || c == '.' || c == '-'; };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, fits);
}

std::string random_agent_id(Rng& rng) {
    std::string id;
    while (id.size() < 40) id += fmt::format("{:016X}", rng());
    id.resize(40);
    return id;
}

Error unusable_state_directory(Error const& error) {
    auto named = in_context("--state-dir", error);
    bool const is_refused = error.code == Errc::io || error.code == Errc::not_found;
    if (is_refused) named.message += ": give a directory that this user may write";
    return named;
}

Result<StateDirectory> open_state_directory(AgentOptions const& options, WallTime now, Rng& rng,
                                            Files& files) {
    StateDirectory state;
    state.path = options.state_dir.ends_with('/') ? options.state_dir : options.state_dir + "/";
    auto const made = files.make_directories(options.state_dir, Access::owner);
    if (!made) return std::unexpected(unusable_state_directory(made.error()));

    auto const lock_path = state.file("lock");
    auto lock = files.lock(lock_path);
    if (!lock && lock.error().code == Errc::locked)
        return fail(Errc::locked, "State lock file already locked: " + lock_path);
    if (!lock) return std::unexpected(unusable_state_directory(lock.error()));
    state.lock = std::move(*lock);

    auto own = read_or_make_own_state(files, state.file("heliosd.json"), now);
    if (!own) return std::unexpected(unusable_state_directory(own.error()));
    state.own = std::move(*own);
    auto id = read_or_make_id(options, state.file("id"), now, rng, files);
    if (!id) return std::unexpected(unusable_state_directory(id.error()));
    state.id = std::move(*id);

    auto const parse_executions = [&](std::string_view text) {
        auto loaded = executions_from_text(text);
        state.are_executions_complete = loaded && loaded->problems.empty();
        return loaded;
    };
    auto executions =
        TRY(load<Executions>(files, state.file("executions.json"), now, parse_executions));
    state.executions = std::move(executions).value_or(Executions{});
    auto const jobs_path = layout::host_jobs(options.name);
    bool partial = false;
    auto const parse_tasks = [&](std::string_view text) {
        auto loaded = tasks_from_text(text, jobs_path);
        partial = loaded && loaded->partial;
        return loaded;
    };
    auto tasks = TRY(load<Tasks>(files, state.file("task-config.json"), now, parse_tasks));
    // What is missing in a part of a list says nothing, and must stop no container.
    if (!partial) state.tasks = std::move(tasks);
    auto statuses =
        TRY(load<Statuses>(files, state.file("task-status.json"), now, statuses_from_text));
    state.statuses = std::move(statuses).value_or(Statuses{});
    auto history =
        TRY(load<History>(files, state.file("task-history.json"), now, history_from_text));
    state.history = std::move(history).value_or(History{});
    return state;
}

} // namespace heliosd::agent
