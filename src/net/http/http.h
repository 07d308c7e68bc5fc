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

/// HTTP/1.1 as plain values. What carries them stands in `client.h` and `server.h`; no other folder
/// knows Beast.
namespace heliosd::net {

/// Header fields in the order they were given; names compare without case, and are sent exactly as
/// written (old clients look some of them up with case, spec/rest-api.md §1.7).
class Headers {
public:
    /// The first value of `name`, or null.
    std::string const* find(std::string_view name) const;
    /// Appends a field, whatever is there already.
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

/// A piece of a body that several answers share (a cached document of a host).
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

/// A response read to its end.
struct FullResponse {
    int status = 0;
    std::string reason;
    Headers headers;
    std::string body;
};

/// A response whose body is still coming. Destroying it closes the connection, unless the body was
/// read to its end.
struct StreamedResponse {
    int status = 0;
    std::string reason;
    Headers headers;
    std::unique_ptr<BodySource> body;
};

struct CallOptions {
    Duration connect_limit = std::chrono::seconds{5};
    /// The longest silence while waiting for the head or for more of the body; none = for ever.
    std::optional<Duration> idle_limit = std::chrono::seconds{30};
    std::size_t max_body = 256 * 1024 * 1024;
};

/// Sends requests. Errors: `Errc::unavailable` (no connection was made, so nothing happened),
/// `Errc::not_found` (the same, for want of a host of that name), `Errc::closed` (broken in the
/// middle), `Errc::timed_out`, `Errc::too_large`, `Errc::invalid` (not HTTP). An answer of any
/// status is a success here.
class HttpClient {
public:
    virtual ~HttpClient() = default;

    /// One request, the whole answer.
    virtual Async<Result<FullResponse>> call(Endpoint endpoint, Request request,
                                             CallOptions options = {}) = 0;
    /// One request; the body is read by the caller as it comes.
    virtual Async<Result<StreamedResponse>> open(Endpoint endpoint, Request request,
                                                 CallOptions options = {}) = 0;
};

/// The standard phrase for a status: `Not Found`.
std::string_view reason_phrase(int status);

/// Percent-decodes; nothing on a malformed escape. `plus_is_space` for query strings.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Escapes everything but unreserved characters and those of `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

/// The parameters of a query string by the rules of spec/rest-api.md §1.3: the first of a name
/// counts, malformed ones are unusable.
class Query {
public:
    explicit Query(std::string_view text);
    std::string const* find(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

} // namespace heliosd::net
