// SPDX-License-Identifier: Apache-2.0
// The API on versions and masters (spec/rest-api.md §3).
#include "master/api/api.h"
#include "master/api/http_documents.h"

namespace heliosd::master {

using model::Compatibility;

Async<net::Response> Api::list_masters(Call) {
    json::Array names;
    for (auto const& name : mirror_.view().masters()) names.emplace_back(name);
    co_return json_response(200, std::move(names));
}

Async<net::Response> Api::get_version(Call) {
    Response response{.body = json::quoted(version_.to_string())};
    response.headers.set("Content-Type", "text/plain");
    co_return response;
}

Async<net::Response> Api::check_version(Call call) {
    auto const client = parameter(call, "client");
    auto const compatibility =
        client.empty() ? Compatibility::missing : model::compare_versions(client, version_);
    json::Object server{{"snapshot", version_.snapshot},
                        {"major", version_.major},
                        {"minor", version_.minor},
                        {"patch", version_.patch}};
    co_return json_response(200, json::Object{{"status", model::to_string(compatibility)},
                                              {"recommendedVersion", version_.to_string()},
                                              {"serverVersion", std::move(server)}});
}

} // namespace heliosd::master
