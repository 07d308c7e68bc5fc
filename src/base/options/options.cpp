// SPDX-License-Identifier: Apache-2.0
#include "base/options/options.h"

#include "base/options/typed.h"
#include "base/text.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

// The splitter decides which word belongs to which option, as argparse does. Program_options knows
// the declared options, converts their values and keeps them.
namespace heliosd::options {

namespace po = boost::program_options;

namespace {

bool is_negative_integer(std::string_view word) {
    return word.size() > 1 && word[0] == '-' && std::ranges::all_of(word.substr(1), text::is_digit);
}

/// `-s/--selector`, as messages name an option.
std::string spelled(Option const& option) {
    std::string text;
    if (option.letter != 0) text = fmt::format("-{}", option.letter);
    if (!option.name.empty()) text += (text.empty() ? "--" : "/--") + option.name;
    return text;
}

std::unexpected<Error> bad_line(std::string message) {
    return fail(std::make_error_code(std::errc::invalid_argument), std::move(message));
}

std::unexpected<Error> bad_argument(Option const& option, std::string_view what) {
    return bad_line(fmt::format("argument {}: {}", spelled(option), what));
}

bool is_flag(Option const& option) {
    return option.takes == Takes::nothing || option.takes == Takes::count ||
           option.takes == Takes::ending;
}

template <class T> std::optional<std::int64_t> converted(std::string_view text) {
    T number = 0;
    if (!boost::conversion::try_lexical_convert(text.data(), text.size(), number))
        return std::nullopt;
    return number;
}

Result<std::string> read_text(std::string_view text) {
    return std::string(text);
}

Type type_of(Option const& option) {
    if (option.type != nullptr) return option.type;
    switch (option.kind) {
    case Kind::int32: return typed<[](auto text) { return read_integer(text, Kind::int32); }>;
    case Kind::int64: return typed<[](auto text) { return read_integer(text, Kind::int64); }>;
    case Kind::text: break;
    }
    return typed<read_text>;
}

/// Goes over the words once, left to right, and appends what they mean to `line`. Lives for one
/// call of `OptionSet::read`.
class Splitter {
public:
    Splitter(std::vector<Option const*> const& options, std::vector<Positional> const& positionals,
             std::span<char const* const> words, std::vector<po::option>& line)
        : options_(options), positionals_(positionals), words_(words), line_(line) {}

    Result<> split(bool only_leading) {
        while (next_ < words_.size() && !ended_by_) {
            std::string_view word = words_[next_];
            if (word == "--" && !separator_) {
                separator_ = true;
                ++next_;
            } else if (is_option_word(word)) {
                close_run();
                ++next_;
                TRY(word.starts_with("--") ? split_long(word) : split_letters(word));
            } else if (only_leading) {
                return {};
            } else {
                TRY(split_positional(word));
            }
        }
        if (only_leading || ended_by_) return {};
        for (auto i = positional_; i < positionals_.size(); ++i) {
            auto const& missing = positionals_[i];
            if (missing.required && !is_filled(missing)) return bad_line("too few arguments");
        }
        return {};
    }

    std::optional<std::string> const& ended_by() const { return ended_by_; }
    std::size_t words_read() const { return next_; }
    bool saw_separator() const { return separator_; }

private:
    bool is_option_word(std::string_view word) const {
        return !separator_ && word.size() > 1 && word[0] == '-' && !is_negative_integer(word);
    }

    bool is_filled(Positional const& positional) const {
        return std::ranges::find(line_, positional.name, &po::option::string_key) != line_.end();
    }

    /// A run of positional words ends at the first option word and cannot be resumed [quirk].
    void close_run() {
        if (positional_ >= positionals_.size()) return;
        auto const& current = positionals_[positional_];
        if (current.many && is_filled(current)) ++positional_;
    }

    Result<> split_positional(std::string_view word) {
        if (positional_ >= positionals_.size()) {
            auto rest = words_.subspan(next_);
            return bad_line(fmt::format("unrecognized arguments: '{}'", fmt::join(rest, " ")));
        }
        auto const& current = positionals_[positional_];
        line_.emplace_back(current.name, std::vector{std::string(word)});
        if (!current.many) ++positional_;
        ++next_;
        return {};
    }

    std::unexpected<Error> unrecognized(std::string_view word) const {
        std::vector<std::string> names;
        for (auto const* option : options_) {
            if (!option->name.empty() && !option->hidden) names.push_back("--" + option->name);
        }
        auto near = near_misses(word.substr(0, word.find('=')), names);
        return bad_line(fmt::format("unrecognized arguments: '{}'{}", word, suggestions(near)));
    }

    Result<> split_long(std::string_view word) {
        auto equals = word.find('=');
        auto name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
        std::optional<std::string> attached;
        if (equals != word.npos) attached = word.substr(equals + 1);

        std::vector<std::string> names;
        for (auto const* option : options_) {
            if (!option->name.empty()) names.push_back(option->name);
        }
        auto matches = completions(name, names);
        if (name.empty() || matches.empty()) return unrecognized(word);
        if (matches.size() > 1) {
            return bad_line(fmt::format("ambiguous option: --{} could match --{}", name,
                                        fmt::join(matches, ", --")));
        }
        auto found = std::ranges::find(options_, matches.front(), &Option::name);
        return split_values(**found, std::move(attached));
    }

    /// `-qf`, `-xVALUE`, `-x=VALUE`, `-qx VALUE`.
    Result<> split_letters(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            auto found = std::ranges::find(options_, word[i], &Option::letter);
            if (found == options_.end()) return unrecognized(word);
            auto const& option = **found;
            auto rest = word.substr(i + 1);
            if (is_flag(option) && !rest.starts_with('=')) {
                TRY(split_values(option, std::nullopt));
                continue;
            }
            std::optional<std::string> attached;
            if (!rest.empty()) attached = rest.substr(rest[0] == '=' ? 1 : 0);
            return split_values(option, std::move(attached));
        }
        return {};
    }

