// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace heliosd {

/// What went wrong, in terms every layer shares. A layer whose callers act on finer differences has
/// an enumeration of its own (`StoreErrc`, `EngineErrc`); all of them travel in `Error::code`.
enum class Errc {
    closed = 1,   ///< the other side, or we ourselves, ended the conversation
    timed_out,    ///< no answer within the limit written where it was awaited
    unavailable,  ///< could not be reached at all; trying again may help
    invalid,      ///< the input breaks a rule; trying again will not help
    too_large,    ///< over a limit that protects us
    not_found,    ///< a file, a name or a document that is not there
    io,           ///< the operating system refused; the sentence carries its reason
    locked,       ///< another process holds what we need
    unauthorized, ///< the other side refused our credentials
};

/// The category behind `Errc`.
std::error_category const& heliosd_category() noexcept;

inline std::error_code make_error_code(Errc e) noexcept {
    return {static_cast<int>(e), heliosd_category()};
}

/// A failure the caller can act on: what kind it is, and one sentence for people that names the
/// thing concerned and, where there is one, the fix.
struct Error {
    std::error_code code;
    std::string message;
};

/// The outcome of everything that can fail in a foreseeable way.
template <class T = void> using Result = std::expected<T, Error>;

/// `return fail(Errc::invalid, "port: …");` — the failing side of any `Result`.
inline std::unexpected<Error> fail(std::error_code code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

/// The same failure with words in front of its sentence: `in_context("reading /x", error)`.
inline Error in_context(std::string const& what, Error error) {
    error.message = what + ": " + error.message;
    return error;
}

namespace detail {

/// What `TRY` needs of a temporary: its error, or its value moved out.
template <class T, class E> std::unexpected<E> failure_of(std::expected<T, E>&& result) {
    return std::unexpected<E>(std::move(result).error());
}
template <class T, class E> T value_of(std::expected<T, E>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace detail

} // namespace heliosd

/// The value of a `Result`, or the way out of the function with its error, unchanged:
/// `auto node = TRY(parse(text));`, and in a coroutine `auto node = CO_TRY(co_await read(path));`.
/// A `Result<>` has no value: `CO_TRY(co_await write(path));`. The value is a copy of its own
/// (moved out), never a reference. Both are statement expressions, which clang and gcc have; where
/// an error needs other words or a decision, write the `if`.
#define HELIOSD_TRY(exit, expression)                                                              \
    ({                                                                                             \
        auto heliosd_result = (expression);                                                        \
        if (!heliosd_result) exit ::heliosd::detail::failure_of(std::move(heliosd_result));        \
        ::heliosd::detail::value_of(std::move(heliosd_result));                                    \
    })
#define TRY(...) HELIOSD_TRY(return, (__VA_ARGS__))
#define CO_TRY(...) HELIOSD_TRY(co_return, (__VA_ARGS__))

template <> struct std::is_error_code_enum<heliosd::Errc> : std::true_type {};
