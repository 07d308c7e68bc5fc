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

/// One job that this agent runs, stops or removes. Its job definition is authoritative for as long
/// as the execution exists; `ports` is absent until they have been allocated.
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

/// The value of a file, and a sentence for each part that could not be parsed and was left out. A
/// file that is no JSON object at all is an error: the caller sets it aside.
template <class T> struct Loaded {
    T value;
    std::vector<std::string> problems;
    /// Something was left out, including well-formed entries of another host.
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

/// Identifies a node of the tree, as distinct from one created later at the same path. Includes the
/// creation time because an ensemble that was emptied or restored may reuse transaction ids.
struct NodeIdentity {
    std::int64_t czxid = 0, ctime = 0;
    bool operator==(NodeIdentity const&) const = default;
};

/// `heliosd.json`: state for which the files of the reference have no place.
struct OwnState {
    std::optional<NodeIdentity> list; ///< the last known parent node of the desired tasks
    /// The transaction that created each task (`czxid`), by job.
    std::map<std::string, std::int64_t> listed;
    /// Jobs that keep running without a desired task, because the cluster lost it.
    std::set<std::string> orphans;
    bool operator==(OwnState const&) const = default;
};

/// For a file that is damaged: the desired tasks are taken to have been on another list, so that
/// what the cluster does not know is taken for lost rather than undeployed.
OwnState unknown_own_state();

/// Includes the format version of the directory.
std::string own_state_text(OwnState const& own);
/// An error when the directory was written by a version newer than this one.
Result<> refuse_newer_format(std::string_view text);
Result<OwnState> own_state_from_text(std::string_view text);

} // namespace heliosd::agent
