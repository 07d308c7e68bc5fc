// SPDX-License-Identifier: Apache-2.0
#include "store/watched_tree.h"

#include "base/async/rng.h"
#include "model_ensemble.h"
#include "support/catch.h"

#include <cstdlib>

// Random interleavings of everything that can happen to a follower's sessions: late replies, lost
// connections, servers of different age, nodes that go and come between two reads.

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using test::ModelEnsemble;

constexpr std::size_t session_count = 3;

/// `/r` and everything below; leaves are asked for their data only.
Interest scope(std::string_view path) {
    auto const depth = std::ranges::count(path, '/');
    return {.data = depth != 2, .children = depth <= 2};
}

/// A reader of a tree on a model ensemble, and what it may expect.
class Run {
public:
    Run(std::uint64_t seed, bool restores) : rng_(seed), restores_(restores) {
        WatchedTree::Budget budget{[this](std::string_view, unsigned) {
                                       return static_cast<SessionNumber>(rng_.below(session_count));
                                   },
                                   [](SessionNumber, std::string_view, unsigned) {}};
        tree_ = std::make_unique<WatchedTree>("/r", scope, std::move(budget));
        tree_->start(now_);
    }

    void disturb(int steps) {
        for (int i = 0; i < steps && !failed_; ++i) step();
    }

    /// Everybody connected and nothing new: the reader ends up with the tree as it is.
    void calm() {
        bool busy = true;
        for (int i = 0; busy && i < 20'000; ++i) {
            busy = false;
            for (std::size_t session = 0; session < session_count; ++session) {
                ensemble_.connect(session, false, ensemble_.head(), *tree_, now_);
                while (ensemble_.advance(session)) busy = true;
                busy = ensemble_.execute(session, false) || busy;
                busy = ensemble_.deliver(session, *tree_, now_) || busy;
            }
            busy = tree_->has_refused() || busy;
            tree_->retry_refused();
            busy = pump() || busy;
        }
        CHECK(!busy);
        end_fence();
        take();
        CHECK(seen_ == in_scope(ensemble_.now()));
        now_ += 1h;
        CHECK(!tree_->stale_since(now_));
        // Absent records whose transaction ids are yet to come do no harm.
        if (!restores_) CHECK(tree_->size() == std::max<std::size_t>(seen_.size(), 1));
    }

    bool failed() const { return failed_; }

private:
    struct Version {
        std::int64_t czxid, mzxid, ctime;
        std::string data;
        bool operator==(Version const&) const = default;
    };
    using Picture = std::map<std::string, Version>;

    static Version version_of(std::string const& path, Node const& node) {
        auto const wanted = scope(path);
        // Without an interest in the data only the incarnation is known.
        if (!wanted.data) return {node.stat.czxid, 0, node.stat.ctime, {}};
        return {node.stat.czxid, node.stat.mzxid, node.stat.ctime, node.data};
    }

    static Picture in_scope(ModelEnsemble::Nodes const& nodes) {
        Picture picture;
        for (auto const& [path, node] : nodes) picture[path] = version_of(path, node);
        return picture;
    }

    void step() {
        now_ += 10ms;
        auto const session = rng_.below(session_count);
        auto const roll = rng_.below(100);
        if (roll < 14) return change();
        if (roll < 34) return void(ensemble_.advance(session));
        if (roll < 60) return void(ensemble_.execute(session, rng_.below(12) == 0));
        if (roll < 86) {
            ensemble_.deliver(session, *tree_, now_);
            return void(pump());
        }
        if (roll < 88) {
            ensemble_.disconnect(session, *tree_, now_);
            return void(pump());
        }
        if (roll < 92) {
            auto const head = ensemble_.head();
            auto const at = head - rng_.below(std::min<std::size_t>(head, 6) + 1);
            ensemble_.connect(session, rng_.below(2) == 0, at, *tree_, now_);
            return void(pump());
        }
        if (roll < 94) {
            tree_->retry_refused();
            return void(pump());
        }
        if (roll < 96) return begin_fence();
        if (roll < 97 && restores_) return restore();
        take();
    }

    std::string random_path() {
        std::string path = "/r";
        for (auto depth = rng_.below(3); depth > 0; --depth)
            path += std::string("/") + "abc"[rng_.below(3)];
        return path;
    }

