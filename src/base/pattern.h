// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <memory>
#include <string_view>

namespace heliosd {

/// A regular expression that somebody outside sent: Perl's syntax, which is near enough to the
/// Java the reference takes. Matching has a limit, so that no expression can hold up the loop.
class Pattern {
public:
    /// Error: `Errc::invalid` with the reason and the place.
    static Result<Pattern> compile(std::string_view expression);

    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;
    ~Pattern();

    /// Whether `text` matches anywhere. Giving up at the limit counts as no match.
    bool found_in(std::string_view text) const;

private:
    struct Code;
    explicit Pattern(std::unique_ptr<Code> code);
    std::unique_ptr<Code> code_;
};

} // namespace heliosd
