// SPDX-License-Identifier: Apache-2.0
#include "docker/engine_http.h"

#include "base/async/within.h"
#include "docker/answers.h"
#include "docker/create_request.h"
#include "docker/frames.h"
#include "docker/json_lines.h"
#include "docker/pull_stream.h"
#include "net/http/uri.h"

#include <fmt/format.h>

#include <deque>
#include <iterator>

namespace heliosd::docker {

using namespace std::chrono_literals;

namespace {

constexpr Duration answer_limit = 30s;

net::Request request(std::string method, std::string target, std::string body) {
    net::Request made{std::move(method), std::move(target), {}, std::move(body)};
    if (!made.body.empty()) made.headers.add("Content-Type", "application/json");
    return made;
}

bool succeeded(int status) {
    return status >= 200 && status < 300;
}

/// Translates errors of the HTTP client.
Error translate(Error error) {
    EngineErrc code = EngineErrc::bad_answer;
    if (error.code == Errc::unavailable || error.code == Errc::not_found)
        code = EngineErrc::unavailable;
    else if (error.code == Errc::closed)
        code = EngineErrc::broken;
    else if (error.code == Errc::timed_out)
        code = EngineErrc::timed_out;
    return {code, "docker: " + error.message};
}

/// A path with an empty segment would address something else.
Result<> check_name(std::string_view what, EngineErrc code, std::string_view name) {
    if (!name.empty() && name.find_first_not_of("./") != name.npos) return {};
    return fail(code, fmt::format("No such {}: \"{}\"", what, name));
}

Result<> check_container(std::string_view id) {
    return check_name("container", EngineErrc::container_not_found, id);
}

/// The sentence in the body of a refused streaming call.
Async<Error> refused(Subject subject, net::StreamedResponse response) {
    constexpr std::size_t enough = 64 * 1024;
    std::string body;
    while (body.size() < enough) {
        auto piece = co_await response.body->read();
        if (!piece || piece->empty()) break;
        body += *piece;
    }
    co_return refusal(subject, response.status, body);
}

class HttpEventStream final : public EventStream {
public:
    explicit HttpEventStream(std::unique_ptr<net::BodySource> body) : body_(std::move(body)) {}

    Async<Result<Event>> next() override {
        for (;;) {
            auto line = CO_TRY(lines_.next());
            if (line) {
                auto event = CO_TRY(event_from_json(*line));
                if (event) co_return std::move(*event);
                continue;
            }
            auto piece = co_await body_->read();
            if (!piece) co_return std::unexpected(translate(piece.error()));
            if (piece->empty()) co_return fail(EngineErrc::broken, "docker: the events ended");
            lines_.feed(*piece);
        }
    }

private:
    std::unique_ptr<net::BodySource> body_;
    JsonLines lines_;
};

class HttpLogStream final : public LogStream {
public:
    explicit HttpLogStream(std::unique_ptr<net::BodySource> body) : body_(std::move(body)) {}

