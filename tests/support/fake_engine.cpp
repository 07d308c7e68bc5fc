// SPDX-License-Identifier: Apache-2.0
#include "support/fake_engine.h"

#include <fmt/format.h>

namespace heliosd::test {

using namespace std::chrono_literals;
using docker::EngineErrc;

namespace {

std::string timestamp(WallTime when) {
    auto const day = std::chrono::floor<std::chrono::days>(when);
    std::chrono::year_month_day const date{day};
    std::chrono::hh_mm_ss const time{when - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000000Z",
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

constexpr char never[] = "0001-01-01T00:00:00Z";

} // namespace

std::string_view to_string(Call call) {
    constexpr std::array<std::string_view, 13> names{
        "version", "ping", "create",    "start", "stop",   "kill", "remove",
        "inspect", "list", "has_image", "pull",  "events", "logs"};
    return names.at(static_cast<std::size_t>(call));
}

std::string image_with_tag(std::string image) {
    auto const slash = image.rfind('/');
    auto const colon = image.rfind(':');
    bool const tagged =
        image.find('@') != std::string::npos ||
        (colon != std::string::npos && (slash == std::string::npos || colon > slash));
    return tagged ? image : image + ":latest";
}

FakeEngine::FakeEngine(Executor executor, Clock& clock, Rng& rng)
    : executor_(executor), clock_(clock), rng_(rng), changed_(executor) {
    set_latency(1ms);
}

// --- what the test sets up

void FakeEngine::add_image(std::string image, Behaviour behaviour) {
    images_[image_with_tag(std::move(image))] = {std::move(behaviour)};
}

void FakeEngine::remove_image(std::string image) {
    images_.erase(image_with_tag(std::move(image)));
}

void FakeEngine::set_pullable(std::string image, Duration takes) {
    auto& entry = registry_[image_with_tag(std::move(image))];
    entry.takes = takes;
    entry.exists = true;
}

void FakeEngine::set_pull_error(std::string image, Error error) {
    registry_[image_with_tag(std::move(image))].error = std::move(error);
}

void FakeEngine::clear_pull_error(std::string image) {
    registry_[image_with_tag(std::move(image))].error.reset();
}

void FakeEngine::die(std::string id, int exit_code, std::string error) {
    if (auto container = need(id); container && (*container)->info.running)
        end(**container, exit_code, std::move(error));
}

void FakeEngine::destroy(std::string id) {
    (void)remove_now(id, true);
}

void FakeEngine::start_by_hand(std::string id) {
    start_now(id).value();
}

void FakeEngine::end_by_hand(std::string id) {
    auto& container = *need(id).value();
    publish(container, "kill", {{"signal", "15"}});
    end(container, 143, {});
}

std::string FakeEngine::add_container(docker::ContainerSpec spec) {
    add_image(spec.image);
    auto id = create_now(std::move(spec)).value();
    start_now(id).value();
    return id;
}

void FakeEngine::write_log(std::string id, docker::LogChunk::Stream stream, std::string bytes) {
    if (auto container = need(id)) (*container)->log.push_back({stream, std::move(bytes)});
    changed_.notify();
}

FakeEngine::Container const* FakeEngine::find(std::string_view id) const {
    for (auto const& [key, container] : containers_)
        if (key == id || container.info.name == id) return &container;
    return nullptr;
}

std::vector<FakeEngine::Container> FakeEngine::containers() {
    apply_late_effects();
    std::vector<Container> all;
    for (auto const& [id, container] : containers_) all.push_back(container);
    std::ranges::sort(all, {}, &Container::serial);
    return all;
}

std::size_t FakeEngine::running() {
    apply_late_effects();
    return static_cast<std::size_t>(std::ranges::count_if(
        containers_, [](auto const& entry) { return entry.second.info.running; }));
}

void FakeEngine::set_down(bool down) {
    down_ = down;
    if (down) {
        ++breaks_;
        break_events();
    }
    changed_.notify();
}

void FakeEngine::set_hanging(bool hanging) {
    hanging_ = hanging;
    changed_.notify();
}

void FakeEngine::fail_next(Call call, Error error, int times) {
    for (int i = 0; i < times; ++i) faults_[call].push_back({error, false});
}

void FakeEngine::break_next(Call call, int times) {
    for (int i = 0; i < times; ++i)
        faults_[call].push_back({{EngineErrc::broken, "docker: connection reset by peer"}, true});
}

void FakeEngine::set_latency(Call call, Duration latency) {
    latencies_[call] = latency;
}

void FakeEngine::set_latency(Duration latency) {
    for (int call = 0; call <= static_cast<int>(Call::logs); ++call)
        latencies_[static_cast<Call>(call)] = latency;
}

int FakeEngine::calls(Call call) const {
    auto const found = calls_.find(call);
    return found == calls_.end() ? 0 : found->second;
}

Result<FakeEngine::Container*> FakeEngine::need(std::string const& id) {
    for (auto& [key, container] : containers_)
        if (key == id || container.info.name == id) return &container;
    return fail(EngineErrc::container_not_found, "No such container: " + id);
}

// --- the deeds

Result<std::string> FakeEngine::create_now(docker::ContainerSpec spec) {
    if (!images_.contains(image_with_tag(spec.image)))
        return fail(EngineErrc::image_not_found, "No such image: " + image_with_tag(spec.image));
    if (auto const* other = find(spec.name))
        return fail(EngineErrc::conflict,
                    fmt::format("Conflict. The container name \"/{}\" is already in use by "
                                "container \"{}\". You have to remove (or rename) that container "
                                "to be able to reuse that name.",
                                spec.name, other->info.id));
    auto id = fmt::format("{:016x}{:016x}{:016x}{:016x}", rng_(), rng_(), rng_(), rng_());
    auto& made = containers_[id];
    made.info = {.id = id,
                 .name = spec.name,
                 .image = spec.image,
                 .status = "created",
                 .started_at = never,
                 .finished_at = never,
                 .labels = spec.labels};
    made.spec = std::move(spec);
    made.serial = next_serial_++;
    made.created =
        std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
    publish(made, "create");
    return id;
}

std::optional<std::string> FakeEngine::port_conflict(Container const& wanted) const {
    for (auto const& port : wanted.spec.ports) {
        bool taken = occupied_ports_.contains(port.host_port);
        for (auto const& [id, other] : containers_) {
            bool const holds = other.info.running || other.held_until > clock_.now();
            if (!holds || id == wanted.info.id) continue;
            for (auto const& theirs : other.spec.ports)
                taken |= theirs.host_port == port.host_port && theirs.protocol == port.protocol &&
                         (!theirs.host_ip || !port.host_ip || theirs.host_ip == port.host_ip);
        }
        if (taken)
            return fmt::format("driver failed programming external connectivity on endpoint {}: "
                               "Bind for {}:{} failed: port is already allocated",
                               wanted.info.name, port.host_ip.value_or("0.0.0.0"), port.host_port);
    }
    return std::nullopt;
}

Result<> FakeEngine::start_now(std::string const& id) {
    auto found = need(id);
    if (!found) return std::unexpected(found.error());
    auto& container = **found;
    if (container.info.running) return {};

    auto const image = images_.find(image_with_tag(container.spec.image));
    Behaviour const behaviour = image == images_.end() ? Behaviour{} : image->second.behaviour;
    auto refusal = port_conflict(container);
    if (!refusal && !behaviour.start_error.empty()) refusal = behaviour.start_error;
    if (refusal) {
        container.info.error = *refusal;
        container.info.exit_code = 128;
        return fail(EngineErrc::request, *refusal);
    }

    auto& info = container.info;
    info.running = true;
    info.status = "running";
    info.exit_code = 0;
    info.error.clear();
    info.started_at = timestamp(clock_.wall());
    info.finished_at = never;
    info.gateway = "172.17.0.1";
    publish(container, "start");
    if (behaviour.dies_at_start) end(container, behaviour.exit_code_at_start, {});
    return {};
}

void FakeEngine::end(Container& container, int exit_code, std::string error) {
    auto& info = container.info;
    info.running = false;
    info.status = "exited";
    info.exit_code = exit_code;
    info.error = std::move(error);
    info.finished_at = timestamp(clock_.wall());
    info.gateway.clear();
    container.held_until = clock_.now() + release_takes_;
    publish(container, "die", {{"exitCode", std::to_string(exit_code)}});
    changed_.notify();
}

Result<> FakeEngine::remove_now(std::string const& id, bool force) {
    auto found = need(id);
    if (!found) return std::unexpected(found.error());
    auto& container = **found;
    if (container.info.running) {
        if (!force)
            return fail(EngineErrc::conflict,
                        "You cannot remove a running container " + container.info.id +
                            ". Stop the container before attempting removal or force remove");
        end(container, 137, {});
    }
    publish(container, "destroy");
    auto const key = container.info.id;
    containers_.erase(key);
    changed_.notify();
    return {};
}

std::vector<docker::ContainerSummary> FakeEngine::list_now(docker::ListFilter const& filter) const {
    std::vector<docker::ContainerSummary> rows;
    std::vector<Container> all;
    for (auto const& [id, container] : containers_) all.push_back(container);
    std::ranges::sort(all, {}, &Container::serial);
    // Docker answers the newest first.
    for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
        auto const& info = entry->info;
        if (!filter.all && !info.running) continue;
        bool const is_wanted = filter.states.empty() ||
                               std::ranges::find(filter.states, info.status) != filter.states.end();
        if (!is_wanted) continue;
        if (filter.name && info.name.find(*filter.name) == std::string::npos) continue;
        if (filter.limit > 0 && rows.size() == static_cast<std::size_t>(filter.limit)) break;
        if (filter.label) {
            auto const equals = filter.label->find('=');
            auto const label = info.labels.find(filter.label->substr(0, equals));
            if (label == info.labels.end()) continue;
            if (equals != std::string::npos && label->second != filter.label->substr(equals + 1))
                continue;
        }
        rows.push_back({info.id, {info.name}, info.status, info.labels, entry->created});
    }
    return rows;
}

} // namespace heliosd::test
