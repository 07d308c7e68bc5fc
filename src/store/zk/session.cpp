// SPDX-License-Identifier: Apache-2.0
#include "store/zk/session.h"

#include "base/async/auto_reset_event.h"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// After an error the library may ask to be called again at once; without a pause it would spin.
constexpr Duration error_pause = 50ms;
/// Between attempts that cannot succeed until somebody changes something.
constexpr Duration attempt_pause = 1s;
/// Without a connection: how often the limits of waiting requests are checked.
constexpr Duration expiry_interval = 100ms;
/// How long to be without a connection before names are looked up again.
constexpr Duration resolve_again = 10s;
/// A resumed connection that breaks sooner, and without having been of use, is held to have broken
/// because it was resumed.
constexpr Duration too_short = 5s;
/// How long the servers have to answer at the end. `zookeeper_close` waits longer, and blocks.
constexpr Duration close_limit = 1s;
constexpr Duration for_ever = std::chrono::hours{24};
/// So many packets are read before others get their turn on the loop.
constexpr int packets_at_once = 200;

/// A caller that waits for its reply. When it goes before, the request is withdrawn.
class Waiting {
public:
    explicit Waiting(Executor executor) : answered(executor) {}

    ZkReply reply;
    AutoResetEvent answered;
};

class Withdrawal {
public:
    Withdrawal(std::weak_ptr<ZkRequestQueue> queue, ZkRequestQueue::Number number)
        : queue_(std::move(queue)), number_(number) {}
    Withdrawal(Withdrawal const&) = delete;
    Withdrawal& operator=(Withdrawal const&) = delete;
    ~Withdrawal() {
        if (auto const queue = queue_.lock()) queue->withdraw(number_);
    }
    void dismiss() { queue_.reset(); }

private:
    std::weak_ptr<ZkRequestQueue> queue_;
    ZkRequestQueue::Number number_;
};

} // namespace

ZkSession::ZkSession(Executor executor, Clock& clock, ZkSessionOptions options,
                     ServerAddresses& addresses, Listener& listener)
    : executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      addresses_(addresses),
      listener_(listener),
      socket_(executor),
      disconnected_since_(clock.now()) {
    facts_.session_timeout = options_.session_timeout;
}

ZkSession::~ZkSession() {
    // Closing calls back into requests that are still known to the library.
    handle_.reset();
}

void ZkSession::stop() {
    stopping_ = true;
    socket_.kick();
}

ZkRequestQueue::Number ZkSession::enqueue(ZkRequest::Start start, ZkRequest::Done done,
                                          bool patient) {
    auto const deadline = patient ? SteadyTime::max() : clock_.now() + options_.connection_limit;
    socket_.kick();
    return requests_->push(std::move(start), std::move(done), deadline);
}

void ZkSession::submit(ZkRequest::Start start, ZkRequest::Done done, bool patient) {
    if (state_ == State::closed) return done(zk::closing(false));
    enqueue(std::move(start), std::move(done), patient);
}

Async<ZkReply> ZkSession::call(ZkRequest::Start start) {
    if (state_ == State::closed) co_return zk::closing(false);
    auto const waiting = std::make_shared<Waiting>(executor_);
    auto done = [waiting](ZkReply reply) {
        waiting->reply = std::move(reply);
        waiting->answered.set();
    };
    Withdrawal withdrawal(requests_, enqueue(std::move(start), std::move(done), false));
    co_await waiting->answered.wait();
    withdrawal.dismiss();
    co_return std::move(waiting->reply);
}

Async<void> ZkSession::run() {
    return finally(serve(), close());
}

Async<void> ZkSession::serve() {
    while (!stopping_) {
        if (handle_)
            co_await turn(for_ever);
        else
            co_await open();
    }
}

Async<void> ZkSession::open() {
    servers_ = addresses_.current();
    if (servers_.empty()) {
        trouble_ = addresses_.trouble();
        addresses_.request();
    } else {
        auto handle = ZkHandle::open(servers_ + options_.chroot, options_.session_timeout,
                                     options_.credentials, continued_);
        if (handle) {
            handle_ = std::move(*handle);
            co_return;
        }
        trouble_ = handle.error().message;
    }
    requests_->expire(clock_.now(), trouble_);
    co_await socket_.wait(-1, 0, expiry_interval);
}

/// One round with the library: what waits is sent, what comes is handled.
Async<void> ZkSession::turn(Duration limit) {
    if (!is_connected()) {
        update_servers();
        requests_->expire(clock_.now(), trouble_);
        auto const decision = decide_reconnect(facts_);
        if (decision != Reconnect::same_handle) {
            drop_handle(decision);
            if (decision == Reconnect::new_session_later)
                co_await socket_.wait(-1, 0, attempt_pause);
            co_return;
        }
    }
    send_waiting();
    auto wait = handle_->interest();
    fd_ = wait.fd;
    note_failure(wait.code);
    check_state();
    dispatch();
    if (!is_connected() && decide_reconnect(facts_) != Reconnect::same_handle) co_return;
    if (wait.code != ZOK) wait.limit = std::max(wait.limit, error_pause);
    if (!is_connected() && requests_->has_waiting())
        wait.limit = std::min(wait.limit, expiry_interval);
    int const events = co_await socket_.wait(fd_, wait.events, std::min(wait.limit, limit));
    if (fd_ != -1) read_replies(events);
    check_state();
    dispatch();
}

