// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace heliosd {

/// Error codes that all layers share. A layer whose callers need finer distinctions has its own
/// enumeration (`StoreErrc`, `EngineErrc`); all of them fit in `Error::code`.
enum class Errc {
    closed = 1,   ///< the connection was closed, by the peer or by us
    timed_out,    ///< no answer within the limit
    unavailable,  ///< could not be reached; a retry may succeed
    invalid,      ///< malformed input; a retry will fail again
    too_large,    ///< exceeds a resource limit
    not_found,    ///< no such file, name or document
    io,           ///< a system call failed; the message carries the reason
    locked,       ///< another process holds the lock
    unauthorized, ///< credentials were refused
};

/// The category behind `Errc`.
std::error_category const& heliosd_category() noexcept;

inline std::error_code make_error_code(Errc e) noexcept {
    return {static_cast<int>(e), heliosd_category()};
}

/// A failure the caller can act on: a code for programs, and a sentence for people that names the
/// object concerned and, where there is one, the fix.
struct Error {
    std::error_code code;
    std::string message;
};

/// The outcome of an operation that can fail at run time.
template <class T = void> using Result = std::expected<T, Error>;

/// `return fail(Errc::invalid, "port: …");` — the failing side of any `Result`.
inline std::unexpected<Error> fail(std::error_code code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

/// Prepends context to the message: `in_context("reading /x", error)`.
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

/// The value of a `Result`, moved out; on failure the function returns the error unchanged:
/// `auto node = TRY(parse(text));`, in a coroutine `auto node = CO_TRY(co_await read(path));`, and
/// for a `Result<>` just `CO_TRY(co_await write(path));`. Where the error is translated or decided
/// about, write the `if`.
#define HELIOSD_TRY(exit, expression)                                                              \
    ({                                                                                             \
        auto heliosd_result = (expression);                                                        \
        if (!heliosd_result) exit ::heliosd::detail::failure_of(std::move(heliosd_result));        \
        ::heliosd::detail::value_of(std::move(heliosd_result));                                    \
    })
#define TRY(...) HELIOSD_TRY(return, (__VA_ARGS__))
#define CO_TRY(...) HELIOSD_TRY(co_return, (__VA_ARGS__))

template <> struct std::is_error_code_enum<heliosd::Errc> : std::true_type {};
