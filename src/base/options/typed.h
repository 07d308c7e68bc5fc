// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"

#include <boost/any.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <type_traits>
#include <utility>

// Options whose values have a type of their own. Only units that declare such options include this
// file: the headers of Boost.Program_options cost half a second each.
namespace heliosd::options {

/// Stands for the option's name in the sentence of an error.
inline constexpr std::string_view this_option = "--%option%";

/// A word that is no value of its option.
struct BadValue : boost::program_options::error_with_option_name {
    explicit BadValue(Error const& error)
        : error_with_option_name(error.message), code(error.code) {}

    std::error_code code;
};

/// The values that `parse`, a `Result<T>(std::string_view)`, makes of words.
template <auto parse> struct MadeBy {
    using List =
        std::vector<typename std::invoke_result_t<decltype(parse), std::string_view>::value_type>;
};

/// Called by Program_options, which finds it through the type. All values of an option are kept.
template <auto parse>
void validate(boost::any& kept, std::vector<std::string> const& words, MadeBy<parse>*, int) {
    using List = MadeBy<parse>::List;
    if (kept.empty() || words.empty()) kept = List();
    for (auto const& word : words) {
        auto value = parse(word);
        if (!value) throw BadValue(value.error());
        boost::any_cast<List&>(kept).push_back(std::move(*value));
    }
}

/// The `Option::type` of such values.
template <auto parse> boost::program_options::value_semantic* typed() {
    return boost::program_options::value<MadeBy<parse>>();
}

template <class T> std::vector<T> Parsed::all(std::string_view key) const {
    auto const& kept = stored(key);
    return kept.empty() ? std::vector<T>() : boost::any_cast<std::vector<T>>(kept);
}

template <class T> std::optional<T> Parsed::value(std::string_view key) const {
    auto values = all<T>(key);
    return values.empty() ? std::nullopt : std::optional(std::move(values.back()));
}

} // namespace heliosd::options
