// SPDX-License-Identifier: Apache-2.0
#include "master/view/host_order.h"

#include "base/text.h"

#include <array>
#include <cstdint>

namespace heliosd::master {
namespace {

using text::is_digit;

/// Takes the leading run of digits, or of anything else, off `text`.
std::string_view take_run(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length]) == is_digit(text[0])) ++length;
    auto const run = text.substr(0, length);
    text.remove_prefix(length);
    return run;
}

std::string_view without_zeros(std::string_view digits) {
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    return digits;
}

template <class T> int order_of(T const& a, T const& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

int compare_numbers(std::string_view a, std::string_view b) {
    a = without_zeros(a);
    b = without_zeros(b);
    return a.size() != b.size() ? order_of(a.size(), b.size()) : order_of(a, b);
}

/// The primary weight of each byte: punctuation, digits, letters without case, then everything the
/// collation does not list. 0: ignorable.
constexpr auto primary_weights = [] {
    constexpr std::string_view order = "_,;:!?/.`^~'\"()[]{}@$*\\&#%+<=>|0123456789"
                                       "abcdefghijklmnopqrstuvwxyz";
    std::array<std::uint16_t, 256> weights{};
    for (std::size_t byte = 0; byte < weights.size(); ++byte)
        weights[byte] = static_cast<std::uint16_t>(256 + byte);
    for (std::size_t i = 0; i < order.size(); ++i)
        weights[static_cast<unsigned char>(order[i])] = static_cast<std::uint16_t>(1 + i);
    for (std::size_t c = 'A'; c <= 'Z'; ++c) weights[c] = weights[c - 'A' + 'a'];
    weights[' '] = weights['-'] = 0;
    return weights;
}();

int primary(char c) {
    return primary_weights[static_cast<unsigned char>(c)];
}
/// The secondary weight of what is ignorable at the primary level.
int secondary(char c) {
    return c == ' ' ? 1 : c == '-' ? 109 : 0;
}

/// Whether anything in the rest of a name that is longer counts at the primary level.
bool has_primary(std::string_view rest) {
    for (auto const c : rest)
        if (primary(c) != 0) return true;
    return false;
}

/// The collation of rollouts.md §2.4: a difference of primary weights decides; else the first
/// secondary one (a hyphen where the other has none is greater); else the first of case (lower
/// before upper).
int compare_text(std::string_view a, std::string_view b) {
    int by_secondary = 0, by_case = 0;
    auto const note = [](int& difference, int found) {
        if (difference == 0) difference = found;
    };
    while (!a.empty() && !b.empty()) {
        char const x = a[0], y = b[0];
        auto const p = primary(x), q = primary(y);
        if (p == q) {
            note(by_secondary, order_of(secondary(x), secondary(y)));
            note(by_case, order_of(text::is_upper(x), text::is_upper(y)));
        } else if (p != 0 && q != 0) {
            return order_of(p, q);
        } else {
            note(by_secondary, p == 0 ? 1 : -1);
        }
        if (p == q || p == 0) a.remove_prefix(1);
        if (p == q || p != 0) b.remove_prefix(1);
    }
    if (has_primary(a)) return 1;
    if (has_primary(b)) return -1;
    note(by_secondary, order_of(a.size(), b.size()));
    return by_secondary != 0 ? by_secondary : by_case;
}

int compare_runs(std::string_view a, std::string_view b) {
    if (is_digit(a[0]) && is_digit(b[0])) return compare_numbers(a, b);
    // Only the first runs can be of different kinds.
    return compare_text(is_digit(a[0]) ? without_zeros(a) : a,
                        is_digit(b[0]) ? without_zeros(b) : b);
}

} // namespace

bool host_less(std::string_view a, std::string_view b) {
    auto left = a, right = b;
    while (!left.empty() && !right.empty()) {
        auto const x = take_run(left), y = take_run(right);
        auto const order = compare_runs(x, y);
        if (order != 0) return order < 0;
    }
    // The reference compares whole lengths here, which makes a001 < a1aaaaa < a1b < a001.
    if (left.empty() != right.empty()) return left.empty();
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

} // namespace heliosd::master
