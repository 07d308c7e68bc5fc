// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// String helpers.
namespace heliosd::text {

/// The parts between the separators; a text without one is its only part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The same without empty parts at the end, as Java's `split` and so the reference's ids and image
/// names have it. The empty text has one empty part; a text of separators only has none.
std::vector<std::string_view> split_java(std::string_view text, char separator);

/// Without blanks and control characters at both ends.
std::string_view trim(std::string_view text);

/// ASCII only, whatever the locale.
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_alnum(char c) {
    return is_digit(c) || is_lower(c) || is_upper(c);
}
/// Space, tab, CR, LF, VT, FF.
constexpr bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// `a, b, c`.
std::string join(std::vector<std::string> const& parts, std::string_view separator);

/// Removes and returns the first code point of `text`, which must not be empty. Surrogates are
/// accepted (WTF-8); an invalid byte gives `malformed`.
char32_t take_code_point(std::string_view& text);
inline constexpr char32_t malformed = 0x110000;

/// Appends `c` as UTF-8 (a surrogate as WTF-8).
void append_utf8(std::string& out, char32_t c);

/// The text in UTF-16 code units; malformed bytes become U+FFFD.
std::u16string to_utf16(std::string_view text);

} // namespace heliosd::text
