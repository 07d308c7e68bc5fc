// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "model/job.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::model {

/// One value of a document being read: it knows its path for sentences
/// (`ports.http.internalPort: expected an integer, got an object`) and coerces as the reference
/// does (spec/job.md §2.2). Missing and null are the same: nothing. The first failure is kept by
/// the document; reading continues after it, and `read_document` drops the result. A field refers
/// to its parent, so it lives on the reader's stack.
class Field {
public:
    /// The whole document; `failure` receives the first error.
    Field(json::Value const& document, std::optional<Error>& failure)
        : value_(&document), failure_(failure) {}
    Field(Field const&) = delete;
    Field& operator=(Field const&) = delete;

    bool absent() const { return !value_ || value_->is_null(); }
    /// The member of this name; fails when this is not an object.
    Field operator[](std::string_view member) const;
    /// The member of this name, for entries of a map whose value is at hand.
    Field entry(std::string_view name, json::Value const& value) const {
        return Field(&value, this, name, failure_);
    }

    /// Each fails when the value is of another kind and cannot be coerced.
    std::optional<std::string> text() const;
    std::optional<std::int32_t> int32() const;
    std::optional<std::int64_t> int64() const;
    std::optional<double> real() const;
    std::optional<bool> boolean() const;
    std::optional<WallTime> date() const;
    std::optional<JobId> job_id() const;
    std::optional<std::vector<std::string>> texts() const;
    StringMap text_map() const;

    /// The object, or null when absent; fails when it is something else.
    json::Object const* object() const;
    /// As `object`, and fails when absent.
    bool is_object() const;

    /// What `read` makes of this, or nothing when absent.
    template <std::invocable<Field const&> Read>
    auto optional(Read read) const -> std::optional<std::invoke_result_t<Read, Field const&>> {
        if (absent()) return std::nullopt;
        return read(*this);
    }

    /// A map of values that `read` makes; a null entry, not being `what`, fails.
    template <std::invocable<Field const&> Read>
    auto map(Read read, std::string_view what = "an object") const
        -> SortedMap<std::invoke_result_t<Read, Field const&>> {
        SortedMap<std::invoke_result_t<Read, Field const&>> out;
        if (auto const* members = object()) {
            for (auto const& [name, value] : *members) {
                auto const field = entry(name, value);
                if (field.absent()) field.expected(what);
                out.insert_or_assign(name, read(field));
            }
        }
        return out;
    }

    /// Reports `sentence` with the path in front.
    void wrong(std::string_view sentence) const;
    /// `expected WHAT, got a KIND`.
    void expected(std::string_view what) const;
    /// The value of `result`; reports its error.
    template <class T> std::optional<T> unwrap(Result<T> result) const {
        if (result) return std::move(*result);
        wrong(result.error().message);
        return std::nullopt;
    }

private:
    Field(json::Value const* value, Field const* parent, std::string_view name,
          std::optional<Error>& failure)
        : value_(value), parent_(parent), name_(name), failure_(failure) {}

    std::string path() const;
    std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;

    json::Value const* value_;
    Field const* parent_ = nullptr;
    std::string_view name_;
    std::optional<Error>& failure_;
};

/// What `read` makes of the document, or its first error.
template <std::invocable<Field const&> Read>
auto read_document(json::Value const& document, Read read)
    -> Result<std::invoke_result_t<Read, Field const&>> {
    std::optional<Error> failure;
    auto out = read(Field(document, failure));
    if (failure) return std::unexpected(std::move(*failure));
    return out;
}

/// The members in declaration order as given, or alphabetically in the common form.
json::Value finished(json::Object object, Mode mode);

json::Value list_value(std::vector<std::string> const& elements);

template <class T> json::Value map_value(SortedMap<T> const& map, Mode mode) {
    json::Object out;
    for (auto const& [key, value] : map) out.append(key, to_json(value, mode));
    return out;
}

} // namespace heliosd::model
