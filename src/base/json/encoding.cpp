// SPDX-License-Identifier: Apache-2.0
#include "base/json/encoding.h"

#include "base/text.h"

#include <array>

namespace heliosd::json {
namespace {

struct Encoding {
    std::size_t unit = 1; ///< bytes
    bool big_endian = true;
    std::size_t mark = 0; ///< bytes of the byte order mark
};

/// JSON starts with an ASCII character, so the zeros around it tell the encoding (RFC 4627 §3).
Encoding recognise(std::string_view text) {
    std::array<unsigned, 4> b{1, 1, 1, 1}; // where the text is shorter: no zero
    for (std::size_t i = 0; i < b.size() && i < text.size(); ++i)
        b[i] = static_cast<unsigned char>(text[i]);
    bool const four = text.size() >= 4;
    if (four && b[0] == 0 && b[1] == 0 && b[2] == 0xFE && b[3] == 0xFF) return {4, true, 4};
    if (four && b[0] == 0xFF && b[1] == 0xFE && b[2] == 0 && b[3] == 0) return {4, false, 4};
    if (b[0] == 0xFE && b[1] == 0xFF) return {2, true, 2};
    if (b[0] == 0xFF && b[1] == 0xFE) return {2, false, 2};
    if (four && b[0] == 0 && b[1] == 0 && b[2] == 0) return {4, true, 0};
    if (four && b[1] == 0 && b[2] == 0 && b[3] == 0) return {4, false, 0};
    if (text.size() >= 2 && b[0] == 0) return {2, true, 0};
    if (text.size() >= 2 && b[1] == 0) return {2, false, 0};
    return {};
}

bool is_high_surrogate(char32_t c) {
    return c >= 0xD800 && c <= 0xDBFF;
}
bool is_low_surrogate(char32_t c) {
    return c >= 0xDC00 && c <= 0xDFFF;
}

} // namespace

Result<std::optional<std::string>> transcoded(std::string_view text) {
    auto const encoding = recognise(text);
    if (encoding.unit == 1) return std::nullopt;
    auto const malformed =
        fail(Errc::invalid, encoding.unit == 2 ? "the text is not well-formed UTF-16"
                                               : "the text is not well-formed UTF-32");
    text.remove_prefix(encoding.mark);
    if (text.size() % encoding.unit != 0) return malformed;

    auto const take = [&] {
        char32_t c = 0;
        for (std::size_t i = 0; i < encoding.unit; ++i) {
            auto const at = encoding.big_endian ? i : encoding.unit - 1 - i;
            c = c << 8 | static_cast<unsigned char>(text[at]);
        }
        text.remove_prefix(encoding.unit);
        return c;
    };
    std::string out;
    while (!text.empty()) {
        auto c = take();
        if (encoding.unit == 2 && is_high_surrogate(c)) {
            if (text.empty()) return malformed;
            auto const low = take();
            if (!is_low_surrogate(low)) return malformed;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        } else if (c > 0x10FFFF || is_high_surrogate(c) || is_low_surrogate(c)) {
            return malformed;
        }
        text::append_utf8(out, c);
    }
    return out;
}

} // namespace heliosd::json
