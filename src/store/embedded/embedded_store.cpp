// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"

#include "base/async/within.h"
#include "store/embedded/follower.h"
#include "store/request_size.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <utility>

namespace heliosd::store {
namespace {

std::unexpected<Error> no_such_node(std::string const& path) {
    return fail(StoreErrc::not_found, fmt::format("{}: no such node", path));
}

Error closed_error() {
    return {StoreErrc::closed, "the store has been closed"};
}

} // namespace

EmbeddedStore::EmbeddedStore(EmbeddedEnsemble& ensemble, Executor executor, Clock& clock,
                             EmbeddedOptions options)
    : ensemble_(ensemble),
      executor_(executor),
      clock_(clock),
      options_(options),
      session_{SessionState::connected, ensemble.next_session(), 1},
      changed_(executor) {
}

EmbeddedStore::~EmbeddedStore() {
    close();
}

Async<Result<>> EmbeddedStore::ready() {
    // A real store answers in another turn of the loop; so does this one, lest its users get used
    // to more.
    co_await asio::post(executor_, asio::use_awaitable);
    if (session_.state == SessionState::connecting) {
        auto const waited = co_await within(clock_, options_.connection_limit, until_online());
        if (!waited) {
            auto const ms =
                std::chrono::duration_cast<std::chrono::milliseconds>(options_.connection_limit);
            co_return fail(StoreErrc::unavailable,
                           fmt::format("no connection to the store for {} ms", ms.count()));
        }
    }
    if (session_.state == SessionState::closed) co_return std::unexpected(closed_error());
    co_return Result<>{};
}

Async<Result<>> EmbeddedStore::until_online() {
    while (session_.state == SessionState::connecting) co_await changed_.wait();
    co_return Result<>{};
}

Async<Result<>> EmbeddedStore::settled(std::string path, std::int64_t zxid) {
    auto const done = co_await ensemble_.durable(zxid);
    if (done) co_return Result<>{};
    co_return fail(StoreErrc::unavailable, fmt::format("{}: a change of it could not be stored: {}",
                                                       path, done.error().message));
}

// The reads take their answer first and wait then: a node that changes all the time would
// otherwise never be answered.

Async<Result<Node>> EmbeddedStore::get(std::string path) {
    CO_TRY(check_path(path));
    CO_TRY(co_await ready());
    auto const* entry = ensemble_.tree().find(path);
    Result<Node> answer = no_such_node(path);
    if (entry) answer = Node{entry->data, entry->stat};
    CO_TRY(co_await settled(path, ensemble_.touched(path)));
    co_return answer;
}

Async<Result<std::optional<Stat>>> EmbeddedStore::exists(std::string path) {
    CO_TRY(check_path(path));
    CO_TRY(co_await ready());
    auto const* entry = ensemble_.tree().find(path);
    auto const answer = entry ? std::optional(entry->stat) : std::nullopt;
    CO_TRY(co_await settled(path, ensemble_.touched(path)));
    co_return answer;
}

Async<Result<std::vector<std::string>>> EmbeddedStore::children(std::string path) {
    CO_TRY(check_path(path));
    CO_TRY(co_await ready());
    auto const* entry = ensemble_.tree().find(path);
    Result<std::vector<std::string>> answer = no_such_node(path);
    if (entry) answer = std::vector(entry->children.begin(), entry->children.end());
    CO_TRY(co_await settled(path, ensemble_.touched(path)));
    co_return answer;
}

Async<std::expected<Stat, MultiError>> EmbeddedStore::write(std::vector<Op> ops) {
    if (auto usable = co_await ready(); !usable)
        co_return std::unexpected(MultiError{usable.error(), std::nullopt});
    auto const fault = std::exchange(fault_, std::nullopt);
    Error const lost{StoreErrc::outcome_unknown,
                     "the connection broke before the answer came; the write may have happened"};
    if (fault == WriteFault::lost) co_return std::unexpected(MultiError{lost, std::nullopt});

    auto applied = ensemble_.apply(ops, session_.id);
    auto const* last =
        applied && !ops.empty() ? ensemble_.tree().find(path_of(ops.back())) : nullptr;
    Stat const stat = last ? last->stat : Stat{};
    // A refusal, too, rests on what others have written: it waits like a read.
    auto const zxid = applied ? *applied : ensemble_.tree().last_zxid();
    auto const done = co_await ensemble_.durable(zxid);
    if (fault == WriteFault::unanswered) co_return std::unexpected(MultiError{lost, std::nullopt});
    if (!applied) co_return std::unexpected(std::move(applied.error()));
    if (done) co_return stat;
    auto sentence = fmt::format("the write could not be made durable: {}", done.error().message);
    Error unknown{StoreErrc::outcome_unknown, std::move(sentence)};
    co_return std::unexpected(MultiError{std::move(unknown), std::nullopt});
}

Async<Result<Stat>> EmbeddedStore::write_one(Op op) {
    CO_TRY(check_path(path_of(op)));
    auto const size = request_size(op, acl_size({}));
    if (size > max_request_size) co_return std::unexpected(too_large(size));
    std::vector<Op> ops{std::move(op)};
    auto outcome = co_await write(std::move(ops));
    if (!outcome) co_return std::unexpected(std::move(outcome.error().error));
    co_return *outcome;
}

Async<Result<>> EmbeddedStore::create(std::string path, std::string data, CreateMode mode) {
    CO_TRY(co_await write_one(Create{std::move(path), std::move(data), mode}));
    co_return Result<>{};
}

Async<Result<Stat>> EmbeddedStore::set(std::string path, std::string data, std::int32_t version) {
    return write_one(Set{std::move(path), std::move(data), version});
}

Async<Result<>> EmbeddedStore::remove(std::string path, std::int32_t version) {
    CO_TRY(co_await write_one(Remove{std::move(path), version}));
    co_return Result<>{};
}

Async<MultiResult> EmbeddedStore::multi(std::vector<Op> ops) {
    if (auto refused = check_paths(ops)) co_return std::unexpected(std::move(*refused));
    auto const size = request_size(std::span(ops), acl_size({}));
    if (size > max_request_size)
        co_return std::unexpected(MultiError{too_large(size), std::nullopt});
    CO_TRY(co_await write(std::move(ops)));
    co_return MultiResult{};
}

Async<Result<>> EmbeddedStore::sync(std::string path) {
    CO_TRY(check_path(path));
    CO_TRY(co_await ready());
    co_return co_await settled(std::move(path), ensemble_.tree().last_zxid());
}

std::unique_ptr<Follower> EmbeddedStore::follow(std::string root, Scope scope) {
    return std::make_unique<EmbeddedFollower>(*this, std::move(root), std::move(scope));
}

Async<Session> EmbeddedStore::session_changed(Session seen) {
    while (session_ == seen) co_await changed_.wait();
    co_return session_;
}

void EmbeddedStore::become(SessionState state) {
    session_.state = state;
    changed_.notify();
    for (auto* wakeup : followers_) wakeup->set();
}

void EmbeddedStore::close() {
    if (session_.state == SessionState::closed) return;
    if (!expired_) ensemble_.end_session(session_.id);
    become(SessionState::closed);
}

void EmbeddedStore::set_online(bool online) {
    if (session_.state == SessionState::closed) return;
    if (online == (session_.state == SessionState::connected)) return;
    if (online) {
        if (std::exchange(expired_, false)) session_.id = ensemble_.next_session();
        ++session_.epoch;
    } else {
        offline_since_ = clock_.now();
    }
    become(online ? SessionState::connected : SessionState::connecting);
}

void EmbeddedStore::expire() {
    if (session_.state == SessionState::closed || expired_) return;
    ensemble_.end_session(session_.id);
    if (session_.state == SessionState::connected) {
        session_.id = ensemble_.next_session();
        ++session_.epoch;
        changed_.notify();
    } else {
        expired_ = true;
    }
}

} // namespace heliosd::store
