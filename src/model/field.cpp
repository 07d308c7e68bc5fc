// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"

#include "base/text.h"
#include "model/dates.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

std::string with_article(std::string_view kind) {
    if (kind == "null") return "null";
    return fmt::format("{} {}", kind == "object" ? "an" : "a", kind);
}

/// All of `text` as a number of this type; a leading `+` is accepted, as in Java.
template <class T> std::errc parse_all(std::string_view text, T& out) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{}) return error;
    return stop == end ? std::errc{} : std::errc::invalid_argument;
}

} // namespace

std::string Field::path() const {
    if (!parent_) return {};
    auto const above = parent_->path();
    bool const dot = !above.empty() && !name_.starts_with('['); // `command[2]`
    return fmt::format("{}{}{}", above, dot ? "." : "", name_);
}

void Field::wrong(std::string_view sentence) const {
    if (failure_) return;
    auto const where = path();
    failure_ = Error{Errc::invalid, where.empty() ? std::string(sentence)
                                                  : fmt::format("{}: {}", where, sentence)};
}

void Field::expected(std::string_view what) const {
    auto const got = value_ ? with_article(value_->kind()) : std::string("nothing");
    wrong(fmt::format("expected {}, got {}", what, got));
}

Field Field::operator[](std::string_view member) const {
    auto const* members = object();
    return Field(members ? members->find(member) : nullptr, this, member, failure_);
}

json::Object const* Field::object() const {
    if (absent()) return nullptr;
    auto const* members = value_->if_object();
    if (!members) expected("an object");
    return members;
}

bool Field::is_object() const {
    if (absent()) expected("an object");
    return object() != nullptr;
}

std::optional<std::string> Field::text() const {
    if (absent()) return std::nullopt;
    if (auto const* string = value_->if_string()) return *string;
    if (auto const* number = value_->if_number()) return number->text;
    if (auto const* boolean = value_->if_bool()) return *boolean ? "true" : "false";
    expected("a string");
    return std::nullopt;
}

std::optional<std::int64_t> Field::integer(std::int64_t least, std::int64_t most) const {
    if (absent()) return std::nullopt;
    auto const out_of_range = [&](std::string_view given) -> std::optional<std::int64_t> {
        wrong(fmt::format("{} is out of range, expected {} to {}", given, least, most));
        return std::nullopt;
    };
    auto const in_range = [&](std::int64_t n, std::string_view given) {
        return n < least || n > most ? out_of_range(given) : n;
    };

    std::int64_t n = 0;
    if (auto const* string = value_->if_string()) {
        auto const trimmed = text::trim(*string);
        if (trimmed.empty()) return std::nullopt;
        auto const error = parse_all(trimmed, n);
        if (error == std::errc{}) return in_range(n, trimmed);
        if (error == std::errc::result_out_of_range) return out_of_range(trimmed);
        wrong(fmt::format("expected an integer, got the string {}", json::quoted(*string)));
        return std::nullopt;
    }
    auto const* number = value_->if_number();
    if (!number) {
        expected("an integer");
        return std::nullopt;
    }
    auto const& digits = number->text;
    if (digits.find_first_of(".eE") == std::string::npos) {
        return parse_all(digits, n) == std::errc{} ? in_range(n, digits) : out_of_range(digits);
    }
    double decimal = 0;
    if (parse_all(digits, decimal) != std::errc{}) {
        // Out of the range of a double: overflow or underflow.
        if (std::abs(std::strtod(digits.c_str(), nullptr)) < 1) return in_range(0, digits);
        return out_of_range(digits);
    }
    decimal = std::trunc(decimal);
    constexpr double limit = 9223372036854775808.0; // 2^63
    if (decimal < -limit || decimal >= limit) return out_of_range(digits);
    return in_range(static_cast<std::int64_t>(decimal), digits);
}

std::optional<std::int32_t> Field::int32() const {
    using Limits = std::numeric_limits<std::int32_t>;
    auto const n = integer(Limits::min(), Limits::max());
    if (!n) return std::nullopt;
    return static_cast<std::int32_t>(*n);
}

std::optional<std::int64_t> Field::int64() const {
    using Limits = std::numeric_limits<std::int64_t>;
    return integer(Limits::min(), Limits::max());
}

std::optional<double> Field::real() const {
    if (absent()) return std::nullopt;
    auto const* string = value_->if_string();
    auto const* number = value_->if_number();
    if (string && text::trim(*string).empty()) return std::nullopt;
    double decimal = 0;
    if ((string && parse_all(text::trim(*string), decimal) == std::errc{}) ||
        (number && parse_all(number->text, decimal) == std::errc{}))
        return decimal;
    expected("a number");
    return std::nullopt;
}

std::optional<bool> Field::boolean() const {
    if (absent()) return std::nullopt;
    if (auto const* boolean = value_->if_bool()) return *boolean;
    if (auto const* string = value_->if_string()) {
        auto const word = text::trim(*string);
        if (word.empty()) return std::nullopt;
        if (word == "true" || word == "True") return true;
        if (word == "false" || word == "False") return false;
    }
    auto const* number = value_->if_number();
    if (number && number->text.find_first_of(".eE") == std::string::npos)
        return number->text.find_first_not_of("-0") != std::string::npos;
    expected("true or false");
    return std::nullopt;
}

std::optional<WallTime> Field::date() const {
    if (absent()) return std::nullopt;
    if (auto const* string = value_->if_string()) {
        auto const trimmed = text::trim(*string);
        if (trimmed.empty()) return std::nullopt;
        if (auto const date = parse_date(trimmed)) return date;
        wrong(fmt::format("expected a date such as 2030-06-01T12:00:00Z, got {}",
                          json::quoted(*string)));
        return std::nullopt;
    }
    if (auto const ms = value_->if_integer()) return WallTime(std::chrono::milliseconds(*ms));
    expected("a date: milliseconds since 1970, or text such as 2030-06-01T12:00:00Z");
    return std::nullopt;
}

std::optional<JobId> Field::job_id() const {
    if (absent()) return std::nullopt;
    auto const* string = value_->if_string();
    if (string) return unwrap(JobId::from_json_text(*string));
    expected("a job id as a string");
    return std::nullopt;
}

std::optional<std::vector<std::string>> Field::texts() const {
    if (absent()) return std::nullopt;
    auto const* array = value_->if_array();
    if (!array) {
        expected("a list of strings");
        return std::nullopt;
    }
    std::vector<std::string> out;
    for (auto const& element : *array) {
        auto const position = fmt::format("[{}]", out.size());
        auto const field = entry(position, element);
        if (field.absent()) field.expected("a string");
        out.push_back(field.text().value_or(""));
    }
    return out;
}

StringMap Field::text_map() const {
    return map([](Field const& value) { return value.text().value_or(""); }, "a string");
}

json::Value finished(json::Object object, Mode mode) {
    if (mode == Mode::common) object.sort();
    return object;
}

json::Value list_value(std::vector<std::string> const& elements) {
    return json::Array(elements.begin(), elements.end());
}

} // namespace heliosd::model
