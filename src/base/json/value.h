// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// JSON values as the documents of the API, of ZooKeeper and of Docker need them: numbers keep
/// their text, integers all 64 bits, objects their order (spec/job.md §1–2).
namespace heliosd::json {

class Value;
struct Member;

/// A number, as its text was: `1.50` stays `1.50`.
struct Number {
    std::string text;
    bool operator==(Number const&) const = default;
};

using Array = std::vector<Value>;

/// Members in insertion order. A repeated name replaces the earlier value in its place.
class Object {
public:
    Object();
    Object(std::initializer_list<Member> distinct);
    /// The last value of a repeated name wins, in the place of the first.
    static Object from_members(std::vector<Member> members);
    Object(Object const&);
    Object(Object&&) noexcept;
    Object& operator=(Object const&);
    Object& operator=(Object&&) noexcept;
    ~Object();

    /// Null when there is no such member.
    Value const* find(std::string_view name) const;
    Value* find(std::string_view name);
    /// Adds or replaces.
    void set(std::string name, Value value);
    /// Adds a member that must not exist yet; unlike `set` it does not search.
    void append(std::string name, Value value);
    /// Sorts the members, not those of nested objects, by UTF-16 code units.
    void sort();
    /// Removes a member; false when there is none.
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

    /// For error messages: `null`, `boolean`, `number`, `string`, `list` or `object`.
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

/// Every object's members sorted by UTF-16 code units, at every level.
Value sorted(Value value);
/// `a` before `b` in the order of UTF-16 code units.
bool utf16_less(std::string_view a, std::string_view b);

} // namespace heliosd::json
