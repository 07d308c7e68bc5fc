// SPDX-License-Identifier: Apache-2.0
#include "master/view/host_selector.h"

#include "base/text.h"

#include <algorithm>

namespace heliosd::master {

namespace {

using Operator = HostSelector::Operator;

bool is_word(char c) {
    return text::is_alnum(c) || c == '.' || c == '_' || c == '-';
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && text::is_blank(text.front())) text.remove_prefix(1);
    return text;
}

bool is_operand(std::string_view text) {
    if (!text.empty() && std::ranges::all_of(text, is_word)) return true;
    if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
    auto const inner = text.substr(1, text.size() - 2);
    return std::ranges::all_of(inner,
                               [](char c) { return is_word(c) || text::is_blank(c) || c == ','; });
}

std::vector<std::string> list_of(std::string_view operand) {
    std::vector<std::string> parts(1);
    for (auto const c : operand) {
        if (c == '(' || c == ')' || c == ' ') continue;
        if (c == ',')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
    std::ranges::sort(parts);
    auto const repeated = std::ranges::unique(parts);
    parts.erase(repeated.begin(), repeated.end());
    return parts;
}

/// What follows a label that ends at `rest`, if it is an operator and an operand.
std::optional<HostSelector> parse_rest(std::string_view label, std::string_view rest) {
    struct Word {
        std::string_view text;
        Operator op;
    };
    static constexpr Word words[] = {{"!=", Operator::not_equals},
                                     {"=", Operator::equals},
                                     {"in", Operator::in},
                                     {"notin", Operator::not_in}};
    rest = without_blanks(rest);
    for (auto const& word : words) {
        if (!rest.starts_with(word.text)) continue;
        auto const operand = without_blanks(rest.substr(word.text.size()));
        if (!is_operand(operand)) continue;
        bool const list = word.op == Operator::in || word.op == Operator::not_in;
        return HostSelector{std::string(label), word.op,
                            list ? list_of(operand)
                                 : std::vector<std::string>{std::string(operand)}};
    }
    return std::nullopt;
}

} // namespace

std::optional<HostSelector> HostSelector::parse(std::string_view text) {
    // The loop below is quadratic: it parses the rest of the text for every possible label.
    constexpr std::size_t longest_text = 4096;
    if (text.size() > longest_text) return std::nullopt;
    std::size_t longest = 0;
    while (longest < text.size() && is_word(text[longest])) ++longest;
    // Greedy with backtracking, as the reference's pattern: `ain b` is the label `a`.
    for (auto length = longest; length > 0; --length) {
        auto selector = parse_rest(text.substr(0, length), text.substr(length));
        if (selector) return selector;
    }
    return std::nullopt;
}

bool HostSelector::matches(model::StringMap const& labels) const {
    auto const found = labels.find(label);
    if (found == labels.end()) return false;
    bool const listed = std::ranges::find(operands, found->second) != operands.end();
    return op == Operator::equals || op == Operator::in ? listed : !listed;
}

} // namespace heliosd::master
