// SPDX-License-Identifier: Apache-2.0
#include "net/http/uri.h"

#include "base/text.h"

#include <algorithm>

namespace heliosd::net {
namespace {

int hex_value(char c) {
    if (text::is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The characters that never need an escape (RFC 3986 §2.3).
bool is_unreserved(char c) {
    return text::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[i] == '%') {
            if (text.size() - i < 3) return {};
            int const high = hex_value(text[i + 1]);
            int const low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return {};
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (char const c : text) {
        if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
            encoded += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
    }
    return encoded;
}

Query::Query(std::string_view text) {
    while (!text.empty()) {
        auto const piece = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), piece.size() + 1));
        if (piece.empty()) continue;
        auto const equals = piece.find('=');
        auto const raw_value =
            equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1);
        auto name = percent_decode(piece.substr(0, equals), true);
        auto value = percent_decode(raw_value, true);
        if (name && value) parameters_.emplace_back(std::move(*name), std::move(*value));
    }
}

std::string const* Query::find(std::string_view name) const {
    for (auto const& [key, value] : parameters_)
        if (key == name) return &value;
    return nullptr;
}

std::vector<std::string> Query::all(std::string_view name) const {
    std::vector<std::string> values;
    for (auto const& [key, value] : parameters_)
        if (key == name) values.push_back(value);
    return values;
}

} // namespace heliosd::net
