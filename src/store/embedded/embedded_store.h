// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/condition.h"
#include "store/embedded/ensemble.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::store {

/// A session of an `EmbeddedEnsemble`. Its end, at the latest the destructor, removes its ephemeral
/// nodes. It must outlive its followers.
///
/// The second half is for tests and simulation: it makes this session suffer what the network does
/// to a real one.
class EmbeddedStore final : public Store {
public:
    EmbeddedStore(EmbeddedEnsemble& ensemble, Executor executor, Clock& clock,
                  EmbeddedOptions options);
    ~EmbeddedStore() override;

    Async<Result<Node>> get(std::string path) override;
    Async<Result<std::optional<Stat>>> exists(std::string path) override;
    Async<Result<std::vector<std::string>>> children(std::string path) override;
    Async<Result<>> create(std::string path, std::string data, CreateMode mode) override;
    Async<Result<Stat>> set(std::string path, std::string data, std::int32_t version) override;
    Async<Result<>> remove(std::string path, std::int32_t version) override;
    Async<MultiResult> multi(std::vector<Op> ops) override;
    Async<Result<>> sync(std::string path) override;
    std::unique_ptr<Follower> follow(std::string root, Scope scope) override;
    Session session() const override { return session_; }
    Async<Session> session_changed(Session seen) override;

    /// Ends the session for good; every later call answers `closed`.
    void close();

    /// The connection is cut, or restored. Ephemerals stay: the session lives on.
    void set_online(bool online);
    /// The ensemble declares the session dead. When online, a new one begins at once; when offline,
    /// with the connection.
    void expire();

    enum class WriteFault {
        lost,       ///< the request never arrives
        unanswered, ///< it is carried out, the answer is lost
    };
    /// The next write answers `outcome_unknown`.
    void fail_next_write(WriteFault fault) { fault_ = fault; }

private:
    friend class EmbeddedFollower;

    Async<Result<>> ready();
    Async<Result<>> until_online();
    /// Suspends until what `path` looks like now can be shown.
    Async<Result<>> settled(std::string path, std::int64_t zxid);
    /// Applies `ops` and answers the Stat the last of them left behind.
    Async<std::expected<Stat, MultiError>> write(std::vector<Op> ops);
    Async<Result<Stat>> write_one(Op op);
    void become(SessionState state);

    EmbeddedEnsemble& ensemble_;
    Executor executor_;
    Clock& clock_;
    EmbeddedOptions options_;
    Session session_;
    SteadyTime offline_since_{};
    bool expired_ = false; ///< while offline: the next connection makes a new session
    std::optional<WriteFault> fault_;
    Condition changed_;
    std::vector<AutoResetEvent*> followers_; ///< they, too, want to know when the state changes
};

} // namespace heliosd::store