/// While there is no connection: a server may have moved.
void ZkSession::update_servers() {
    if (is_connected() || clock_.now() - disconnected_since_ < resolve_again) return;
    addresses_.request();
    if (addresses_.current().empty() || addresses_.current() == servers_) return;
    servers_ = addresses_.current();
    handle_->set_servers(servers_);
}

/// Whether the servers' side of the connection is still there, as far as this machine knows.
bool ZkSession::peer_is_there() const {
    char byte;
    auto const size = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void ZkSession::send_waiting() {
    // What is not sent on a dead connection need not be reported as "outcome unknown".
    if (!is_connected() || !requests_->may_send() || !peer_is_there()) return;
    while (requests_->may_send()) {
        requests_->send_next(handle_->get());
        // Sending may have shown that the connection is gone.
        if (handle_->state() != ZkHandle::State::connected) return;
    }
}

void ZkSession::read_replies(int events) {
    // One call handles one packet.
    for (int packets = 0; packets < packets_at_once; ++packets) {
        int const code = handle_->process(events);
        note_failure(code);
        if (code != ZOK || !(events & ZOOKEEPER_READ)) return;
        events = ZOOKEEPER_READ;
    }
    // There may be more: do not wait for the socket first.
    socket_.kick();
}

/// Why an attempt to connect failed.
void ZkSession::note_failure(int code) {
    if (code == ZOK || code == ZNOTHING || is_connected()) return;
    if (handle_state_ == ZkHandle::State::associating && code == ZCONNECTIONLOSS)
        note_refusal();
    else if (facts_.refusals == 0)
        trouble_ = fmt::format("cannot connect: {}", zerror(code));
}

/// The connection was made and closed again before the session began.
void ZkSession::note_refusal() {
    auto const now = clock_.now();
    bool const in_a_row = now - last_refusal_ < options_.session_timeout / 4;
    if (!in_a_row) refused_since_ = now;
    if (!in_a_row || facts_.refusals == 0) handle_refused_since_ = now;
    facts_.refusals = in_a_row ? facts_.refusals + 1 : 1;
    facts_.refused_for = now - handle_refused_since_;
    last_refusal_ = now;
    trouble_ = describe_refusal(now - refused_since_, options_.session_timeout);
}

void ZkSession::check_state() {
    using Handle = ZkHandle::State;
    handle_state_ = handle_->state();
    if (handle_state_ == Handle::connected && !is_connected()) return connected();
    if (handle_state_ == Handle::connected) return;
    bool const expired = handle_state_ == Handle::expired;
    if (is_connected()) disconnected(expired ? "the session expired" : "the connection broke");
    if (expired) facts_.ended = ConnectionFacts::Ended::expired;
    if (handle_state_ == Handle::credentials_refused) {
        facts_.ended = ConnectionFacts::Ended::credentials_refused;
        trouble_ = "the servers refuse our credentials";
    }
}

void ZkSession::connected() {
    state_ = State::connected;
    was_useful_ = false;
    connected_at_ = clock_.now();
    ++epoch_;
    identity_ = handle_->identity();
    continued_.reset();
    trouble_.clear();
    last_refusal_ = {};
    facts_.refusals = 0;
    bool const watches_lost = !std::exchange(has_watches_, true);
    if (watches_lost) requests_->push_front(zk::sync("/"), [](ZkReply) {});
    listener_.connection_changed(*this, watches_lost);
    socket_.kick();
}

void ZkSession::disconnected(std::string reason) {
    state_ = State::disconnected;
    trouble_ = std::move(reason);
    disconnected_since_ = clock_.now();
    dispatch(); // what was answered before
    facts_.requests_lost = requests_->has_sent();
    bool const short_lived = clock_.now() - connected_at_ < too_short;
    facts_.useless_connections = !was_useful_ && short_lived ? facts_.useless_connections + 1 : 0;
    requests_->fail_sent(zk::interrupted(trouble_));
    listener_.connection_changed(*this, false);
}

void ZkSession::drop_handle(Reconnect decision) {
    requests_->fail_sent(zk::interrupted(trouble_));
    handle_.reset();
    requests_->handle_closed();
    fd_ = -1;
    has_watches_ = false;
    handle_state_ = ZkHandle::State::connecting;
    facts_ = {.session_timeout = options_.session_timeout};
    continued_.reset();
    if (decision == Reconnect::fresh_handle && identity_.id != 0) continued_ = identity_;
}

void ZkSession::dispatch() {
    auto const fired = [this](std::string const& path) { listener_.watch_fired(*this, path); };
    if (requests_->dispatch(fired)) was_useful_ = true;
}

Async<void> ZkSession::close() {
    socket_.release();
    requests_->fail_waiting(zk::closing(false));
    if (is_connected()) {
        // A closed session takes its ephemeral nodes along at once. But a server that does not
        // answer would make the library block us: ask first.
        bool answered = false;
        submit(zk::exists("/", false), [&answered](ZkReply) { answered = true; });
        auto const deadline = clock_.now() + close_limit;
        while (is_connected() && !answered && clock_.now() < deadline) co_await turn(20ms);
        if (!answered && fd_ != -1) ::shutdown(fd_, SHUT_RDWR);
    }
    state_ = State::closed;
    trouble_ = "closed";
    handle_.reset();
    requests_->fail_sent(zk::closing(true));
    requests_->handle_closed();
    requests_->fail_waiting(zk::closing(false));
    listener_.connection_changed(*this, false);
}

} // namespace heliosd::store
