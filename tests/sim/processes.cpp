// SPDX-License-Identifier: Apache-2.0
#include "sim/processes.h"

#include "base/async/auto_reset_event.h"
#include "base/async/within.h"

#include <utility>

namespace heliosd::sim {

using namespace std::chrono_literals;

namespace {

/// The files of a process: once it has crashed, nothing changes any more.
class CrashableFiles final : public Files {
public:
    CrashableFiles(Files& files, CrashPoints& points) : files_(files), points_(points) {}
    void crash() { dead_ = true; }

    Result<std::string> read(std::string const& path) override { return files_.read(path); }
    Result<> write_atomic(std::string const& path, std::string_view content) override {
        return change([&] { return files_.write_atomic(path, content); });
    }
    Result<> remove(std::string const& path) override {
        return change([&] { return files_.remove(path); });
    }
    Result<> make_directories(std::string const& path, Access access) override {
        return dead_ ? Result<>{} : files_.make_directories(path, access);
    }
    Result<std::unique_ptr<FileLock>> lock(std::string const& path) override {
        return files_.lock(path);
    }

private:
    Result<> change(std::function<Result<>()> deed) {
        points_.pass();
        if (dead_) return {};
        auto done = deed();
        points_.pass();
        return done;
    }

    Files& files_;
    CrashPoints& points_;
    bool dead_ = false;
};

} // namespace

struct AgentProcess::Life {
    Life(AgentProcess& owner, agent::AgentOptions options)
        : store(owner.site_.ensemble, owner.site_.executor, owner.site_.store),
          files(owner.files, owner.crash_points),
          engine(owner.docker_.connect([&owner] { owner.crash_points.pass(); })),
          group(owner.site_.executor),
          trace(owner.site_.trace),
          name(owner.name()),
          agent(std::move(options), {.executor = owner.site_.executor,
                                     .clock = owner.site_.clock,
                                     .rng = owner.rng_,
                                     .files = files,
                                     .offload = owner.offload_,
                                     .store = store,
                                     .engine = *engine,
                                     .probe = [](agent::PortQuery const&) { return true; }}) {}

    LaggingStore store;
    CrashableFiles files;
    std::unique_ptr<DockerHost::Client> engine;
    TaskGroup group;
    Trace& trace;
    std::string name;
    agent::Agent agent;
};

AgentProcess::AgentProcess(Site site, DockerHost& docker, std::uint64_t seed)
    : site_(site), docker_(docker), rng_(seed) {
}

AgentProcess::~AgentProcess() = default;

LaggingStore* AgentProcess::store() {
    return life_ ? &life_->store : nullptr;
}

void AgentProcess::boot() {
    site_.trace.add("{}: agent starts", name());
    agent::AgentOptions options;
    options.name = name();
    options.id = "id-of-" + name();
    options.state_dir = "/state";
    life_ = std::make_shared<Life>(*this, std::move(options));
    life_->group.spawn("agent", run(life_));
}

Async<void> AgentProcess::run(std::shared_ptr<Life> life) {
    auto const outcome = co_await life->agent.run();
    if (!outcome) life->trace.add("{}: agent ended: {}", life->name, outcome.error().message);
}

Async<void> AgentProcess::shut_down() {
    if (!life_) co_return;
    site_.trace.add("{}: agent stops", name());
    auto const life = std::exchange(life_, nullptr);
    life->group.cancel();
    co_await life->group.drained();
    life->store.close();
}

Async<void> AgentProcess::crash() {
    if (!life_) co_return;
    site_.trace.add("{}: agent crashes", name());
    die();
    auto const life = std::exchange(life_, nullptr);
    life->group.cancel();
    co_await life->group.drained();
}

void AgentProcess::die() {
    if (!life_) return;
    life_->files.crash();
    life_->engine->crash();
    life_->store.crash();
}

std::string ApiReply::word() const {
    auto const document = json::parse(body);
    if (!document) return {};
    auto const* const member = document->find("status");
    auto const* const text = member ? member->if_string() : nullptr;
    return text ? *text : std::string();
}

struct MasterProcess::Life {
    explicit Life(MasterProcess& owner)
        : store(owner.site_.ensemble, owner.site_.executor, owner.site_.store),
          mirror(owner.site_.executor, store, owner.site_.clock, owner.rng_),
          registration(store, owner.site_.clock, owner.rng_, owner.name_),
          removals(owner.site_.executor),
          expired_jobs(mirror, removals, store, owner.site_.clock, owner.rng_),
          cleaner(mirror, removals, store, owner.site_.clock, owner.rng_),
          api(store, mirror, removals, owner.site_.clock, owner.rng_),
          group(owner.site_.executor) {
        auto& clock = owner.site_.clock;
        auto& rng = owner.rng_;
        group.spawn_service("registration", [this] { return registration.run(); }, clock, rng);
        group.spawn_service("mirror", [this] { return mirror.run(); }, clock, rng);
        group.spawn_service("expired jobs", [this] { return expired_jobs.run(); }, clock, rng);
        group.spawn_service("history removal", [this] { return cleaner.run(); }, clock, rng);
    }

