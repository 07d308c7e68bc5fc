// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace heliosd {

/// A regular expression from an untrusted client, in Perl's syntax, which is close to the Java
/// syntax of the reference. A match limit keeps an expression from blocking the loop: once a text
/// exceeds it, the pattern matches nothing more.
class Pattern {
public:
    /// Error: `Errc::invalid` with the reason and the place.
    static Result<Pattern> compile(std::string_view expression);

    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;
    ~Pattern();

    /// Whether `text` matches anywhere; never, once it has given up.
    bool found_in(std::string_view text) const;
    /// What the match at the beginning of `text` and each group of the expression take of it;
    /// without data for a group that takes no part. Only for expressions of our own: no limit.
    std::optional<std::vector<std::string_view>> groups_of(std::string_view text) const;
    /// Whether a text took too many steps: what was found until then is not all there is.
    bool gave_up() const;

private:
    struct Code;
    explicit Pattern(std::unique_ptr<Code> code);
    std::unique_ptr<Code> code_;
};

} // namespace heliosd
