// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include "base/text.h"

#include <fmt/format.h>

#include <iterator>

namespace heliosd::json {
namespace {

void append_escape(std::string& out, char32_t unit) {
    fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<unsigned>(unit));
}

void append_character(std::string& out, char32_t c, bool escape_astral) {
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    default: break;
    }
    if (c < ' ') {
        append_escape(out, c);
    } else if (c == text::malformed || (c >= 0xD800 && c <= 0xDFFF)) {
        text::append_utf8(out, 0xFFFD); // readers accept UTF-8 only
    } else if (c >= 0x10000 && escape_astral) {
        append_escape(out, 0xD800 + ((c - 0x10000) >> 10));
        append_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
        text::append_utf8(out, c);
    }
}

void append_quoted(std::string& out, std::string_view string, bool escape_astral) {
    out += '"';
    while (!string.empty()) {
        unsigned const byte = static_cast<unsigned char>(string.front());
        if (byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\') {
            out += static_cast<char>(byte);
            string.remove_prefix(1);
        } else {
            append_character(out, text::take_code_point(string), escape_astral);
        }
    }
    out += '"';
}

/// Scalars are the same in both forms.
void append_scalar(std::string& out, Value const& value, bool escape_astral) {
    if (auto const* string = value.if_string()) {
        append_quoted(out, *string, escape_astral);
    } else if (auto const* number = value.if_number()) {
        out += number->text;
    } else if (auto const* boolean = value.if_bool()) {
        out += *boolean ? "true" : "false";
    } else {
        out += "null";
    }
}

void append_compact(std::string& out, Value const& value) {
    if (auto const* array = value.if_array()) {
        out += '[';
        for (auto const& element : *array) {
            if (&element != &array->front()) out += ',';
            append_compact(out, element);
        }
        out += ']';
    } else if (auto const* object = value.if_object()) {
        out += '{';
        bool first = true;
        for (auto const& [name, member] : *object) {
            if (!first) out += ',';
            first = false;
            append_quoted(out, name, true);
            out += ':';
            append_compact(out, member);
        }
        out += '}';
    } else {
        append_scalar(out, value, true);
    }
}

void append_pretty(std::string& out, Value const& value, std::size_t indent, bool escape_astral) {
    if (auto const* array = value.if_array()) {
        out += '[';
        for (auto const& element : *array) {
            out += &element == &array->front() ? " " : ", ";
            append_pretty(out, element, indent, escape_astral);
        }
        out += " ]";
    } else if (auto const* object = value.if_object()) {
        if (object->empty()) {
            out += "{ }";
            return;
        }
        out += '{';
        bool first = true;
        for (auto const& [name, member] : *object) {
            out += first ? "\n" : ",\n";
            first = false;
            out.append(indent + 2, ' ');
            append_quoted(out, name, escape_astral);
            out += " : ";
            append_pretty(out, member, indent + 2, escape_astral);
        }
        out += '\n';
        out.append(indent, ' ');
        out += '}';
    } else {
        append_scalar(out, value, escape_astral);
    }
}

} // namespace

std::string write(Value const& value) {
    std::string out;
    append_compact(out, value);
    return out;
}

std::string write_pretty(Value const& value, bool escape_astral) {
    std::string out;
    append_pretty(out, value, 0, escape_astral);
    return out;
}

std::string quoted(std::string_view text) {
    std::string out;
    append_quoted(out, text, true);
    return out;
}

} // namespace heliosd::json
