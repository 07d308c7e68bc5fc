// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// JSON as the documents of the API, of ZooKeeper and of Docker need it: numbers keep their text,
/// integers all 64 bits, objects their order (spec/job.md §1–2).
namespace heliosd::json {

class Value;
struct Member;

/// A number, as its text was: `1.50` stays `1.50`.
struct Number {
    std::string text;
    bool operator==(Number const&) const = default;
};

using Array = std::vector<Value>;

/// Members in the order they were given. A repeated name replaces the earlier value in its place.
class Object {
public:
    Object();
    /// The names must differ.
    Object(std::initializer_list<Member> members);
    /// The last value of a repeated name wins, in the place of the first.
    static Object from_members(std::vector<Member> members);
    Object(Object const&);
    Object(Object&&) noexcept;
    Object& operator=(Object const&);
    Object& operator=(Object&&) noexcept;
    ~Object();

    /// The value of `name`, or null when there is none.
    Value const* find(std::string_view name) const;
    Value* find(std::string_view name);
    /// Adds a member, or replaces the value of the one there is.
    void set(std::string name, Value value);
    /// Adds a member that is not there yet; unlike `set` it does not look.
    void append(std::string name, Value value);
    /// Puts the members, not those inside them, in UTF-16 order of their names.
    void sort();
    /// Takes a member away; false when there is none.
    bool erase(std::string_view name);

    bool empty() const;
    std::size_t size() const;
    std::vector<Member>::const_iterator begin() const;
    std::vector<Member>::const_iterator end() const;
    std::vector<Member>::iterator begin();
    std::vector<Member>::iterator end();

    bool operator==(Object const& other) const;

private:
    std::vector<Member> members_;
};

/// Any JSON value. `Value()` is null.
class Value {
public:
    Value() = default;
    Value(std::nullptr_t) {}
    Value(bool b) : data_(b) {}
    Value(std::int64_t n);
    Value(int n) : Value(static_cast<std::int64_t>(n)) {}
    Value(Number n) : data_(std::move(n)) {}
    Value(std::string s) : data_(std::move(s)) {}
    Value(std::string_view s) : data_(std::string(s)) {}
    Value(char const* s) : data_(std::string(s)) {}
    Value(Array a) : data_(std::move(a)) {}
    Value(Object o) : data_(std::move(o)) {}
    /// An absent optional is null.
    template <class T> Value(std::optional<T> const& value) {
        if (value) *this = Value(*value);
    }

    bool is_null() const { return std::holds_alternative<std::nullptr_t>(data_); }
    /// Each is null when the value is of another kind.
    bool const* if_bool() const { return std::get_if<bool>(&data_); }
    Number const* if_number() const { return std::get_if<Number>(&data_); }
    std::string const* if_string() const { return std::get_if<std::string>(&data_); }
    Array const* if_array() const { return std::get_if<Array>(&data_); }
    Object const* if_object() const { return std::get_if<Object>(&data_); }
    Array* if_array() { return std::get_if<Array>(&data_); }
    Object* if_object() { return std::get_if<Object>(&data_); }
    /// The number, when it is an integer that fits.
    std::optional<std::int64_t> if_integer() const;
    /// `find` of the object, or null when this is no object or has no such member.
    Value const* find(std::string_view name) const;

    /// What kind this is, for error messages: `null`, `boolean`, `number`, `string`, `list`,
    /// `object`.
    std::string_view kind() const;

    bool operator==(Value const&) const = default;

private:
    std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> data_ = nullptr;
};

struct Member {
    std::string name;
    Value value;
    bool operator==(Member const&) const = default;
};

/// What a reader accepts at most.
struct Limits {
    std::size_t bytes = 16 * 1024 * 1024;
    std::size_t depth = 200;
};

/// Reads the first JSON value of `text` (UTF-8, with or without byte order mark) and ignores what
/// follows it (spec/job.md §2.1 [quirk]). Errors: `Errc::invalid` with line and column,
/// `Errc::too_large`.
Result<Value> parse(std::string_view text, Limits limits = {});

/// Compact, members in the order they stand.
std::string write(Value const& value);
/// Two-space indent, `"key" : value`, lists on one line (spec/job.md §1, pretty form), members in
/// the order they stand. `escape_astral` as in `write`; what the command line shows has it off.
std::string write_pretty(Value const& value, bool escape_astral = false);
/// Every object's members sorted by UTF-16 code units, at every level.
Value sorted(Value value);

/// A string as JSON text with its quotes and escapes (spec/job.md §1.1).
std::string quoted(std::string_view text);
/// `a` before `b` in the order of UTF-16 code units.
bool utf16_less(std::string_view a, std::string_view b);

} // namespace heliosd::json