    /// The next word, if there is one that may be a value.
    std::optional<std::string> next_value() {
        if (next_ >= words_.size() || is_option_word(words_[next_])) return std::nullopt;
        return words_[next_++];
    }

    Result<> split_values(Option const& option, std::optional<std::string> attached) {
        std::vector<std::string> values;
        if (is_flag(option)) {
            if (attached)
                return bad_argument(option,
                                    fmt::format("ignore implicit argument '{}'", *attached));
            if (option.takes == Takes::ending) ended_by_ = option.key();
        } else {
            if (!attached) attached = next_value();
            while (attached) {
                TRY(check_choice(option, *attached));
                values.push_back(std::move(*attached));
                attached = option.takes == Takes::many ? next_value() : std::nullopt;
            }
            if (values.empty() && option.takes != Takes::maybe_value)
                return bad_argument(option, option.takes == Takes::many
                                                ? "expected at least one argument"
                                                : "expected one argument");
        }
        line_.emplace_back(option.key(), std::move(values));
        return {};
    }

    static Result<> check_choice(Option const& option, std::string_view word) {
        auto const& choices = option.choices;
        if (choices.empty() || std::ranges::find(choices, word) != choices.end()) return {};
        return bad_argument(option, fmt::format("invalid choice: '{}' (choose from {{{}}})", word,
                                                fmt::join(choices, ",")));
    }

    std::vector<Option const*> const& options_;
    std::vector<Positional> const& positionals_;
    std::span<char const* const> words_;
    std::vector<po::option>& line_;
    std::optional<std::string> ended_by_;
    std::size_t next_ = 0;
    std::size_t positional_ = 0;
    bool separator_ = false;
};

} // namespace

std::string Option::key() const {
    return name.empty() ? std::string(1, letter) : name;
}

struct Parsed::Content {
    po::options_description declared;
    po::parsed_options line{&declared}; ///< what was given, without fallbacks
    po::variables_map values;
    std::optional<std::string> ended_by;
};

template std::vector<std::string> Parsed::all(std::string_view key) const;
template std::optional<std::string> Parsed::value(std::string_view key) const;
template std::optional<std::int64_t> Parsed::value(std::string_view key) const;

int Parsed::count(std::string_view key) const {
    stored(key);
    return static_cast<int>(
        std::ranges::count(content_->line.options, key, &po::option::string_key));
}

boost::any const& Parsed::stored(std::string_view key) const {
    // Throws a std::logic_error when there is no such option.
    content_->declared.find(std::string(key), false);
    return content_->values[std::string(key)].value();
}

std::optional<std::string> Parsed::ended_by() const {
    return content_->ended_by;
}

OptionSet::OptionSet(std::vector<Option> own, std::vector<Positional> positionals,
                     std::vector<Option> shared)
    : own_(std::move(own)), shared_(std::move(shared)), positionals_(std::move(positionals)) {
}

std::vector<Option const*> OptionSet::all() const {
    std::vector<Option const*> every;
    for (auto const& option : own_) every.push_back(&option);
    for (auto const& option : shared_) every.push_back(&option);
    return every;
}

Result<Parsed> OptionSet::parse(std::span<char const* const> words, Parsed earlier) const {
    return TRY(read(words, earlier, false)).parsed;
}

Result<OptionSet::Leading> OptionSet::parse_leading(std::span<char const* const> words) const {
    return read(words, {}, true);
}

Result<OptionSet::Leading> OptionSet::read(std::span<char const* const> words,
                                           Parsed const& earlier, bool only_leading) const {
    auto content = std::make_shared<Parsed::Content>();
    auto const options = all();
    po::parsed_options fallbacks(&content->declared);
    for (auto const* option : options) {
        content->declared.add_options()(option->key().c_str(), type_of(*option)());
        if (option->fallback)
            fallbacks.options.emplace_back(option->key(), std::vector{*option->fallback});
    }
    for (auto const& positional : positionals_)
        content->declared.add_options()(positional.name.c_str(), typed<read_text>());
    if (earlier.content_) content->line.options = earlier.content_->line.options;

    Splitter splitter(options, positionals_, words, content->line.options);
    auto const split = splitter.split(only_leading);
    content->ended_by = splitter.ended_by();
    try {
        // What is stored first wins. Values in front of a word that was refused are read, too: what
        // cannot be read is named from left to right.
        po::store(content->line, content->values);
        if (split && !content->ended_by) po::store(fallbacks, content->values);
    } catch (BadValue const& bad) {
        auto const option = std::ranges::find(options, bad.get_option_name(), &Option::key);
        if (bad.code != Errc::invalid) return bad_argument(**option, bad.what());
        // The rules of values are judged after the whole line (spec/operations.md §2).
        if (split && !content->ended_by) return fail(bad.code, bad.what());
    }
    TRY(split);
    Leading leading{.words = splitter.words_read(), .separator = splitter.saw_separator()};
    leading.parsed.content_ = std::move(content);
    return leading;
}

std::optional<std::pair<std::string, std::string>> key_value(std::string_view text) {
    auto equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

std::optional<std::int64_t> integer(std::string_view text, Kind kind) {
    return kind == Kind::int32 ? converted<std::int32_t>(text) : converted<std::int64_t>(text);
}

Result<std::int64_t> read_integer(std::string_view text, Kind kind) {
    if (auto number = integer(text, kind)) return *number;
    return bad_line(fmt::format("could not convert '{0}' to {1} (For input string: \"{0}\")", text,
                                kind == Kind::int32 ? "Integer" : "Long"));
}

} // namespace heliosd::options