    void change() {
        auto const path = random_path();
        auto const& nodes = ensemble_.now();
        bool const there = nodes.contains(path);
        auto const roll = rng_.below(4);
        if (!there && (path == "/r" || nodes.contains(std::string(parent(path))))) {
            ensemble_.create(path);
        } else if (there && roll < 2) {
            ensemble_.set(path);
        } else if (there && roll == 2) {
            ensemble_.remove(path);
        } else if (there) {
            // Redeployed, with what is below it.
            ensemble_.remove(path);
            ensemble_.create(path);
            if (std::ranges::count(path, '/') == 2) ensemble_.create(path + "/a");
        }
    }

    void restore() {
        if (ensemble_.head() < 4) return;
        for (std::size_t i = 0; i < session_count; ++i) ensemble_.disconnect(i, *tree_, now_);
        ensemble_.restore(ensemble_.head() - 1 - rng_.below(3));
        for (std::size_t i = 0; i < session_count; ++i)
            ensemble_.connect(i, true, ensemble_.head(), *tree_, now_);
        pump();
    }

    bool pump() {
        bool sent = false;
        for (;;) {
            auto requests = tree_->take_requests(now_);
            if (requests.empty()) break;
            sent = true;
            for (auto& request : requests) {
                bool const connected = ensemble_.is_connected(request.session);
                if (connected || !request.fenced)
                    ensemble_.send(std::move(request));
                else
                    tree_->replied(request.id, {.outcome = WatchReply::Outcome::lost}, now_);
            }
        }
        end_fence();
        return sent;
    }

    void begin_fence() {
        if (fence_) return;
        fence_ = std::make_shared<WatchedTree::Fence>();
        fenced_at_ = ensemble_.head();
        fenced_ = {random_path(), random_path()};
        tree_->fence(fenced_, fence_, now_);
        pump();
    }

    void end_fence() {
        if (!fence_ || fence_->awaited > 0) return;
        auto const fence = std::exchange(fence_, nullptr);
        if (fence->lost || fence->refused || !delivering_) return;
        apply(tree_->take(fenced_));
        if (restores_) return;
        for (auto const& path : fenced_) {
            floor_[path] = std::max(floor_[path], fenced_at_);
            check_floor(path);
        }
    }

    void take() {
        if (!tree_->ready()) return;
        auto const batch = tree_->take();
        CHECK(batch.snapshot == !std::exchange(delivering_, true));
        apply(batch.changes);
    }

    void apply(std::vector<Change> const& changes) {
        for (auto const& change : changes) {
            if (!change.node) {
                seen_.erase(change.path);
            } else {
                auto const version = version_of(change.path, *change.node);
                auto& last = newest_[change.path];
                bool const older = version.czxid < last.czxid ||
                                   (version.czxid == last.czxid && version.mzxid < last.mzxid);
                if (older && !restores_) fail("an older value of " + change.path);
                last = seen_[change.path] = version;
            }
            if (!restores_) check_floor(change.path);
        }
    }

    /// What is seen of `path` is a state that it had at the last fence or later.
    void check_floor(std::string const& path) {
        auto const it = seen_.find(path);
        for (auto zxid = floor_[path]; zxid <= ensemble_.head(); ++zxid) {
            auto const& nodes = ensemble_.at(zxid);
            auto const then = nodes.find(path);
            if (then == nodes.end()
                    ? it == seen_.end()
                    : it != seen_.end() && it->second == version_of(path, then->second))
                return;
        }
        fail(path + " is older than its fence");
    }

    void fail(std::string const& what) {
        UNSCOPED_INFO(what);
        CHECK(false);
        failed_ = true;
    }

    SeededRng rng_;
    bool restores_, delivering_ = false, failed_ = false;
    SteadyTime now_{};
    ModelEnsemble ensemble_{session_count};
    std::unique_ptr<WatchedTree> tree_;
    Picture seen_, newest_;
    std::shared_ptr<WatchedTree::Fence> fence_;
    std::vector<std::string> fenced_;
    std::size_t fenced_at_ = 0;
    std::map<std::string, std::size_t> floor_;
};

std::uint64_t seeds() {
    auto const* wanted = std::getenv("HELIOSD_TEST_SEEDS");
    return wanted ? std::strtoull(wanted, nullptr, 10) : 300;
}

void run_all(bool restores) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        CAPTURE(seed);
        Run run(seed, restores);
        for (int round = 0; round < 3 && !run.failed(); ++round) {
            run.disturb(400);
            if (!run.failed()) run.calm();
        }
        if (run.failed()) return;
    }
}

TEST_CASE("store: a watched tree converges through every interleaving, and never goes back") {
    run_all(false);
}

TEST_CASE("store: a watched tree converges on ensembles that are restored from backups") {
    run_all(true);
}

} // namespace
} // namespace heliosd::store
