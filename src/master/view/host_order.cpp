// SPDX-License-Identifier: Apache-2.0
#include "master/view/host_order.h"

#include "base/text.h"

#include <string>

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

int sign(bool less, bool greater) {
    return less ? -1 : greater ? 1 : 0;
}

int compare_numbers(std::string_view a, std::string_view b) {
    while (a.size() > 1 && a[0] == '0') a.remove_prefix(1);
    while (b.size() > 1 && b[0] == '0') b.remove_prefix(1);
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return sign(a < b, b < a);
}

/// Where a character stands in the first round: punctuation before letters, case aside; 0 for what
/// is ignored.
char16_t rank(char c) {
    constexpr std::string_view punctuation = "_,;:!?/.";
    if (c == '-' || c == ' ') return 0;
    auto const at = punctuation.find(c);
    if (at != std::string_view::npos) return static_cast<char16_t>(1 + at);
    if (text::is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    return static_cast<char16_t>(16 + static_cast<unsigned char>(c));
}

/// A run as the rounds of a dictionary see it.
struct Collated {
    std::u16string letters;
    std::string cases;
    std::size_t ignored = 0;

    explicit Collated(std::string_view text) {
        for (auto const c : text) {
            auto const weight = rank(c);
            if (weight == 0) {
                ++ignored;
                continue;
            }
            letters += weight;
            cases += text::is_upper(c) ? '1' : '0';
        }
    }
};

int compare_words(std::string_view a, std::string_view b) {
    Collated const x(a), y(b);
    if (x.letters != y.letters) return x.letters < y.letters ? -1 : 1;
    if (x.ignored != y.ignored) return x.ignored < y.ignored ? -1 : 1;
    if (x.cases != y.cases) return x.cases < y.cases ? -1 : 1;
    return sign(a < b, b < a);
}

} // namespace

bool host_less(std::string_view a, std::string_view b) {
    auto left = a, right = b;
    while (!left.empty() && !right.empty()) {
        auto const x = take_run(left), y = take_run(right);
        bool const numbers = is_digit(x[0]) && is_digit(y[0]);
        auto const order = numbers ? compare_numbers(x, y) : compare_words(x, y);
        if (order != 0) return order < 0;
    }
    if (a.size() != b.size()) return a.size() < b.size();
    return a < b;
}

} // namespace heliosd::master
