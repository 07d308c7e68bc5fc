// SPDX-License-Identifier: Apache-2.0
#include "master/view/member_span.h"

namespace heliosd::master {

namespace {

/// Scans JSON text by its brackets and strings alone. It does not validate: the caller parses the
/// pieces it finds, and malformed text fails there.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool ended() const { return at_ >= text_.size(); }
    std::size_t at() const { return at_; }
    char peek() const { return ended() ? '\0' : text_[at_]; }

    void skip_blanks() {
        while (!ended() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    /// The text between the quotes, as it stands.
    std::optional<std::string_view> string() {
        if (!take('"')) return std::nullopt;
        auto const begin = at_;
        while (!ended() && peek() != '"') at_ += peek() == '\\' ? 2 : 1;
        if (ended()) return std::nullopt;
        return text_.substr(begin, at_++ - begin);
    }
    /// Moves behind the value that begins here.
    bool value() {
        skip_blanks();
        std::size_t depth = 0;
        do {
            if (ended()) return false;
            auto const c = peek();
            if (c == '"') {
                if (!string()) return false;
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') {
                if (depth == 0) return false;
                --depth;
            }
            ++at_;
            // A number or a literal ends at the next delimiter.
            bool const scalar = depth == 0 && c != '}' && c != ']';
            while (scalar && !ended() && !std::string_view(",}] \t\r\n").contains(peek())) ++at_;
        } while (depth > 0);
        return true;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

std::optional<Span> member_span(std::string_view object, std::string_view name) {
    Scanner scanner(object);
    std::optional<Span> found;
    if (!scanner.take('{')) return std::nullopt;
    do {
        auto const key = scanner.string();
        if (!key || key->find('\\') != std::string_view::npos || !scanner.take(':'))
            return std::nullopt;
        scanner.skip_blanks();
        auto const begin = scanner.at();
        if (!scanner.value()) return std::nullopt;
        if (*key != name) continue;
        if (found) return std::nullopt;
        found = Span{begin, scanner.at() - begin};
    } while (scanner.take(','));
    if (!scanner.take('}')) return std::nullopt;
    return found;
}

} // namespace heliosd::master