    Async<Result<std::optional<LogChunk>>> next() override {
        while (chunks_.empty()) {
            auto piece = co_await body_->read();
            if (!piece) co_return std::unexpected(translate(piece.error()));
            if (piece->empty()) {
                CO_TRY(frames_.finish());
                co_return std::optional<LogChunk>{};
            }
            std::vector<LogChunk> fresh;
            CO_TRY(frames_.feed(*piece, fresh));
            std::ranges::move(fresh, std::back_inserter(chunks_));
        }
        auto chunk = std::move(chunks_.front());
        chunks_.pop_front();
        co_return std::optional(std::move(chunk));
    }

private:
    std::unique_ptr<net::BodySource> body_;
    FrameDecoder frames_;
    std::deque<LogChunk> chunks_;
};

} // namespace

Result<net::Endpoint> parse_docker_endpoint(std::string_view text, std::string_view option) {
    if (text.starts_with("unix://")) return net::parse_endpoint(text, 0, option);
    if (text.starts_with('/'))
        return fail(Errc::invalid, fmt::format("{}: '{}' has no scheme: for a socket file write "
                                               "unix://{}",
                                               option, text, text));
    if (auto const mark = text.find("://"); mark != text.npos) {
        auto const scheme = text.substr(0, mark);
        // Never fall back to plain text where TLS was asked for.
        if (scheme == "https")
            return fail(
                Errc::invalid,
                fmt::format("{}: '{}' asks for TLS, which is not supported: use unix://PATH "
                            "or tcp://HOST:PORT, or a proxy on this machine that adds TLS",
                            option, text));
        // Both schemes mean plain HTTP over TCP.
        if (scheme != "tcp" && scheme != "http")
            return fail(Errc::invalid,
                        fmt::format("{}: '{}' has the unknown scheme '{}': use unix://PATH or "
                                    "tcp://HOST:PORT",
                                    option, text, scheme));
        text.remove_prefix(mark + 3);
    }
    std::string spelt(text);
    if (spelt.empty() || spelt.starts_with(':')) spelt.insert(0, "localhost");
    return net::parse_endpoint("tcp://" + spelt, 2375, option);
}

std::string docker_host(net::Endpoint const& endpoint) {
    return endpoint.scheme == net::Scheme::unix_socket ? "localhost" : endpoint.host;
}

// --- what every call has in common

Error HttpEngine::failure(Error error) {
    auto translated = translate(std::move(error));
    // The daemon may come back as another version.
    if (translated.code == EngineErrc::unavailable || translated.code == EngineErrc::broken)
        prefix_.reset();
    return translated;
}

/// A failure says that nothing has happened yet, whatever it is.
Async<Result<std::string>> HttpEngine::prefix() {
    if (!prefix_) {
        auto const daemon = co_await version();
        if (!daemon) co_return fail(EngineErrc::unavailable, daemon.error().message);
        prefix_ = version_prefix(*daemon);
    }
    co_return *prefix_;
}

Async<Result<net::FullResponse>> HttpEngine::call(std::string method, std::string path,
                                                  std::string body, net::CallOptions options) {
    auto versioned = CO_TRY(co_await prefix());
    auto answer = co_await http_.call(
        endpoint_, request(std::move(method), versioned + path, std::move(body)), options);
    if (!answer) co_return std::unexpected(failure(answer.error()));
    co_return std::move(*answer);
}

Async<Result<net::StreamedResponse>> HttpEngine::open(std::string method, std::string path,
                                                      std::optional<Duration> idle_limit) {
    auto versioned = CO_TRY(co_await prefix());
    auto head = http_.open(endpoint_, request(std::move(method), versioned + path, {}),
                           {.idle_limit = idle_limit});
    auto answer = co_await within(clock_, answer_limit, std::move(head));
    if (!answer) co_return std::unexpected(failure(answer.error()));
    co_return std::move(*answer);
}

Async<Result<>> HttpEngine::act(Subject subject, std::string method, std::string id,
                                std::string action, net::CallOptions options) {
    CO_TRY(check_container(id));
    auto path = "/containers/" + net::percent_encode(id) + action;
    auto answer = CO_TRY(co_await call(std::move(method), std::move(path), {}, options));
    if (succeeded(answer.status) || answer.status == 304) co_return Result<>{};
    co_return std::unexpected(refusal(subject, answer.status, answer.body));
}

// --- the daemon

Async<Result<Version>> HttpEngine::version() {
    // Without a version prefix: this call determines it.
    auto answer = co_await http_.call(endpoint_, request("GET", "/version", {}));
    if (!answer) co_return std::unexpected(failure(answer.error()));
    if (!succeeded(answer->status))
        co_return std::unexpected(refusal(Subject::other, answer->status, answer->body));
    co_return version_from_json(answer->body);
}

Async<Result<>> HttpEngine::ping() {
    auto answer = co_await http_.call(endpoint_, request("GET", "/_ping", {}));
    if (!answer) co_return std::unexpected(failure(answer.error()));
    if (!succeeded(answer->status))
        co_return std::unexpected(refusal(Subject::other, answer->status, answer->body));
    co_return Result<>{};
}

Async<Result<std::unique_ptr<EventStream>>> HttpEngine::events() {
    // A new stream usually follows a restart of the daemon, possibly as another version.
    prefix_.reset();
    auto const filters = net::percent_encode(R"({"type":["container"]})");
    // There may be no event for days.
    auto answer = CO_TRY(co_await open("GET", "/events?filters=" + filters, std::nullopt));
    if (!succeeded(answer.status)) {
        auto error = co_await refused(Subject::other, std::move(answer));
        co_return std::unexpected(std::move(error));
    }
    co_return std::make_unique<HttpEventStream>(std::move(answer.body));
}

// --- containers

Async<Result<std::string>> HttpEngine::create(ContainerSpec spec) {
    auto path = "/containers/create?name=" + net::percent_encode(spec.name);
    auto answer = CO_TRY(co_await call("POST", std::move(path), json::write(create_request(spec))));
    if (!succeeded(answer.status))
        co_return std::unexpected(refusal(Subject::create, answer.status, answer.body));
    co_return created_id_from_json(answer.body);
}

Async<Result<>> HttpEngine::start(std::string id) {
    return act(Subject::container, "POST", std::move(id), "/start");
}

Async<Result<>> HttpEngine::stop(std::string id, std::chrono::seconds grace) {
    // Docker answers when the container has ended: as long as the grace and then some.
    return act(Subject::container, "POST", std::move(id), fmt::format("/stop?t={}", grace.count()),
               {.idle_limit = std::nullopt});
}

Async<Result<>> HttpEngine::kill(std::string id, std::string signal) {
    return act(Subject::kill, "POST", std::move(id), "/kill?signal=" + net::percent_encode(signal));
}

Async<Result<>> HttpEngine::remove(std::string id, bool force) {
    // v=1: with its anonymous volumes, which nothing else would remove.
    return act(Subject::container, "DELETE", std::move(id), force ? "?v=1&force=1" : "?v=1");
}

Async<Result<ContainerInfo>> HttpEngine::inspect(std::string id) {
    CO_TRY(check_container(id));
    auto answer = CO_TRY(co_await call("GET", "/containers/" + net::percent_encode(id) + "/json"));
    if (!succeeded(answer.status))
        co_return std::unexpected(refusal(Subject::container, answer.status, answer.body));
    co_return container_from_json(answer.body);
}

Async<Result<std::vector<ContainerSummary>>> HttpEngine::list(ListFilter filter) {
    std::string path = "/containers/json?all=";
    path += filter.all ? '1' : '0';
    if (filter.limit > 0) path += fmt::format("&limit={}", filter.limit);
    json::Object filters;
    if (filter.label) filters.set("label", json::Array{*filter.label});
    if (filter.name) filters.set("name", json::Array{*filter.name});
    if (!filter.states.empty())
        filters.set("status", json::Array(filter.states.begin(), filter.states.end()));
    if (filters.begin() != filters.end())
        path += "&filters=" + net::percent_encode(json::write(filters));
    auto answer = CO_TRY(co_await call("GET", std::move(path)));
    if (!succeeded(answer.status))
        co_return std::unexpected(refusal(Subject::other, answer.status, answer.body));
    co_return containers_from_json(answer.body);
}

Async<Result<std::unique_ptr<LogStream>>> HttpEngine::logs(std::string id, LogOptions options) {
    CO_TRY(check_container(id));
    auto path = fmt::format("/containers/{}/logs?stdout=1&stderr=1&follow={:d}&timestamps={:d}",
                            net::percent_encode(id), options.follow, options.timestamps);
    if (options.tail) path += fmt::format("&tail={}", *options.tail);
    auto const idle_limit = options.follow ? std::nullopt : std::optional(answer_limit);
    auto answer = CO_TRY(co_await open("GET", std::move(path), idle_limit));
    if (!succeeded(answer.status)) {
        auto error = co_await refused(Subject::container, std::move(answer));
        co_return std::unexpected(std::move(error));
    }
    co_return std::make_unique<HttpLogStream>(std::move(answer.body));
}

// --- images

Async<Result<bool>> HttpEngine::has_image(std::string image) {
    auto named = check_name("image", EngineErrc::image_not_found, image);
    if (!named) co_return false;
    auto answer =
        CO_TRY(co_await call("GET", "/images/" + net::percent_encode(image, "/:@") + "/json"));
    if (answer.status == 404) co_return false;
    if (!succeeded(answer.status))
        co_return std::unexpected(refusal(Subject::image, answer.status, answer.body));
    co_return true;
}

Async<Result<>> HttpEngine::pull(std::string image, OnProgress progress) {
    auto const target = pull_target(image);
    auto path = "/images/create?fromImage=" + net::percent_encode(target.from_image);
    if (!target.tag.empty()) path += "&tag=" + net::percent_encode(target.tag);
    auto answer = CO_TRY(co_await open("POST", std::move(path), answer_limit));
    if (!succeeded(answer.status)) {
        auto error = co_await refused(Subject::pull, std::move(answer));
        co_return std::unexpected(std::move(error));
    }
    PullDecoder decoder(std::move(progress));
    for (;;) {
        auto piece = co_await answer.body->read();
        if (!piece) co_return std::unexpected(failure(piece.error()));
        if (piece->empty()) co_return decoder.finish();
        CO_TRY(decoder.feed(*piece));
    }
}

} // namespace heliosd::docker
