// SPDX-License-Identifier: Apache-2.0
#include "net/http/parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace heliosd::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::beast::error_code;

class Parser::Impl {
public:
    virtual ~Impl() = default;
    virtual std::expected<std::size_t, Refusal> put(std::string_view bytes) = 0;
    virtual std::expected<void, Refusal> limit_body(std::uint64_t bytes) = 0;
    virtual std::expected<void, Refusal> put_end() = 0;
    virtual bool head_done() const = 0;
    virtual bool done() const = 0;

    Head head;
    std::string body;
};

namespace {

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

Refusal refusal_for(error_code ec) {
    if (ec == http::error::body_limit) return {413, "the body is too large"};
    if (ec == http::error::bad_version) return {505, "only HTTP/1.1 and HTTP/1.0 are supported"};
    return {400, fmt::format("not a proper HTTP message: {}", ec.message())};
}

/// Whether a line of the head begins with white space, which continues the field above it.
bool has_folded_line(std::string_view head) {
    for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1))
        if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
    return false;
}

template <bool is_request>
class BeastParser final : public http::basic_parser<is_request>, public Parser::Impl {
    using Base = http::basic_parser<is_request>;

public:
    BeastParser(Parser::Limits limits, bool no_body) {
        // Counted in put_head: Beast limits only the unparsed part of each piece.
        Base::header_limit(std::numeric_limits<std::uint32_t>::max());
        if (limits.body_bytes == UINT64_MAX)
            Base::body_limit(boost::none);
        else
            Base::body_limit(limits.body_bytes);
        if (no_body) Base::skip(true);
        head_limit_ = limits.head_bytes;
    }

    std::expected<std::size_t, Refusal> put(std::string_view bytes) override {
        // Beast must not be called again after an error.
        if (refused_) return std::unexpected(*refused_);
        if (bytes.empty() || Base::is_done()) return 0;
        auto used = Base::is_header_done() ? put_body(bytes) : put_head(bytes);
        if (!used) refused_ = used.error();
        return used;
    }

    std::expected<void, Refusal> limit_body(std::uint64_t bytes) override {
        if (head.content_length && *head.content_length > bytes)
            return std::unexpected(refused_.emplace(refusal_for(http::error::body_limit)));
        Base::body_limit(bytes);
        return {};
    }

    std::expected<void, Refusal> put_end() override {
        if (refused_) return std::unexpected(*refused_);
        // Beast asserts that it has parsed something.
        if (!Base::got_some()) return refuse(400, "nothing was sent");
        error_code ec;
        Base::put_eof(ec);
        if (ec) return refuse(400, "the message ends too early");
        return {};
    }

    bool head_done() const override { return Base::is_header_done(); }
    bool done() const override { return !refused_ && Base::is_done(); }

private:
    std::expected<std::size_t, Refusal> put_head(std::string_view bytes) {
        error_code ec;
        auto const used = Base::put({bytes.data(), bytes.size()}, ec);
        if (ec && ec != http::error::need_more)
            return std::unexpected(refused_.value_or(refusal_for(ec)));
        if (has_folded_line(bytes.substr(0, used)))
            return refuse(400, "a header field is folded over several lines");
        head_size_ += used;
        // Unused bytes belong to the unfinished head, too.
        auto const unfinished = Base::is_header_done() ? 0 : bytes.size() - used;
        if (head_size_ + unfinished > head_limit_)
            return refuse(431, "the header fields are too large");
        return Base::is_header_done() ? finish_head(used) : used;
    }

    std::expected<std::size_t, Refusal> put_body(std::string_view bytes) {
        if (Base::chunked() && chunk_left_ == 0 && bytes.size() < shortest_end) return 0;
        Base::eager(true);
        error_code ec;
        auto const used = Base::put({bytes.data(), bytes.size()}, ec);
        if (ec && ec != http::error::need_more)
            return std::unexpected(refused_.value_or(refusal_for(ec)));
        // Beast has no limit for the chunk header and its extensions.
        if (ec && bytes.size() - used > head_limit_)
            return refuse(400, "a chunk is framed by too many bytes");
        return used;
    }

    std::unexpected<Refusal> refuse(int status, std::string why) {
        return std::unexpected(Refusal{status, std::move(why)});
    }

