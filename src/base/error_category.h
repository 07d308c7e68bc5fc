// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace heliosd {

/// The category of one error enumeration: a name, and a function from enumerator to text.
///
///     std::error_category const& store_category() noexcept {
///         static ErrorCategory<StoreErrc, text_of> const category("store");
///         return category;
///     }
template <class Errc, std::string_view (*text_of)(Errc)>
class ErrorCategory final : public std::error_category {
public:
    explicit ErrorCategory(char const* name) : name_(name) {}
    char const* name() const noexcept override { return name_; }
    std::string message(int value) const override {
        return std::string(text_of(static_cast<Errc>(value)));
    }

private:
    char const* name_;
};

} // namespace heliosd
