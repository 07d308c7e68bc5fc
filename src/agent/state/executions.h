// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/ports.h"
#include "base/json/json.h"
#include "model/task.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

/// The agent's state files as text, byte for byte as the reference writes them (spec/agent.md §2),
/// so that either can take over the directory of the other.
namespace heliosd::agent {

/// One job that this agent runs, stops or removes. The job in it is what is supervised, for as long
/// as the execution lives; `ports` is absent until they have been allocated.
struct Execution {
    model::Job job;
    std::optional<Ports> ports;
    model::Goal goal = model::Goal::start;
    bool operator==(Execution const&) const = default;
};

/// By full job id.
using Executions = model::SortedMap<Execution>;
using Statuses = model::SortedMap<model::TaskStatus>;
/// Desired tasks by full job id.
using Tasks = model::SortedMap<model::Task>;
/// Undelivered history by full job id, oldest first.
using History = model::SortedMap<std::vector<model::TaskStatusEvent>>;

/// A file's value with the sentences of what in it could not be understood and was left out. A file
/// that is no JSON object at all is an error: the caller sets it aside.
template <class T> struct Loaded {
    T value;
    std::vector<std::string> problems;
    /// Something was left out, also what is well-formed but meant for another host.
    bool partial = false;
};

std::string executions_text(Executions const& executions);
Result<Loaded<Executions>> executions_from_text(std::string_view text);

/// `task-config.json`; its keys are whole paths below `jobs_path`, others are left out.
std::string tasks_text(Tasks const& tasks, std::string const& jobs_path);
Result<Loaded<Tasks>> tasks_from_text(std::string_view text, std::string const& jobs_path);

/// `task-status.json`; the values are base64 of the documents.
std::string statuses_text(std::map<std::string, std::string, model::Utf16Less> const& documents);
Result<Loaded<Statuses>> statuses_from_text(std::string_view text);

std::string history_text(History const& history);
Result<Loaded<History>> history_from_text(std::string_view text);

/// A node of the tree, told from one that was made in its place later. The time too: an ensemble
/// that was emptied or restored may use transaction ids a second time.
struct NodeIdentity {
    std::int64_t czxid = 0, ctime = 0;
    bool operator==(NodeIdentity const&) const = default;
};

/// `heliosd.json`: what the files of the reference have no place for.
struct OwnState {
    std::optional<NodeIdentity> list; ///< the node whose children the desired tasks last were
    /// The transaction that put each of them there, by job (`czxid`).
    std::map<std::string, std::int64_t> listed;
    /// Jobs that go on without a desired task, because the cluster lost it.
    std::set<std::string> orphans;
    bool operator==(OwnState const&) const = default;
};

/// Also says which layout the directory has.
std::string own_state_text(OwnState const& own);
/// An error when the directory was written by a version newer than this one.
Result<OwnState> own_state_from_text(std::string_view text);

} // namespace heliosd::agent