    LaggingStore store;
    master::ClusterMirror mirror;
    master::Registration registration;
    master::HistoryRemovals removals;
    master::ExpiredJobs expired_jobs;
    master::HistoryCleaner cleaner;
    master::Api api;
    TaskGroup group;
};

/// A request on its way. When the master goes away, its end is never set but `over` is.
struct MasterProcess::Exchange {
    explicit Exchange(Executor executor) : over(executor) {}
    std::optional<ApiReply> reply;
    AutoResetEvent over;

    static Async<Result<ApiReply>> wait(std::shared_ptr<Exchange> self) {
        co_await self->over.wait();
        if (!self->reply) co_return fail(Errc::closed, "the master went away");
        co_return std::move(*self->reply);
    }
};

MasterProcess::MasterProcess(Site site, std::string name, std::uint64_t seed)
    : site_(site), name_(std::move(name)), rng_(seed) {
}

MasterProcess::~MasterProcess() = default;

LaggingStore* MasterProcess::store() {
    return life_ ? &life_->store : nullptr;
}

void MasterProcess::boot() {
    site_.trace.add("{}: master starts", name_);
    life_ = std::make_shared<Life>(*this);
    life_->store.on_write([this] { crash_points.pass(); });
}

Async<void> MasterProcess::shut_down() {
    if (!life_) co_return;
    site_.trace.add("{}: master stops", name_);
    auto const life = std::exchange(life_, nullptr);
    life->group.cancel();
    co_await life->group.drained();
    life->store.close();
}

Async<void> MasterProcess::crash() {
    if (!life_) co_return;
    site_.trace.add("{}: master crashes", name_);
    die();
    auto const life = std::exchange(life_, nullptr);
    life->group.cancel();
    co_await life->group.drained();
}

void MasterProcess::die() {
    if (life_) life_->store.crash();
}

Async<void> MasterProcess::answer(std::shared_ptr<Life> life, net::Request request,
                                  std::shared_ptr<Exchange> exchange) {
    struct Over {
        Exchange& exchange;
        ~Over() { exchange.over.set(); }
    } const over{*exchange};
    auto response = co_await life->api.handle(std::move(request), net::Context{});
    ApiReply reply{response.status, {}};
    if (auto* text = std::get_if<std::string>(&response.body)) reply.body = std::move(*text);
    if (auto* parts = std::get_if<std::vector<net::Fragment>>(&response.body))
        for (auto const& part : *parts) reply.body += *part;
    if (auto* source = std::get_if<std::unique_ptr<net::BodySource>>(&response.body)) {
        for (;;) {
            auto piece = co_await (*source)->read();
            if (!piece || piece->empty()) break;
            reply.body += *piece;
        }
    }
    exchange->reply = std::move(reply);
}

Async<Result<ApiReply>> MasterProcess::call(std::string method, std::string target,
                                            std::string body) {
    co_await site_.clock.sleep(1ms);
    auto const life = life_;
    if (!life) co_return fail(Errc::unavailable, "connection refused");
    net::Request request{.method = std::move(method), .target = std::move(target)};
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    auto exchange = std::make_shared<Exchange>(site_.executor);
    life->group.spawn("request", answer(life, std::move(request), exchange));
    co_return co_await within(site_.clock, 10s, Exchange::wait(exchange));
}

} // namespace heliosd::sim
