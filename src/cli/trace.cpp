// SPDX-License-Identifier: Apache-2.0
#include "cli/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::cli {

std::string without_token(std::string target) {
    constexpr std::string_view name = "token=";
    for (auto place = target.find(name); place != target.npos; place = target.find(name, place)) {
        bool const whole_name = place > 0 && (target[place - 1] == '?' || target[place - 1] == '&');
        place += name.size();
        auto const end = std::min(target.find('&', place), target.size());
        if (whole_name && end > place) target.replace(place, end - place, "***");
    }
    return target;
}

Async<Result<net::FullResponse>> TracingHttp::call(net::Endpoint endpoint, net::Request request,
                                                   net::CallOptions options) {
    auto const what = fmt::format("{} {}{}", request.method, net::to_string(endpoint),
                                  without_token(request.target));
    log_(what);
    auto const start = clock_.now();
    auto response = co_await real_.call(std::move(endpoint), std::move(request), options);
    auto const took =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - start).count();
    if (response) {
        log_(fmt::format("{} {} ({} bytes, {} ms)", response->status,
                         net::reason_phrase(response->status), response->body.size(), took));
    } else {
        log_(fmt::format("{} ({} ms)", response.error().message, took));
    }
    co_return response;
}

Async<Result<net::StreamedResponse>> TracingHttp::open(net::Endpoint endpoint, net::Request request,
                                                       net::CallOptions options) {
    log_(fmt::format("{} {}{}", request.method, net::to_string(endpoint),
                     without_token(request.target)));
    co_return co_await real_.open(std::move(endpoint), std::move(request), options);
}

} // namespace heliosd::cli
