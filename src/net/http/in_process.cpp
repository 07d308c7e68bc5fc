// SPDX-License-Identifier: Apache-2.0
#include "net/http/in_process.h"

#include "base/async/within.h"
#include "net/http/answer.h"

#include <fmt/format.h>

namespace heliosd::net {
namespace {

Async<Result<Response>> handled(Handler handler, Request request, Context context) {
    co_return co_await answer_safely(std::move(handler), std::move(request), std::move(context));
}

/// A body read within the caller's idle limit.
class LimitedSource final : public BodySource {
public:
    LimitedSource(Clock& clock, std::optional<Duration> limit, Body body)
        : clock_(clock), limit_(limit), body_(std::move(body)) {}

    Async<Result<std::string>> read() override {
        auto* source = std::get_if<std::unique_ptr<BodySource>>(&body_);
        if (!source) co_return flatten();
        if (!limit_) co_return co_await (*source)->read();
        co_return co_await within(clock_, *limit_, (*source)->read());
    }

private:
    /// A complete body is read in one piece; the next read is the end.
    std::string flatten() {
        std::string whole;
        if (auto* text = std::get_if<std::string>(&body_)) whole = std::move(*text);
        if (auto* fragments = std::get_if<std::vector<Fragment>>(&body_))
            for (auto const& fragment : *fragments) whole += *fragment;
        body_ = std::string();
        return whole;
    }

    Clock& clock_;
    std::optional<Duration> limit_;
    Body body_;
};

} // namespace

void InProcessHttp::serve(Endpoint const& endpoint, Handler handler) {
    services_[to_string(endpoint)] = {std::move(handler), {}};
}

void InProcessHttp::stop(Endpoint const& endpoint) {
    services_.erase(to_string(endpoint));
}

void InProcessHttp::lose_answers(Endpoint const& endpoint, std::error_code how) {
    auto const service = services_.find(to_string(endpoint));
    if (service != services_.end()) service->second.lost = how;
}

Async<Result<Response>> InProcessHttp::answer(Endpoint endpoint, Request request,
                                              CallOptions options) {
    // Suspends in any case: callers must not depend on an answer in the same turn of the loop.
    co_await clock_.sleep(delay_);
    auto const name = to_string(endpoint);
    auto const service = services_.find(name);
    if (service == services_.end())
        co_return fail(Errc::unavailable,
                       fmt::format("cannot connect to {}: connection refused", name));
    if (!request.headers.contains("Host")) request.headers.add("Host", host_header(endpoint));

    bool const head_only = request.method == "HEAD";
    auto const lost = service->second.lost;
    auto const limit = options.idle_limit.value_or(std::chrono::hours{24 * 365});
    Context context{.peer = "in-process", .principal = {}, .deadline = clock_.now() + limit};
    auto work = handled(service->second.handler, std::move(request), std::move(context));
    auto response = co_await within(clock_, limit, std::move(work));
    if (lost == Errc::timed_out) co_await clock_.sleep(limit);
    if (lost) co_return fail(lost, fmt::format("{}: the answer got lost", name));
    if (response && head_only) response->body = std::string();
    co_return response;
}

Async<Result<StreamedResponse>> InProcessHttp::open(Endpoint endpoint, Request request,
                                                    CallOptions options) {
    auto response = CO_TRY(co_await answer(std::move(endpoint), std::move(request), options));
    StreamedResponse streamed;
    streamed.status = response.status;
    streamed.reason = std::move(response.reason);
    if (streamed.reason.empty()) streamed.reason = reason_phrase(response.status);
    streamed.headers = std::move(response.headers);
    streamed.body =
        std::make_unique<LimitedSource>(clock_, options.idle_limit, std::move(response.body));
    co_return streamed;
}

Async<Result<FullResponse>> InProcessHttp::call(Endpoint endpoint, Request request,
                                                CallOptions options) {
    auto streamed = CO_TRY(co_await open(std::move(endpoint), std::move(request), options));
    FullResponse full{.status = streamed.status,
                      .reason = std::move(streamed.reason),
                      .headers = std::move(streamed.headers),
                      .body = {}};
    for (;;) {
        auto piece = CO_TRY(co_await streamed.body->read());
        if (piece.empty()) co_return full;
        full.body += piece;
        if (full.body.size() > options.max_body)
            co_return fail(Errc::too_large,
                           fmt::format("the answer is longer than {} bytes", options.max_body));
    }
}

} // namespace heliosd::net
