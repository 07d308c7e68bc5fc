// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "master/view/view_entries.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The change feed: every change of the cluster view, once, as a value. Nothing polls the view.
namespace heliosd::master {

/// What changed, and in brackets the type of its value.
enum class ChangeKind {
    job,          ///< of the cluster [JobPtr]
    host,         ///< listed by name [bool]
    registration, ///< the id of a completely registered host [text]
    task,         ///< the deployment of a job on a host [TaskPtr]
    agent,        ///< a host's status node [bool]
    up,           ///< an agent's session, by its transaction [number]
    labels,       ///< of a host [StringMap]
    environment,  ///< of an agent [text]
    host_info,    ///< [text]
    agent_info,   ///< [text]
    status,       ///< of a task, as its agent reported it [StatusPtr]
    master,       ///< up, named in `host` [bool]
};

/// The value of a kind; `std::monostate` while it is absent.
using ChangeValue = std::variant<std::monostate, bool, std::int64_t, std::string, model::StringMap,
                                 JobPtr, TaskPtr, StatusPtr>;

struct ClusterChange {
    ChangeKind kind{};
    std::string host, job; ///< what it concerns; empty where that does not apply
    ChangeValue before, after;
    /// The transaction. A removal has none that a reader could see: then the newest one of its
    /// batch, or the newest one known before.
    std::int64_t zxid = 0;
    std::uint64_t revision = 0; ///< of the view after this change; grows by one each time
};
using ChangePtr = std::shared_ptr<ClusterChange const>;

/// The changes that one listener has not read yet. A slow listener loses them all at once and is
/// told so; then it has to start over from the view.
class ChangeQueue {
public:
    explicit ChangeQueue(std::size_t capacity) : capacity_(capacity) {}

    struct Batch {
        bool overflowed = false; ///< changes before these were dropped
        std::vector<ChangePtr> changes;
    };

    void push(ChangePtr change);
    Batch take();
    bool empty() const { return waiting_.changes.empty() && !waiting_.overflowed; }

private:
    std::size_t capacity_;
    Batch waiting_;
};

/// Hands each change to every listener. It must outlive them.
class ChangeFeed {
public:
    class Listener {
    public:
        Listener(ChangeFeed& feed, Executor executor, std::size_t capacity);
        ~Listener();
        Listener(Listener const&) = delete;
        Listener& operator=(Listener const&) = delete;

        /// What has happened since the last call; empty when nothing has.
        ChangeQueue::Batch take() { return queue_.take(); }
        /// Suspends until `take` has something to answer, or for `limit`.
        Async<void> wait_for(Clock& clock, Duration limit);

    private:
        friend class ChangeFeed;

        ChangeFeed& feed_;
        ChangeQueue queue_;
        AutoResetEvent pushed_;
    };

    void publish(std::vector<ClusterChange> changes);

private:
    std::vector<Listener*> listeners_;
};

} // namespace heliosd::master
