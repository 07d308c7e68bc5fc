// SPDX-License-Identifier: Apache-2.0
#include "base/options/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace heliosd::options {

namespace {

bool is_negative_integer(std::string_view word) {
    return word.size() > 1 && word[0] == '-' &&
           std::all_of(word.begin() + 1, word.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// `-s/--selector`, as messages name an option.
std::string spelled(Option const& option) {
    std::string text;
    if (option.letter != 0) text = fmt::format("-{}", option.letter);
    if (!option.name.empty()) text += (text.empty() ? "--" : "/--") + option.name;
    return text;
}

std::unexpected<Error> bad_argument(Option const& option, std::string const& what) {
    return fail(Errc::invalid, fmt::format("argument {}: {}", spelled(option), what));
}

} // namespace

std::string Option::key() const {
    return name.empty() ? std::string(1, letter) : name;
}

Parsed::Slot const& Parsed::slot(std::string_view key) const {
    auto found = slots_.find(key);
    if (found == slots_.end())
        throw std::logic_error(fmt::format("no option --{} is declared", key));
    return found->second;
}

bool Parsed::given(std::string_view key) const {
    return slot(key).times > 0;
}

int Parsed::count(std::string_view key) const {
    return slot(key).times;
}

std::optional<std::string> Parsed::value(std::string_view key) const {
    auto const& s = slot(key);
    if (!s.values.empty()) return s.values.back();
    return s.times > 0 ? std::nullopt : s.fallback;
}

std::string Parsed::text(std::string_view key) const {
    return value(key).value_or("");
}

std::optional<std::int64_t> Parsed::integer(std::string_view key) const {
    auto text = value(key);
    return text ? options::integer(*text) : std::nullopt;
}

std::vector<std::string> Parsed::all(std::string_view key) const {
    return slot(key).values;
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

/// Goes over the words once, left to right. Lives for one call of `OptionSet::parse`.
class Reader {
public:
    Reader(OptionSet const& set, std::span<char const* const> words, Parsed parsed)
        : set_(set), words_(words), parsed_(std::move(parsed)) {
        for (auto const* option : set.all()) {
            auto& slot = parsed_.slots_[option->key()];
            slot.collects = option->takes == Takes::values || option->takes == Takes::many;
            slot.fallback = option->fallback;
        }
        for (auto const& positional : set.positionals_) {
            parsed_.slots_[positional.name].collects = positional.many;
        }
    }

    Result<> read(bool only_leading) {
        while (next_ < words_.size() && !parsed_.ended_by_) {
            std::string_view word = words_[next_];
            Result<> done;
            if (word == "--" && !separator_) {
                separator_ = true;
                ++next_;
            } else if (is_option_word(word)) {
                close_run();
                ++next_;
                done = word.starts_with("--") ? read_long(word) : read_letters(word);
            } else if (only_leading) {
                return {};
            } else {
                done = read_positional(word);
            }
            if (!done) return done;
        }
        if (only_leading || parsed_.ended_by_) return {};
        for (auto i = positional_; i < set_.positionals_.size(); ++i) {
            auto const& missing = set_.positionals_[i];
            if (missing.required && !parsed_.given(missing.name))
                return fail(Errc::invalid, "too few arguments");
        }
        return {};
    }

    Parsed take() { return std::move(parsed_); }
    std::size_t read_so_far() const { return next_; }
    bool saw_separator() const { return separator_; }

private:
    bool is_option_word(std::string_view word) const {
        return !separator_ && word.size() > 1 && word[0] == '-' && !is_negative_integer(word);
    }

    /// A run of positional words ends at the first option word and cannot be resumed [quirk].
    void close_run() {
        if (positional_ >= set_.positionals_.size()) return;
        auto const& current = set_.positionals_[positional_];
        if (current.many && parsed_.given(current.name)) ++positional_;
    }

    Result<> read_positional(std::string_view word) {
        if (positional_ >= set_.positionals_.size()) {
            auto rest = words_.subspan(next_);
            return fail(Errc::invalid,
                        fmt::format("unrecognized arguments: '{}'", fmt::join(rest, " ")));
        }
        auto const& current = set_.positionals_[positional_];
        auto& slot = parsed_.slots_[current.name];
        ++slot.times;
        slot.values.emplace_back(word);
        if (!current.many) ++positional_;
        ++next_;
        return {};
    }

    std::unexpected<Error> unrecognized(std::string_view word) const {
        std::vector<std::string> names;
        for (auto const* option : set_.all()) {
            if (!option->name.empty() && !option->hidden) names.push_back("--" + option->name);
        }
        auto near = near_misses(word.substr(0, word.find('=')), names);
        return fail(Errc::invalid,
                    fmt::format("unrecognized arguments: '{}'{}", word, suggestions(near)));
    }

    Result<> read_long(std::string_view word) {
        auto equals = word.find('=');
        auto name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
        std::optional<std::string> attached;
        if (equals != word.npos) attached = std::string(word.substr(equals + 1));

        std::vector<std::string> names;
        for (auto const* option : set_.all()) {
            if (!option->name.empty()) names.push_back(option->name);
        }
        auto matches = completions(name, names);
        if (name.empty() || matches.empty()) return unrecognized(word);
        if (matches.size() > 1) {
            return fail(Errc::invalid, fmt::format("ambiguous option: --{} could match --{}", name,
                                                   fmt::join(matches, ", --")));
        }
        for (auto const* option : set_.all()) {
            if (option->name == matches.front()) return apply(*option, std::move(attached));
        }
        return unrecognized(word);
    }

    /// `-qf`, `-xVALUE`, `-x=VALUE`, `-qx VALUE`.
    Result<> read_letters(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            auto every = set_.all();
            auto found = std::find_if(every.begin(), every.end(), [&](Option const* option) {
                return option->letter == word[i];
            });
            if (found == every.end()) return unrecognized(word);
            auto const& option = **found;
            auto rest = word.substr(i + 1);
            bool flag = option.takes == Takes::nothing || option.takes == Takes::count ||
                        option.takes == Takes::ending;
            if (flag && !rest.starts_with('=')) {
                if (auto done = apply(option, std::nullopt); !done) return done;
                continue;
            }
            std::optional<std::string> attached;
            if (!rest.empty()) attached = std::string(rest.substr(rest[0] == '=' ? 1 : 0));
            return apply(option, std::move(attached));
        }
        return {};
    }

    /// The next word, if there is one that may be a value.
    std::optional<std::string> next_value() {
        if (next_ >= words_.size()) return std::nullopt;
        std::string_view word = words_[next_];
        if (is_option_word(word)) return std::nullopt;
        ++next_;
        return std::string(word);
    }

    Result<> apply(Option const& option, std::optional<std::string> attached) {
        auto& slot = parsed_.slots_[option.key()];
        ++slot.times;
        switch (option.takes) {
        case Takes::nothing:
        case Takes::count:
        case Takes::ending:
            if (attached) {
                return bad_argument(option,
                                    fmt::format("ignore implicit argument '{}'", *attached));
            }
            if (option.takes == Takes::ending) parsed_.ended_by_ = option.key();
            return {};
        case Takes::maybe_value:
            if (!attached) attached = next_value();
            slot.values.clear();
            return attached ? store(option, slot, std::move(*attached)) : Result<>{};
        case Takes::value:
        case Takes::values:
        case Takes::many: break;
        }
        if (!attached) attached = next_value();
        if (!attached) {
            return bad_argument(option, option.takes == Takes::many
                                            ? "expected at least one argument"
                                            : "expected one argument");
        }
        if (!slot.collects) slot.values.clear();
        auto done = store(option, slot, std::move(*attached));
        while (done && option.takes == Takes::many) {
            auto more = next_value();
            if (!more) break;
            done = store(option, slot, std::move(*more));
        }
        return done;
    }

    Result<> store(Option const& option, Parsed::Slot& slot, std::string text) {
        if (option.kind != Kind::text && !integer(text, option.kind)) {
            return bad_argument(
                option, fmt::format("could not convert '{0}' to {1} (For input string: \"{0}\")",
                                    text, option.kind == Kind::int32 ? "Integer" : "Long"));
        }
        auto const& choices = option.choices;
        if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
            return bad_argument(option, fmt::format("invalid choice: '{}' (choose from {{{}}})",
                                                    text, fmt::join(choices, ",")));
        }
        slot.values.push_back(std::move(text));
        return {};
    }

    OptionSet const& set_;
    std::span<char const* const> words_;
    Parsed parsed_;
    std::size_t next_ = 0;
    std::size_t positional_ = 0;
    bool separator_ = false;
};

Result<Parsed> OptionSet::parse(std::span<char const* const> words, Parsed earlier) const {
    Reader reader(*this, words, std::move(earlier));
    if (auto done = reader.read(false); !done) return std::unexpected(done.error());
    return reader.take();
}

Result<OptionSet::Leading> OptionSet::parse_leading(std::span<char const* const> words) const {
    Reader reader(*this, words, {});
    if (auto done = reader.read(true); !done) return std::unexpected(done.error());
    return Leading{.parsed = reader.take(),
                   .words = reader.read_so_far(),
                   .separator = reader.saw_separator()};
}

std::optional<std::pair<std::string, std::string>> key_value(std::string_view text) {
    auto equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

std::optional<std::int64_t> integer(std::string_view text, Kind kind) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    using Small = std::numeric_limits<std::int32_t>;
    if (kind == Kind::int32 && (number < Small::min() || number > Small::max()))
        return std::nullopt;
    return number;
}

} // namespace heliosd::options
