// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "base/result.h"
#include "net/endpoint.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// HTTP/1.1 messages as plain values. `client.h` and `server.h` transport them; no other folder
/// includes Beast.
namespace heliosd::net {

/// Header fields in insertion order. Names compare without case and are sent exactly as written
/// (old clients look some of them up with case, spec/rest-api.md §1.7).
class Headers {
public:
    /// The first value of `name`, or null.
    std::string const* find(std::string_view name) const;
    /// Appends a field, also when there is one of this name.
    void add(std::string name, std::string value);
    /// Replaces all fields of this name by one.
    void set(std::string name, std::string value);
    bool contains(std::string_view name) const { return find(name) != nullptr; }

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    bool empty() const { return fields_.empty(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A piece of a body that several responses share (a cached document of a host).
using Fragment = std::shared_ptr<std::string const>;

/// A body that is produced while it is sent, or consumed while it arrives.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// The next bytes; an empty string is the end.
    virtual Async<Result<std::string>> read() = 0;
};

using Body = std::variant<std::string, std::vector<Fragment>, std::unique_ptr<BodySource>>;

struct Request {
    std::string method;
    std::string target; ///< path and query as sent, percent-escapes and all
    Headers headers;
    std::string body;
};

struct Response {
    int status = 200;
    std::string reason; ///< the standard phrase when empty
    Headers headers;
    Body body;
};

/// A response with its whole body.
struct FullResponse {
    int status = 0;
    std::string reason;
    Headers headers;
    std::string body;
};

/// A response whose body is read while it arrives. Destroying it closes the connection, unless the
/// body was read to its end.
struct StreamedResponse {
    int status = 0;
    std::string reason;
    Headers headers;
    std::unique_ptr<BodySource> body;
};

struct CallOptions {
    Duration connect_limit = std::chrono::seconds{5};
    /// The longest wait for the head or for more of the body; none = no limit.
    std::optional<Duration> idle_limit = std::chrono::seconds{30};
    std::size_t max_body = 256 * 1024 * 1024;
};

/// Sends requests. Errors: `Errc::unavailable` (no connection was made, so nothing happened),
/// `Errc::not_found` (the same: there is no host of that name), `Errc::closed` (the connection
/// broke after it was made), `Errc::timed_out`, `Errc::too_large`, `Errc::invalid` (not HTTP). A
/// response of any status is a success here.
class HttpClient {
public:
    virtual ~HttpClient() = default;

    /// Sends a request and reads the whole response.
    virtual Async<Result<FullResponse>> call(Endpoint endpoint, Request request,
                                             CallOptions options = {}) = 0;
    /// Sends a request; the caller reads the body while it arrives.
    virtual Async<Result<StreamedResponse>> open(Endpoint endpoint, Request request,
                                                 CallOptions options = {}) = 0;
};

/// The standard phrase for a status: `Not Found`.
std::string_view reason_phrase(int status);

} // namespace heliosd::net
