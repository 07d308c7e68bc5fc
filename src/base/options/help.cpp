// SPDX-License-Identifier: Apache-2.0
#include "base/options/options.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

// What a person reads of an option set: usage, help screens, and guesses at misspelt names.
namespace heliosd::options {

namespace {

constexpr std::size_t help_column = 26;

std::string placeholder(Option const& option) {
    if (!option.placeholder.empty()) return option.placeholder;
    auto text = text::to_upper(option.key());
    std::ranges::replace(text, '-', '_');
    return text;
}

/// ` VALUE`, ` [VALUE]`, or nothing.
std::string value_part(Option const& option) {
    switch (option.takes) {
    case Takes::nothing:
    case Takes::count:
    case Takes::ending: return "";
    case Takes::maybe_value: return fmt::format(" [{}]", placeholder(option));
    case Takes::many: return fmt::format(" {}...", placeholder(option));
    case Takes::value:
    case Takes::values: break;
    }
    return " " + placeholder(option);
}

std::string usage_part(Option const& option) {
    auto name = option.letter != 0 ? fmt::format("-{}", option.letter) : "--" + option.name;
    bool again = option.takes == Takes::values || option.takes == Takes::many ||
                 option.takes == Takes::count;
    return fmt::format("[{}{}]{}", name, value_part(option), again ? "..." : "");
}

std::string usage_part(Positional const& positional) {
    auto text = positional.name + (positional.many ? "..." : "");
    return positional.required ? text : "[" + text + "]";
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (auto word : text::split(text, ' ')) {
        if (!word.empty()) words.emplace_back(word);
    }
    return words;
}

/// `parts` joined by blanks after `start`; no line longer than `width` unless a part is, further
/// lines indented.
std::string folded(std::string start, std::vector<std::string> const& parts, std::size_t indent,
                   std::size_t width) {
    std::string text;
    std::string line = std::move(start);
    for (auto const& part : parts) {
        if (line.size() + 1 + part.size() > width && line.size() > indent) {
            text += line + "\n";
            line = std::string(indent > 0 ? indent - 1 : 0, ' ');
        }
        line += (line.empty() ? "" : " ") + part;
    }
    return text + line + "\n";
}

std::string entry(std::string const& what, std::string const& help, std::size_t width) {
    auto start = "  " + what;
    if (help.empty()) return start + "\n";
    auto words = words_of(help);
    if (start.size() + 2 > help_column) {
        return start + "\n" + folded(std::string(help_column - 1, ' '), words, help_column, width);
    }
    start.resize(help_column - 1, ' ');
    return folded(start, words, help_column, width);
}

std::string entry(Option const& option, std::size_t width) {
    std::string what;
    if (option.letter != 0) what = fmt::format("-{}", option.letter);
    if (!option.name.empty()) what += (what.empty() ? "--" : ", --") + option.name;
    what += value_part(option);
    auto help = option.help;
    if (option.fallback && !option.fallback->empty())
        help += fmt::format(" (default: {})", *option.fallback);
    return entry(what, help, width);
}

std::string section(std::string_view title, std::vector<Option> const& options, std::size_t width) {
    std::string text;
    for (auto const& option : options) {
        if (!option.hidden) text += entry(option, width);
    }
    return text.empty() ? text : fmt::format("\n{}:\n{}", title, text);
}

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            bool same = a[i - 1] == b[j - 1];
            cost[i][j] = std::min(
                {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

} // namespace

std::string OptionSet::usage(std::string_view program, std::size_t width) const {
    std::vector<std::string> parts;
    for (auto const& option : own_) {
        if (!option.hidden) parts.push_back(usage_part(option));
    }
    if (!shared_.empty()) parts.emplace_back("[GLOBAL OPTIONS]");
    for (auto const& positional : positionals_) parts.push_back(usage_part(positional));
    auto start = fmt::format("usage: {}", program);
    auto indent = std::min(start.size() + 1, width / 2);
    return folded(start, parts, indent, width);
}

std::string OptionSet::help(std::string_view program, std::string_view description,
                            std::size_t width) const {
    auto text = usage(program, width);
    if (!description.empty()) text += "\n" + folded("", words_of(description), 0, width);
    if (!positionals_.empty()) {
        text += "\narguments:\n";
        for (auto const& positional : positionals_)
            text += entry(positional.name, positional.help, width);
    }
    text += section("options", own_, width);
    text += section("global options", shared_, width);
    return text;
}

std::vector<std::string> completions(std::string_view prefix, std::span<std::string const> names) {
    std::vector<std::string> found;
    for (auto const& name : names) {
        if (name == prefix) return {name};
        if (name.starts_with(prefix)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> near_misses(std::string_view word, std::span<std::string const> names) {
    std::vector<std::pair<std::size_t, std::string>> near;
    for (auto const& name : names) {
        auto distance = edits(word, name);
        auto bare = static_cast<std::size_t>(
            std::count_if(name.begin(), name.end(), [](char c) { return c != '-'; }));
        if (distance <= std::max<std::size_t>(1, bare / 3)) near.emplace_back(distance, name);
    }
    std::sort(near.begin(), near.end());
    std::vector<std::string> found;
    for (auto& [distance, name] : near) found.push_back(std::move(name));
    return found;
}

std::string suggestions(std::span<std::string const> names) {
    if (names.empty()) return "";
    std::string text = "\n\nDid you mean:";
    for (auto const& name : names) text += "\n\t" + name;
    return text;
}

} // namespace heliosd::options