    std::expected<std::size_t, Refusal> finish_head(std::size_t used) {
        head.keep_alive = Base::keep_alive();
        if (auto const length = Base::content_length()) head.content_length = *length;
        if constexpr (is_request) {
            if (hosts_ > 1) return refuse(400, "the Host header is given twice");
            if (hosts_ == 0 && !head.http10) return refuse(400, "the Host header is missing");
            if (head.http10 && codings_ > 0)
                return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
            if (!is_usable(head.target))
                return refuse(400, "the request target is neither a path nor a URL");
        }
        return used;
    }

    /// Rewrites the absolute form `http://host/path` (RFC 9112 §3.2.2) to `/path`.
    static bool is_usable(std::string& target) {
        if (target.starts_with('/') || target == "*") return true;
        auto const scheme = target.find("://");
        if (scheme == std::string::npos) return false;
        auto const path = target.find_first_of("/?", scheme + 3);
        target.erase(0, std::min(path, target.size()));
        if (!target.starts_with('/')) target.insert(0, "/");
        return true;
    }

    void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                         int version, error_code& ec) override {
        head.method = view(method);
        head.target = view(target);
        set_version(version, ec);
    }

    void on_response_impl(int status, beast::string_view reason, int version,
                          error_code& ec) override {
        head.status = status;
        head.reason = view(reason);
        set_version(version, ec);
    }

    void set_version(int version, error_code& ec) {
        if (version != 10 && version != 11) ec = http::error::bad_version;
        head.http10 = version == 10;
    }

    void on_field_impl(http::field name, beast::string_view name_text, beast::string_view value,
                       error_code& ec) override {
        // Trailer fields of a chunked body are ignored.
        if (Base::is_header_done()) return;
        if (name == http::field::host) ++hosts_;
        if (name == http::field::content_length && ++lengths_ > 1)
            refuse_field("Content-Length is given twice", ec);
        if (name == http::field::content_length && value.find(',') != value.npos)
            refuse_field("Content-Length holds several lengths", ec);
        if (name == http::field::transfer_encoding) {
            ++codings_;
            if (!beast::iequals(value, "chunked"))
                refuse_field("Transfer-Encoding may only be chunked", ec);
        }
        if (name == http::field::expect)
            (beast::iequals(value, "100-continue") ? head.expects_continue
                                                   : head.other_expectation) = true;
        head.headers.add(std::string(view(name_text)), std::string(view(value)));
    }

    void refuse_field(std::string why, error_code& ec) {
        refused_ = Refusal{400, std::move(why)};
        ec = http::error::bad_value;
    }

    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override {
        // No more than this is reserved on the word of the sender alone.
        if (length) body.reserve(std::min<std::uint64_t>(*length, 1024 * 1024));
    }
    std::size_t on_body_impl(beast::string_view piece, error_code&) override {
        body.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override {
        chunk_left_ = size;
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, beast::string_view piece,
                                   error_code&) override {
        body.append(piece.data(), piece.size());
        chunk_left_ = left - piece.size();
        return piece.size();
    }
    void on_finish_impl(error_code&) override {}

    /// `0\r\n\r\n`: where a chunk begins, at least this many bytes are still to come. Beast asserts
    /// that it does not get the end of an empty chunked body in smaller pieces.
    static constexpr std::size_t shortest_end = 5;

    int hosts_ = 0, lengths_ = 0, codings_ = 0;
    std::uint64_t chunk_left_ = 0;
    std::size_t head_limit_ = 0, head_size_ = 0;
    std::optional<Refusal> refused_; ///< final
};

} // namespace

Parser::Parser(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Parser Parser::request(Limits limits) {
    return Parser(std::make_unique<BeastParser<true>>(limits, false));
}

Parser Parser::response(Limits limits, bool no_body) {
    return Parser(std::make_unique<BeastParser<false>>(limits, no_body));
}

std::expected<std::size_t, Refusal> Parser::put(std::string_view bytes) {
    return impl_->put(bytes);
}

std::expected<void, Refusal> Parser::limit_body(std::uint64_t bytes) {
    return impl_->limit_body(bytes);
}

std::expected<void, Refusal> Parser::put_end() {
    return impl_->put_end();
}

bool Parser::head_done() const {
    return impl_->head_done();
}

bool Parser::done() const {
    return impl_->done();
}

Head& Parser::head() {
    return impl_->head;
}

std::string Parser::take_body() {
    return std::exchange(impl_->body, {});
}

std::size_t Parser::body_size() const {
    return impl_->body.size();
}

} // namespace heliosd::net
