// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/option.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace boost {
class any;
}

/// Command lines by the rules of argparse, which the reference's scripts rely on (spec/cli.md §1,
/// spec/operations.md §2): long options with `--name=VALUE` and unambiguous prefixes, clustered
/// letters, values that may look like negative numbers, positional words that fill up in order.
/// Which words belong to which option is decided here; Boost.Program_options converts and keeps the
/// values.
namespace heliosd::options {

/// What a command line said. Asking for an option that was never declared is a bug and throws.
class Parsed {
public:
    /// Whether the option was on the line at all.
    bool given(std::string_view key) const { return count(key) > 0; }
    int count(std::string_view key) const;
    /// The last value given, else the fallback, else nothing; nothing also for a `maybe_value`
    /// without its word. `T` is text, `std::int64_t` for a declared number, or what the option's
    /// own type makes (base/options/typed.h).
    template <class T = std::string> std::optional<T> value(std::string_view key) const;
    /// All values, in order.
    template <class T = std::string> std::vector<T> all(std::string_view key) const;
    /// `value`, for options whose absence means the empty text.
    std::string text(std::string_view key) const { return value(key).value_or(""); }
    std::optional<std::int64_t> integer(std::string_view key) const {
        return value<std::int64_t>(key);
    }
    /// The key of the `ending` option that was met, if one was.
    std::optional<std::string> ended_by() const;

private:
    friend class OptionSet;
    struct Content;
    boost::any const& stored(std::string_view key) const;

    std::shared_ptr<Content const> content_;
};

/// The options and words that are valid at one place. `shared` are options of the whole program
/// that are valid here too; the help shows them apart.
class OptionSet {
public:
    explicit OptionSet(std::vector<Option> own, std::vector<Positional> positionals = {},
                       std::vector<Option> shared = {});

    /// Reads a whole command line. `earlier` is what was read of the same options in front of a
    /// command: lists go on, counters add up, single values are replaced. Errors, named from left
    /// to right: `std::errc::invalid_argument` with the sentences of argparse, which stand below
    /// the usage (`argument --env: expected one argument`), or what an option's own type refuses, a
    /// sentence that stands alone.
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
    std::vector<Option const*> all() const;
    Result<Leading> read(std::span<char const* const> words, Parsed const& earlier,
                         bool only_leading) const;

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
/// The same for a word of an option; its error is argparse's sentence.
Result<std::int64_t> read_integer(std::string_view text, Kind kind);

} // namespace heliosd::options
