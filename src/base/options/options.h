// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Command lines by the rules of argparse, which the reference's scripts rely on (spec/cli.md §1,
/// spec/operations.md §2): long options with `--name=VALUE` and unambiguous prefixes, clustered
/// letters, values that may look like negative numbers, positional words that fill up in order.
namespace heliosd::options {

/// How many words an option takes, and what repeating it means.
enum class Takes {
    nothing,     ///< a flag
    count,       ///< a flag that is counted: `-vv`
    ending,      ///< a flag that ends the reading there: `-h`
    value,       ///< one word; the last one given counts
    maybe_value, ///< one word or none, which is not the same as not given
    values,      ///< one word each time, collected
    many,        ///< one or more words each time, collected
};

/// What the words of an option must look like.
enum class Kind { text, int32, int64 };

struct Option {
    char letter = 0;  ///< `-z`; 0 for none
    std::string name; ///< `master` for `--master`; may be empty
    Takes takes = Takes::nothing;
    Kind kind = Kind::text;
    std::string placeholder; ///< `URI` in `--master URI`; made of the name when empty
    std::string help;
    std::optional<std::string> fallback;   ///< the value when the option is not given
    std::vector<std::string> choices = {}; ///< the only values there are; empty for any
    bool hidden = false;                   ///< accepted, but not shown

    /// Under which name its values are asked for: `name`, or the letter when there is none.
    std::string key() const;
};

/// A word, or a run of words, without a dash.
struct Positional {
    std::string name;
    std::string help;
    bool required = true;
    bool many = false; ///< takes one unbroken run of words
};

/// What a command line said. Asking for an option that was never declared is a bug and throws.
class Parsed {
public:
    /// Whether the option was on the line at all.
    bool given(std::string_view key) const;
    int count(std::string_view key) const;
    /// The last value given, else the fallback, else nothing. Of a `maybe_value` without its word:
    /// nothing.
    std::optional<std::string> value(std::string_view key) const;
    /// The same, for options whose absence means the empty text.
    std::string text(std::string_view key) const;
    /// The same, of an option that is declared as a number.
    std::optional<std::int64_t> integer(std::string_view key) const;
    /// All values, in order.
    std::vector<std::string> all(std::string_view key) const;
    /// The key of the `ending` option that was met, if one was.
    std::optional<std::string> ended_by() const { return ended_by_; }

private:
    friend class OptionSet;
    friend class Reader;
    struct Slot {
        int times = 0;
        bool collects = false; ///< later words join the earlier ones
        std::vector<std::string> values;
        std::optional<std::string> fallback;
    };
    Slot const& slot(std::string_view key) const;

    std::map<std::string, Slot, std::less<>> slots_;
    std::optional<std::string> ended_by_;
};

/// The options and words that are valid at one place. `shared` are options of the whole program
/// that are valid here too; the help shows them apart.
class OptionSet {
public:
    explicit OptionSet(std::vector<Option> own, std::vector<Positional> positionals = {},
                       std::vector<Option> shared = {});

    /// Reads a whole command line. Errors are `Errc::invalid` with the sentences of argparse:
    /// `argument --env: expected one argument`. `earlier` is what was read of the same options in
    /// front of a command: lists go on, counters add up, single values are replaced.
    Result<Parsed> parse(std::span<char const* const> words, Parsed earlier = {}) const;

    struct Leading {
        Parsed parsed;
        std::size_t words = 0;  ///< how many were read; the rest begins with a word without a dash
        bool separator = false; ///< a `--` was among them
    };
    /// Reads the options in front of the first word without a dash.
    Result<Leading> parse_leading(std::span<char const* const> words) const;

    /// `usage: PROGRAM [-q] [--status [STATUS]] [GLOBAL OPTIONS] [PATTERN]`, folded at `width`.
    std::string usage(std::string_view program, std::size_t width = 79) const;
    /// Usage, `description`, and a line or more for each word and option with its default.
    std::string help(std::string_view program, std::string_view description,
                     std::size_t width = 79) const;

private:
    friend class Reader;
    std::vector<Option const*> all() const;

    std::vector<Option> own_, shared_;
    std::vector<Positional> positionals_;
};

/// The names that begin with `prefix`, sorted; only itself when it is one of them.
std::vector<std::string> completions(std::string_view prefix, std::span<std::string const> names);
/// The names that a slip of the finger would turn into `word`, nearest first.
std::vector<std::string> near_misses(std::string_view word, std::span<std::string const> names);
/// An empty line, `Did you mean:` and the names on lines of their own; empty without names.
std::string suggestions(std::span<std::string const> names);

/// One `KEY=VALUE`, split at the first `=`; nothing when there is none.
std::optional<std::pair<std::string, std::string>> key_value(std::string_view text);
/// A whole decimal number with an optional sign that fits; nothing otherwise.
std::optional<std::int64_t> integer(std::string_view text, Kind kind = Kind::int64);

} // namespace heliosd::options
