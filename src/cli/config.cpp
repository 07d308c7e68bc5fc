// SPDX-License-Identifier: Apache-2.0
#include "cli/config.h"

#include "base/json/json.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::cli {

namespace {

/// The plain part of HOCON, as a JSON document of texts and lists of texts.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    Result<json::Object> read() {
        json::Object document;
        skip();
        bool const braced = eat('{');
        for (skip(); !rest_.empty() && !(braced && rest_[0] == '}'); skip()) {
            auto key = TRY(word(":={ \t"));
            skip();
            if (!eat('=') && !eat(':'))
                return fault(fmt::format("expected = or : after '{}'", key));
            auto value = TRY(read_value());
            document.set(std::move(key), std::move(value));
            eat(',');
        }
        if (braced && !eat('}')) return fault("expected a closing brace");
        skip();
        if (!rest_.empty()) return fault("expected the end of the file");
        return document;
    }

private:
    std::unexpected<Error> fault(std::string const& what) const {
        return fail(Errc::invalid, fmt::format("line {}: {}", line_, what));
    }

    void advance(std::size_t count) {
        line_ +=
            std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count), '\n');
        rest_.remove_prefix(count);
    }

    bool at_comment() const { return rest_.starts_with('#') || rest_.starts_with("//"); }

    /// Over blanks, lines and comments.
    void skip() {
        while (!rest_.empty()) {
            if (text::is_blank(rest_[0])) {
                advance(1);
            } else if (at_comment()) {
                advance(std::min(rest_.find('\n'), rest_.size()));
            } else {
                return;
            }
        }
    }

    bool eat(char c) {
        skip();
        if (!rest_.starts_with(c)) return false;
        advance(1);
        return true;
    }

    /// A quoted text, or everything up to one of `ends`, the end of the line or a comment.
    Result<std::string> word(std::string_view ends) {
        if (rest_.starts_with('"')) return quoted();
        std::string text;
        while (!rest_.empty() && rest_[0] != '\n' && ends.find(rest_[0]) == ends.npos) {
            // A comment begins behind a blank: the // of http:// is none.
            if (at_comment() && (text.empty() || text::is_blank(text.back()))) break;
            text += rest_[0];
            advance(1);
        }
        auto trimmed = std::string(text::trim(text));
        if (trimmed.empty()) return fault("expected a value");
        return trimmed;
    }

    Result<std::string> quoted() {
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != '"' && rest_[end] != '\n')
            end += rest_[end] == '\\' ? 2 : 1;
        if (end >= rest_.size() || rest_[end] != '"') return fault("expected a closing quote");
        auto value = json::parse(rest_.substr(0, end + 1));
        if (!value) return fault(value.error().message);
        advance(end + 1);
        return *value->if_string();
    }

    Result<json::Value> read_value() {
        skip();
        if (!eat('[')) {
            auto text = TRY(word(",}"));
            return json::Value(std::move(text));
        }
        json::Array list;
        while (!eat(']')) {
            auto item = TRY(word(",]"));
            list.emplace_back(std::move(item));
            eat(',');
        }
        return json::Value(std::move(list));
    }

    std::string_view rest_;
    std::ptrdiff_t line_ = 1;
};

Result<std::vector<std::string>> texts_of(json::Object const& document, std::string const& key) {
    std::vector<std::string> texts;
    auto const* value = document.find(key);
    if (value == nullptr) return texts;
    auto const* list = value->if_array();
    if (list == nullptr)
        return fail(Errc::invalid, fmt::format("{} must be a list, not a {}", key, value->kind()));
    for (auto const& item : *list) {
        if (item.if_string() == nullptr) {
            return fail(Errc::invalid,
                        fmt::format("{} must hold texts, not a {}", key, item.kind()));
        }
        texts.push_back(*item.if_string());
    }
    return texts;
}

} // namespace

Result<Config> parse_config(std::string_view text) {
    json::Object document;
    auto strict = json::parse(text);
    if (strict && strict->if_object() != nullptr) {
        document = *strict->if_object();
    } else {
        document = TRY(Reader(text).read());
    }
    return Config{.master_endpoints = TRY(texts_of(document, "masterEndpoints")),
                  .domains = TRY(texts_of(document, "domains"))};
}

} // namespace heliosd::cli
