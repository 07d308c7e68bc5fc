// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <array>

namespace heliosd {

namespace {

// A host name takes a few hundred steps; a hostile expression takes billions.
constexpr std::uint32_t match_limit = 10'000;
constexpr std::uint32_t depth_limit = 1'000;
constexpr std::size_t longest_expression = 4096;

PCRE2_SPTR units(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

} // namespace

struct Pattern::Code {
    explicit Code(pcre2_code* compiled)
        : code(compiled),
          context(pcre2_match_context_create(nullptr)),
          match(pcre2_match_data_create_from_pattern(compiled, nullptr)) {
        pcre2_set_match_limit(context, match_limit);
        pcre2_set_depth_limit(context, depth_limit);
    }
    Code(Code const&) = delete;
    Code& operator=(Code const&) = delete;
    ~Code() {
        pcre2_match_data_free(match);
        pcre2_match_context_free(context);
        pcre2_code_free(code);
    }

    pcre2_code* code;
    pcre2_match_context* context;
    pcre2_match_data* match;
    bool gave_up = false;
};

Pattern::Pattern(std::unique_ptr<Code> code) : code_(std::move(code)) {
}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view expression) {
    if (expression.size() > longest_expression) {
        return fail(Errc::too_large, fmt::format("the pattern has {} characters, more than the {} "
                                                 "allowed",
                                                 expression.size(), longest_expression));
    }
    int error = 0;
    PCRE2_SIZE place = 0;
    auto* code = pcre2_compile(units(expression), expression.size(),
                               PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &place, nullptr);
    if (code == nullptr) {
        std::array<PCRE2_UCHAR, 256> reason{};
        pcre2_get_error_message(error, reason.data(), reason.size());
        return fail(Errc::invalid,
                    fmt::format("'{}' is not a regular expression: {} at character {}", expression,
                                reinterpret_cast<char const*>(reason.data()), place + 1));
    }
    return Pattern(std::make_unique<Code>(code));
}

bool Pattern::found_in(std::string_view text) const {
    if (code_->gave_up) return false;
    auto const found =
        pcre2_match(code_->code, units(text), text.size(), 0, 0, code_->match, code_->context);
    // Anything but "no match" is one of the limits.
    code_->gave_up = found < 0 && found != PCRE2_ERROR_NOMATCH;
    return found >= 0;
}

std::optional<std::vector<std::string_view>> Pattern::groups_of(std::string_view text) const {
    auto const found = pcre2_match(code_->code, units(text), text.size(), 0, PCRE2_ANCHORED,
                                   code_->match, nullptr);
    if (found < 0) return std::nullopt;
    std::vector<std::string_view> groups(pcre2_get_ovector_count(code_->match));
    auto const* bounds = pcre2_get_ovector_pointer(code_->match);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto const begin = bounds[2 * i];
        if (begin != PCRE2_UNSET) groups[i] = text.substr(begin, bounds[2 * i + 1] - begin);
    }
    return groups;
}

bool Pattern::gave_up() const {
    return code_->gave_up;
}

} // namespace heliosd
