// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>

namespace heliosd::text {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> split_java(std::string_view text, char separator) {
    auto parts = split(text, separator);
    if (parts.size() == 1) return parts;
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    return parts;
}

std::string_view trim(std::string_view text) {
    auto const is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return out;
}

std::string to_upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return is_lower(c) ? static_cast<char>(c - ('a' - 'A')) : c;
    });
    return out;
}

std::string join(std::vector<std::string> const& parts, std::string_view separator) {
    std::string out;
    for (auto const& part : parts) {
        if (&part != &parts.front()) out += separator;
        out += part;
    }
    return out;
}

char32_t take_code_point(std::string_view& text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const lead = byte(0);
    if (lead < 0x80) {
        text.remove_prefix(1);
        return lead;
    }
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t const smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    char32_t c = lead & (0x7Fu >> length);
    bool good = lead >= 0xC2 && lead <= 0xF4 && text.size() >= length;
    for (std::size_t i = 1; good && i < length; ++i) {
        good = (byte(i) & 0xC0) == 0x80;
        c = c << 6 | (byte(i) & 0x3F);
    }
    if (!good || c < smallest || c > 0x10FFFF) {
        text.remove_prefix(1);
        return malformed;
    }
    text.remove_prefix(length);
    return c;
}

void append_utf8(std::string& out, char32_t c) {
    auto const put = [&](char32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6);
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

std::u16string to_utf16(std::string_view text) {
    std::u16string out;
    while (!text.empty()) {
        auto c = take_code_point(text);
        if (c == malformed) c = 0xFFFD;
        if (c < 0x10000) {
            out += static_cast<char16_t>(c);
        } else {
            out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
            out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
        }
    }
    return out;
}

} // namespace heliosd::text
