// SPDX-License-Identifier: Apache-2.0
#include "base/json/value.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace heliosd::json {

Object::Object() = default;
Object::Object(std::initializer_list<Member> distinct) : members_(distinct) {
}
Object::Object(Object const&) = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object const&) = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

namespace {

/// The common case, detected without an allocation: few members, no repeated name.
bool few_and_distinct(std::vector<Member> const& members) {
    if (members.size() > 16) return false;
    for (auto a = members.begin(); a != members.end(); ++a)
        if (std::ranges::find(members.begin(), a, a->name, &Member::name) != a) return false;
    return true;
}

} // namespace

Object Object::from_members(std::vector<Member> members) {
    Object object;
    if (few_and_distinct(members)) {
        object.members_ = std::move(members);
        return object;
    }
    // Sorting positions avoids quadratic time for a hostile object of many names.
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](auto a, auto b) {
        auto const by_name = members[a].name <=> members[b].name;
        return by_name == 0 ? a < b : by_name < 0;
    });
    std::vector<bool> repeated(members.size());
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (members[order[i]].name != members[order[first]].name) {
            first = i;
        } else {
            members[order[first]].value = std::move(members[order[i]].value);
            repeated[order[i]] = true;
        }
    }
    object.members_ = std::move(members);
    std::size_t position = 0;
    std::erase_if(object.members_, [&](Member const&) { return repeated[position++]; });
    return object;
}

Value const* Object::find(std::string_view name) const {
    auto const found = std::ranges::find(members_, name, &Member::name);
    return found == members_.end() ? nullptr : &found->value;
}

Value* Object::find(std::string_view name) {
    auto const found = std::ranges::find(members_, name, &Member::name);
    return found == members_.end() ? nullptr : &found->value;
}

void Object::set(std::string name, Value value) {
    if (auto* present = find(name)) {
        *present = std::move(value);
    } else {
        append(std::move(name), std::move(value));
    }
}

void Object::append(std::string name, Value value) {
    members_.push_back({std::move(name), std::move(value)});
}

void Object::sort() {
    std::ranges::sort(members_, utf16_less, &Member::name);
}

bool Object::erase(std::string_view name) {
    return std::erase_if(members_, [&](Member const& m) { return m.name == name; }) > 0;
}

bool Object::empty() const {
    return members_.empty();
}
std::size_t Object::size() const {
    return members_.size();
}
std::vector<Member>::const_iterator Object::begin() const {
    return members_.begin();
}
std::vector<Member>::const_iterator Object::end() const {
    return members_.end();
}
std::vector<Member>::iterator Object::begin() {
    return members_.begin();
}
std::vector<Member>::iterator Object::end() {
    return members_.end();
}

bool Object::operator==(Object const& other) const {
    return members_ == other.members_;
}

Value::Value(std::int64_t n) : data_(Number{std::to_string(n)}) {
}

std::optional<std::int64_t> Value::if_integer() const {
    auto const* number = if_number();
    if (!number) return std::nullopt;
    std::int64_t n = 0;
    auto const* const end = number->text.data() + number->text.size();
    auto const [stop, error] = std::from_chars(number->text.data(), end, n);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return n;
}

Value const* Value::find(std::string_view name) const {
    auto const* object = if_object();
    return object ? object->find(name) : nullptr;
}

std::string_view Value::kind() const {
    switch (data_.index()) {
    case 0: return "null";
    case 1: return "boolean";
    case 2: return "number";
    case 3: return "string";
    case 4: return "list";
    default: return "object";
    }
}

Value sorted(Value value) {
    if (auto* array = value.if_array()) {
        for (auto& element : *array) element = sorted(std::move(element));
    } else if (auto* object = value.if_object()) {
        object->sort();
        for (auto& member : *object) member.value = sorted(std::move(member.value));
    }
    return value;
}

bool utf16_less(std::string_view a, std::string_view b) {
    // In UTF-8 the order of bytes is that of code points. UTF-16 differs in one respect: U+E000 to
    // U+FFFF (first bytes EE and EF) follow the characters above them (F0 to F4).
    auto const weight = [](char c) {
        unsigned const byte = static_cast<unsigned char>(c);
        return byte == 0xEE || byte == 0xEF ? byte + 0x100 : byte;
    };
    return std::ranges::lexicographical_compare(a, b, {}, weight, weight);
}

} // namespace heliosd::json
