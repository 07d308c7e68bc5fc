// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include "base/json/encoding.h"
#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace heliosd::json {
namespace {

/// A recursive-descent reader. Every `read_…` leaves `position_` behind what it read, or says false
/// after `wrong` noted what it met; the recursion ends at the limit of depth.
class Reader {
public:
    Reader(std::string_view text, Limits limits) : text_(text), limits_(limits) {}

    Result<Value> document() {
        if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
        Value value;
        skip_blanks();
        if (!read_value(value, 0)) return std::unexpected(std::move(error_));
        return value;
    }

private:
    bool wrong(std::string_view sentence, Errc code = Errc::invalid) {
        auto const before = text_.substr(0, position_);
        auto const line = std::ranges::count(before, '\n') + 1;
        auto const column = position_ - (before.rfind('\n') + 1) + 1;
        error_ = {code, fmt::format("line {}, column {}: {}", line, column, sentence)};
        return false;
    }

    bool expected(std::string_view what) {
        if (at_end()) return wrong(fmt::format("expected {}, but the text ends", what));
        auto rest = text_.substr(position_);
        auto const c = text::take_code_point(rest);
        if (c == text::malformed) return wrong("not well-formed UTF-8");
        if (c < ' ' || c == 0x7F) return wrong(fmt::format("expected {}", what));
        auto const found = text_.substr(position_, text_.size() - position_ - rest.size());
        return wrong(fmt::format("expected {}, found '{}'", what, found));
    }

    bool at_end() const { return position_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    bool take(char c) {
        if (at_end() || text_[position_] != c) return false;
        ++position_;
        return true;
    }

    void skip_blanks() {
        while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t'))
            ++position_;
    }

    /// Whether a word or a number goes on where it should have ended: `1x`, `nullable`.
    bool glued() const {
        char const c = peek();
        return text::is_alnum(c) || c == '_' || c == '.' || c == '+' || c == '-';
    }

    bool read_value(Value& out, std::size_t depth) {
        switch (peek()) {
        case '{': return read_object(out, depth + 1);
        case '[': return read_array(out, depth + 1);
        case '"': {
            std::string string;
            if (!read_string(string)) return false;
            out = Value(std::move(string));
            return true;
        }
        case 't': return read_word("true", out, true);
        case 'f': return read_word("false", out, false);
        case 'n': return read_word("null", out, nullptr);
        default: break;
        }
        if (peek() == '-' || text::is_digit(peek())) return read_number(out);
        return expected("a value");
    }

    bool read_word(std::string_view word, Value& out, Value value) {
        if (!text_.substr(position_).starts_with(word)) return expected("a value");
        position_ += word.size();
        if (glued()) return wrong(fmt::format("unexpected character after {}", word));
        out = std::move(value);
        return true;
    }

    bool skip_digits() {
        auto const start = position_;
        while (text::is_digit(peek())) ++position_;
        return position_ > start;
    }

    bool read_number(Value& out) {
        auto const start = position_;
        take('-');
        if (!take('0') && !skip_digits()) return expected("a digit");
        if (take('.') && !skip_digits()) return expected("a digit");
        if ((peek() == 'e' || peek() == 'E')) {
            ++position_;
            if (peek() == '+' || peek() == '-') ++position_;
            if (!skip_digits()) return expected("a digit");
        }
        if (glued()) return wrong("unexpected character in a number");
        out = Number{std::string(text_.substr(start, position_ - start))};
        return true;
    }

    bool read_array(Value& out, std::size_t depth) {
        if (depth > limits_.depth) return too_deep();
        ++position_;
        Array array;
        skip_blanks();
        if (!take(']')) {
            for (;;) {
                skip_blanks();
                if (!read_value(array.emplace_back(), depth)) return false;
                skip_blanks();
                if (take(']')) break;
                if (!take(',')) return expected("',' or ']'");
            }
        }
        out = Value(std::move(array));
        return true;
    }

    bool read_object(Value& out, std::size_t depth) {
        if (depth > limits_.depth) return too_deep();
        ++position_;
        std::vector<Member> members;
        skip_blanks();
        if (!take('}')) {
            for (;;) {
                skip_blanks();
                if (peek() != '"') return expected("a name in double quotes");
                auto& member = members.emplace_back();
                if (!read_string(member.name)) return false;
                skip_blanks();
                if (!take(':')) return expected("':'");
                skip_blanks();
                if (!read_value(member.value, depth)) return false;
                skip_blanks();
                if (take('}')) break;
                if (!take(',')) return expected("',' or '}'");
            }
        }
        out = Value(Object::from_members(std::move(members)));
        return true;
    }

    bool too_deep() {
        return wrong(fmt::format("nested deeper than {} levels", limits_.depth), Errc::too_large);
    }

    bool read_string(std::string& out) {
        ++position_;
        for (;;) {
            if (at_end()) return expected("'\"'");
            unsigned const c = static_cast<unsigned char>(peek());
            if (c == '"') break;
            if (c < ' ') return wrong("control character in a string: write it as an escape");
            if (c == '\\') {
                if (!read_escape(out)) return false;
            } else if (c < 0x80) {
                out += static_cast<char>(c);
                ++position_;
            } else if (!read_character(out)) {
                return false;
            }
        }
        ++position_;
        return true;
    }

    /// A character of more than one byte.
    bool read_character(std::string& out) {
        auto rest = text_.substr(position_);
        auto const c = text::take_code_point(rest);
        if (c == text::malformed || is_surrogate(c)) return wrong("not well-formed UTF-8");
        auto const length = text_.size() - position_ - rest.size();
        out += text_.substr(position_, length);
        position_ += length;
        return true;
    }

    static bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

    bool read_escape(std::string& out) {
        ++position_;
        switch (peek()) {
        case '"': out += '"'; break;
        case '\\': out += '\\'; break;
        case '/': out += '/'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': return read_unicode_escape(out);
        default: return expected("one of \"\\/bfnrtu after the backslash");
        }
        ++position_;
        return true;
    }

    bool read_unicode_escape(std::string& out) {
        char32_t c = 0;
        if (!read_hex(c)) return false;
        if (c >= 0xD800 && c <= 0xDBFF && text_.substr(position_).starts_with("\\u")) {
            auto const after_first = position_;
            char32_t low = 0;
            ++position_;
            if (!read_hex(low)) return false;
            if (low >= 0xDC00 && low <= 0xDFFF) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            } else {
                position_ = after_first; // the first stays alone; the second is read for itself
            }
        }
        text::append_utf8(out, c);
        return true;
    }

    /// `uXXXX`.
    bool read_hex(char32_t& out) {
        ++position_;
        out = 0;
        for (int i = 0; i < 4; ++i, ++position_) {
            char const c = peek();
            if (text::is_digit(c)) {
                out = out << 4 | static_cast<char32_t>(c - '0');
            } else if (c >= 'a' && c <= 'f') {
                out = out << 4 | static_cast<char32_t>(c - 'a' + 10);
            } else if (c >= 'A' && c <= 'F') {
                out = out << 4 | static_cast<char32_t>(c - 'A' + 10);
            } else {
                return expected("a hexadecimal digit");
            }
        }
        return true;
    }

    std::string_view text_;
    Limits limits_;
    std::size_t position_ = 0;
    Error error_;
};

} // namespace

Result<Value> parse(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes)
        return fail(Errc::too_large, fmt::format("{} bytes of JSON are more than the {} allowed",
                                                 text.size(), limits.bytes));
    auto other = TRY(transcoded(text));
    return Reader(other ? *other : text, limits).document();
}

} // namespace heliosd::json
