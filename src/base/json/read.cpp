// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include "base/text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace heliosd::json {
namespace {

namespace bj = boost::json;
using Code = bj::error_code;
using Text = bj::string_view;

/// Builds a `Value` from the parser's events. Boost's own values would lose the text of numbers and
/// the order of repeated names.
class Builder {
public:
    // The size of the document is the only limit (basic_parser requires the names).
    static constexpr std::size_t max_object_size = SIZE_MAX, max_array_size = SIZE_MAX,
                                 max_key_size = SIZE_MAX, max_string_size = SIZE_MAX;

    Value root;

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }

    bool on_array_begin(Code&) { return open(); }
    bool on_array_end(std::size_t, Code&) { return close(Value(std::move(open_.back().elements))); }
    bool on_object_begin(Code&) { return open(); }
    bool on_object_end(std::size_t, Code&) {
        return close(Value(Object::from_members(std::move(open_.back().members))));
    }

    bool on_key_part(Text part, std::size_t, Code&) { return keep(part); }
    bool on_key(Text rest, std::size_t, Code&) {
        open_.back().members.emplace_back(taken(rest), Value());
        return true;
    }
    bool on_string_part(Text part, std::size_t, Code&) { return keep(part); }
    bool on_string(Text rest, std::size_t, Code&) { return add(Value(taken(rest))); }

    bool on_number_part(Text part, Code&) { return keep(part); }
    bool on_int64(std::int64_t, Text rest, Code&) { return add(Number{taken(rest)}); }
    bool on_uint64(std::uint64_t, Text rest, Code&) { return add(Number{taken(rest)}); }
    bool on_double(double, Text rest, Code&) { return add(Number{taken(rest)}); }
    bool on_bool(bool value, Code&) { return add(value); }
    bool on_null(Code&) { return add(nullptr); }

    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }

private:
    /// An array or object whose end has not been read. Objects have members when a value comes.
    struct Open {
        Array elements;
        std::vector<Member> members;
    };

    bool open() {
        open_.emplace_back();
        return true;
    }
    bool close(Value value) {
        open_.pop_back();
        return add(std::move(value));
    }
    bool add(Value value) {
        if (open_.empty()) {
            root = std::move(value);
        } else if (auto& [elements, members] = open_.back(); members.empty()) {
            elements.push_back(std::move(value));
        } else {
            members.back().value = std::move(value);
        }
        return true;
    }
    bool keep(Text part) {
        partial_ += part;
        return true;
    }
    std::string taken(Text rest) {
        partial_ += rest;
        return std::exchange(partial_, {});
    }

    std::vector<Open> open_;
    std::string partial_; ///< of the string, name or number being read
};

Error error_at(std::string_view text, std::size_t position, std::string_view reason,
               Errc code = Errc::invalid) {
    auto const before = text.substr(0, position);
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const column = position - (before.rfind('\n') + 1) + 1;
    return {code, fmt::format("line {}, column {}: {}", line, column, reason)};
}

/// Whether a literal or number continues behind its end: `01`, `nullable`, `1` in UTF-16. The
/// parser reports such values inside arrays and objects only.
bool runs_on(std::string_view text, std::size_t end) {
    auto const in_word = [&](std::size_t at) {
        char const c = text[at];
        return text::is_alnum(c) || c == '_' || c == '.' || c == '+' || c == '-' || c == '\0';
    };
    return end < text.size() && in_word(end - 1) && in_word(end);
}

} // namespace

Result<Value> parse(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes)
        return fail(Errc::too_large, fmt::format("{} bytes of JSON are more than the {} allowed",
                                                 text.size(), limits.bytes));
    std::size_t const mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    bj::parse_options options;
    options.max_depth = limits.depth;
    bj::basic_parser<Builder> parser(options);
    Code failure;
    auto const end =
        mark + parser.write_some(false, text.data() + mark, text.size() - mark, failure);
    if (failure) {
        auto const code = failure == bj::error::too_deep ? Errc::too_large : Errc::invalid;
        return std::unexpected(error_at(text, end, failure.message(), code));
    }
    if (runs_on(text, end)) return std::unexpected(error_at(text, end, "syntax error"));
    return std::move(parser.handler().root);
}

} // namespace heliosd::json
