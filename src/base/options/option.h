// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace boost::program_options {
class value_semantic;
}

/// What may stand on a command line, as programs declare it.
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
/// Makes the type of an option's values: `typed<parse>` (base/options/typed.h).
using Type = boost::program_options::value_semantic* (*)();

struct Option {
    char letter = 0;  ///< `-z`; 0 for none
    std::string name; ///< `master` for `--master`; may be empty
    Takes takes = Takes::nothing;
    Kind kind = Kind::text;
    Type type = nullptr;     ///< replaces `kind`
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

} // namespace heliosd::options
