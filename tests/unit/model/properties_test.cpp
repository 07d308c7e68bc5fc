// SPDX-License-Identifier: Apache-2.0
#include "model/task.h"

#include "base/async/rng.h"
#include "base/text.h"
#include "model/java_order.h"
#include "support/catch.h"
#include "support/data.h"

using namespace heliosd;
using namespace heliosd::model;

namespace {

/// Arbitrary jobs: every member is there in some and absent in others, with text of any kind.
struct Generator {
    SeededRng rng;

    bool often() { return rng.below(3) != 0; }
    std::int64_t int64() { return static_cast<std::int64_t>(rng()) >> rng.below(64); }
    std::int32_t int32() { return static_cast<std::int32_t>(int64()); }

    std::string text() {
        constexpr std::array<char32_t, 8> odd{'"', '\\', 0, 0x1F, 0xE4, 0xD7FF, 0xFFFD, 0x1F600};
        std::string out;
        for (auto n = rng.below(6); n > 0; --n)
            text::append_utf8(out, often() ? U'a' + rng.below(26) : odd[rng.below(odd.size())]);
        return out;
    }
    template <class Make> auto maybe(Make make) -> std::optional<decltype(make())> {
        if (!often()) return std::nullopt;
        return make();
    }
    std::optional<std::string> maybe_text() {
        return maybe([&] { return text(); });
    }
    std::vector<std::string> texts() {
        std::vector<std::string> out(rng.below(5));
        for (auto& element : out) element = text();
        return out;
    }
    StringMap map() {
        StringMap out;
        for (auto n = rng.below(4); n > 0; --n) out[text()] = text();
        return out;
    }
    PortMap ports() {
        PortMap out;
        for (auto n = rng.below(3); n > 0; --n)
            out[text()] = {.ip = maybe([] { return std::string("::1"); }),
                           .internal_port = int32(),
                           .external_port = maybe([&] { return int32(); }),
                           .protocol = text()};
        return out;
    }
    ServicePorts service() {
        ServicePorts out;
        if (!often()) return out;
        out.ports.emplace();
        for (auto n = rng.below(3); n > 0; --n)
            (*out.ports)[text()] =
                maybe([&] { return PortParameters{.tags = maybe([&] { return texts(); })}; });
        return out;
    }
    HealthCheck health_check() {
        switch (rng.below(3)) {
        case 0: return HttpHealthCheck{.path = maybe_text(), .port = maybe_text()};
        case 1: return TcpHealthCheck{.port = maybe_text()};
        default: return ExecHealthCheck{.command = maybe([&] { return texts(); })};
        }
    }
    RolloutOptions rollout() {
        return {.timeout = maybe([&] { return int64(); }),
                .parallelism = maybe([&] { return int32(); }),
                .migrate = maybe([&] { return often(); }),
                .overlap = maybe([&] { return often(); }),
                .token = maybe_text(),
                .ignore_failures = maybe([&] { return often(); })};
    }
    Job job() {
        Job job;
        job.id = {.name = "n" + std::to_string(rng.below(9)), .version = "1", .hash = {}};
        job.image = maybe_text();
        job.hostname = maybe_text();
        job.created = maybe([&] { return int64(); });
        job.command = texts();
        job.env = map();
        job.resources = maybe([&] {
            return Resources{.memory = maybe([&] { return int64(); }), .cpuset = maybe_text()};
        });
        job.ports = ports();
        for (auto n = rng.below(3); n > 0; --n)
            job.registration["s" + std::to_string(n) + "/tcp"] = service();
        job.grace_period = maybe([&] { return int32(); });
        job.volumes = map();
        job.expires = maybe([&] { return WallTime(std::chrono::milliseconds(int64() / 2)); });
        job.registration_domain = text();
        job.creating_user = maybe_text();
        job.token = text();
        job.health_check = maybe([&] { return health_check(); });
        job.security_opt = texts();
        job.network_mode = maybe_text();
        job.metadata = map();
        job.add_capabilities = java_set_order(texts());
        job.drop_capabilities = java_set_order(texts());
        job.labels = map();
        job.seconds_to_wait_before_kill = maybe([&] { return int32(); });
        job.ramdisks = map();
        job.rollout_options = maybe([&] { return rollout(); });
        job.runtime = maybe_text();
        return job;
    }
};

/// Through text, as between processes.
json::Value sent(json::Value const& value, bool pretty) {
    return test::parsed(pretty ? json::write_pretty(value) : json::write(value));
}

} // namespace

TEST_CASE("model: what is written is read back the same, in every mode") {
    Generator generate{SeededRng(42)};
    for (int i = 0; i < 500; ++i) {
        TaskStatus const status{.job = generate.job(),
                                .goal = generate.maybe([] { return Goal::stop; }),
                                .state = static_cast<TaskState>(generate.rng.below(10)),
                                .container_id = generate.maybe_text(),
                                .throttled = static_cast<Throttle>(generate.rng.below(4)),
                                .ports = generate.ports(),
                                .env = generate.map(),
                                .container_error = generate.text()};
        for (auto const mode : {Mode::api, Mode::common}) {
            for (bool const pretty : {false, true}) {
                auto const read = task_status_from_json(sent(to_json(status, mode), pretty));
                if (!read) FAIL(read.error().message);
                if (!(*read == status)) FAIL(json::write_pretty(to_json(status, mode)));
            }
        }
        CHECK(json::sorted(to_json(status, Mode::common)) == to_json(status, Mode::common));
    }
}

TEST_CASE("model: the hash survives sending the job in any mode, and depends on what it should") {
    Generator generate{SeededRng(7)};
    for (int i = 0; i < 200; ++i) {
        auto job = generate.job();
        auto const hash = job_hash(job);
        for (auto const mode : {Mode::api, Mode::common})
            CHECK(job_hash(*job_from_json(sent(to_json(job, mode), false))) == hash);
        job.created = 1;
        job.creating_user = "somebody";
        job.id.hash = hash;
        CHECK(job_hash(job) == hash);
        job.token += "x";
        CHECK(job_hash(job) != hash);
    }
}
