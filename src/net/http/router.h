// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/server.h"
#include "net/http/uri.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::net {

/// A request that matched a route.
struct Call {
    Request request;
    Context context;
    std::map<std::string, std::string, std::less<>> parameters; ///< decoded path parameters
    Query query{""};

    /// The value of a parameter that the route's pattern names.
    std::string const& parameter(std::string_view name) const;
};

/// The permission a request needs.
enum class Verb { read, write, admin };

struct Route {
    std::string method;  ///< `GET`
    std::string pattern; ///< `/hosts/{host}/jobs/{job}`
    Verb verb = Verb::read;
    std::function<Async<Response>(Call call)> handle;
    std::optional<std::uint64_t> max_body; ///< bytes; none = the limit of the server
};

/// The table of routes. Literal segments win over parameters and never fall back to them; 404, 405
/// with `Allow`, HEAD, OPTIONS and the trailing slash follow from it (spec/rest-api.md §1.2, §1.4).
/// Copies share the table; one of them must outlive the calls in progress.
class Router {
public:
    /// Throws `std::logic_error` when two routes collide or a pattern is malformed.
    explicit Router(std::vector<Route> routes);
    ~Router();
    Router(Router const&);
    Router& operator=(Router const&);

    /// Finds the route and runs it, or answers 400, 404, 405, or 204 to OPTIONS.
    Async<Response> operator()(Request request, Context context) const;

    std::span<Route const> routes() const;

    /// `Route::max_body` of the route of a request, if it has one: a `BodyLimit`.
    std::optional<std::uint64_t> body_limit(std::string_view method, std::string_view target) const;

private:
    struct Table;
    std::shared_ptr<Table const> table_;
};

} // namespace heliosd::net
