// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include "support/catch.h"
#include "support/data.h"

using namespace heliosd;
using namespace std::string_literals;

namespace {

std::string rewritten(std::string_view text) {
    return json::write(test::parsed(text));
}

std::string failure(std::string_view text, json::Limits limits = {}) {
    auto const value = json::parse(text, limits);
    return value ? "accepted" : value.error().message;
}

std::string utf16(std::u16string_view text, bool big_endian) {
    std::string out;
    for (auto const unit : text) {
        char const high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
        out += {big_endian ? high : low, big_endian ? low : high};
    }
    return out;
}

} // namespace

TEST_CASE("json: numbers keep their text") {
    auto const* text = "[0,-0,1.50,1e3,1E+03,9223372036854775807,123456789012345678901234567890,"
                       "1e99999999999,-0.0]";
    CHECK(rewritten(text) == text);
}

TEST_CASE("json: an integer of 64 bits is an integer, everything else is not") {
    CHECK(test::parsed("9223372036854775807").if_integer() == 9223372036854775807);
    CHECK(test::parsed("-9223372036854775808").if_integer() == INT64_MIN);
    CHECK(test::parsed("9223372036854775808").if_integer() == std::nullopt);
    CHECK(test::parsed("1.0").if_integer() == std::nullopt);
    CHECK(test::parsed("\"1\"").if_integer() == std::nullopt);
    CHECK(json::Value(INT64_MIN).if_integer() == INT64_MIN);
}

TEST_CASE("json: the last value of a repeated name wins, in the place of the first") {
    CHECK(rewritten(R"({"a":1,"b":2,"a":3,"c":4,"b":{"x":5}})") == R"({"a":3,"b":{"x":5},"c":4})");
}

TEST_CASE("json: text after the first value is ignored") {
    CHECK(rewritten(" {} x") == "{}");
    CHECK(rewritten("1 2") == "1");
    CHECK(rewritten("\"a\"}") == "\"a\"");
}

TEST_CASE("json: what is not JSON is refused with line and column") {
    struct Row {
        std::string_view text, sentence;
    };
    auto const row = GENERATE(
        Row{"", "line 1, column 1: expected a value, but the text ends"},
        Row{"{\n  \"a\": }", "line 2, column 8: expected a value, found '}'"},
        Row{"[1,]", "line 1, column 4: expected a value, found ']'"},
        Row{"[1 2]", "line 1, column 4: expected ',' or ']', found '2'"},
        Row{"{\"a\":1,}", "line 1, column 8: expected a name in double quotes, found '}'"},
        Row{"{a:1}", "line 1, column 2: expected a name in double quotes, found 'a'"},
        Row{"{\"a\" 1}", "line 1, column 6: expected ':', found '1'"},
        Row{"{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}', found '\"'"},
        Row{"'a'", "line 1, column 1: expected a value, found '''"},
        Row{"// c\n1", "line 1, column 1: expected a value, found '/'"},
        Row{"NaN", "line 1, column 1: expected a value, found 'N'"},
        Row{"nul", "line 1, column 1: expected a value, found 'n'"},
        Row{"nullable", "line 1, column 5: unexpected character after null"},
        Row{"01", "line 1, column 2: unexpected character in a number"},
        Row{"1.", "line 1, column 3: expected a digit, but the text ends"},
        Row{"-", "line 1, column 2: expected a digit, but the text ends"},
        Row{"1e", "line 1, column 3: expected a digit, but the text ends"},
        Row{"+1", "line 1, column 1: expected a value, found '+'"},
        Row{"\"a", "line 1, column 3: expected '\"', but the text ends"},
        Row{"\"a\nb\"", "line 1, column 3: control character in a string: write it as an escape"},
        Row{"\"\\x\"",
            "line 1, column 3: expected one of \"\\/bfnrtu after the backslash, found 'x'"},
        Row{"\"\\u12g4\"", "line 1, column 6: expected a hexadecimal digit, found 'g'"},
        Row{"\"\xFF\"", "line 1, column 2: not well-formed UTF-8"},
        Row{"\"\xC0\x80\"", "line 1, column 2: not well-formed UTF-8"},
        Row{"\"\xED\xA0\x80\"", "line 1, column 2: not well-formed UTF-8"},
        Row{"[\"ä\",x]", "line 1, column 7: expected a value, found 'x'"},
        Row{"{", "line 1, column 2: expected a name in double quotes, but the text ends"});
    INFO(row.text);
    CHECK(failure(row.text) == row.sentence);
    CHECK(json::parse(row.text).error().code == Errc::invalid);
}

TEST_CASE("json: depth and size have limits") {
    auto const nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(json::parse(nested(200)));
    CHECK(failure(nested(201)) == "line 1, column 201: nested deeper than 200 levels");
    CHECK(json::parse(std::string(1'000'000, '[')).error().code == Errc::too_large);
    CHECK(json::parse("[1,2]", {.bytes = 5}));
    CHECK(failure("[1,2] ", {.bytes = 5}) == "6 bytes of JSON are more than the 5 allowed");
    CHECK(json::parse("[1,2] ", {.bytes = 5}).error().code == Errc::too_large);
}

TEST_CASE("json: an object of very many names is read in good time") {
    std::string text = "{";
    for (int i = 0; i < 60'000; ++i) text += '"' + std::to_string(i % 50'000) + "\":1,";
    text.back() = '}';
    auto const value = test::parsed(text);
    CHECK(value.if_object()->size() == 50'000);
}

TEST_CASE("json: strings are escaped as the reference does") {
    CHECK(json::quoted("\"\\/\b\t\n\f\r\x1b\x7f<>&'"s) ==
          "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u001B\x7f<>&'\"");
    CHECK(json::quoted("ä\u2028\uFFFD") == "\"ä\u2028\uFFFD\"");
    CHECK(json::quoted("\U0001F600") == "\"\\uD83D\\uDE00\"");
    CHECK(json::quoted("\0"s) == "\"\\u0000\"");
    CHECK(json::quoted("a\xFFz") == "\"a\uFFFDz\"");
}

TEST_CASE("json: escapes are read, surrogate pairs joined, lone surrogates kept") {
    CHECK(*test::parsed(R"("\"\\\/\b\f\n\r\tAé")").if_string() == "\"\\/\b\f\n\r\tAé");
    CHECK(*test::parsed(R"("\ud83d\ude00")").if_string() == "\U0001F600");
    for (auto const* text : {R"("\uD800")", R"("\uDC00x")", R"("\uD800\uD83D\uDE00")",
                             R"("\uD800\u0041")", R"("\uDE00\uD83D")"})
        CHECK(rewritten(text) ==
              (text == std::string(R"("\uD800\u0041")") ? R"("\uD800A")" : text));
}

TEST_CASE("json: UTF-16, UTF-32 and byte order marks are recognised") {
    auto const expected = "{\"ä\":\"\\uD83D\\uDE00\"}";
    std::u16string const text = u"{\"ä\":\"\U0001F600\"}";
    CHECK(rewritten("\xEF\xBB\xBF{\"ä\":\"\U0001F600\"}") == expected);
    for (bool const big_endian : {true, false}) {
        CHECK(rewritten(utf16(text, big_endian)) == expected);
        CHECK(rewritten(utf16(u"\uFEFF" + text, big_endian)) == expected);
    }
    CHECK(rewritten("\0\0\0[\0\0\0]"s) == "[]");
    CHECK(rewritten("[\0\0\0]\0\0\0"s) == "[]");
    CHECK(rewritten("\xFF\xFE\0\0[\0\0\0]\0\0\0"s) == "[]");
    CHECK(rewritten("1\0"s) == "1");
    CHECK(failure("[\0]"s) == "the text is not well-formed UTF-16");
    CHECK(failure(utf16(u"\"\xD800\"", true)) == "the text is not well-formed UTF-16");
    CHECK(failure("\0\0\0[\0\x11\0\0"s) == "the text is not well-formed UTF-32");
}

TEST_CASE("json: the pretty form is that of the reference") {
    auto const value = test::parsed(
        R"({"a":[],"b":{},"c":[1,"x",[true]],"d":{"e":null},"f":[{"g":1},{}],"h":"\ud83d\ude00"})");
    CHECK(json::write_pretty(value) == R"({
  "a" : [ ],
  "b" : { },
  "c" : [ 1, "x", [ true ] ],
  "d" : {
    "e" : null
  },
  "f" : [ {
    "g" : 1
  }, { } ],
  "h" : ")"
                                       "\U0001F600\"\n}");
    CHECK(json::write_pretty("\U0001F600", true) == R"("\uD83D\uDE00")");
    CHECK(json::write_pretty(json::Array{}) == "[ ]");
}

TEST_CASE("json: names are sorted by UTF-16 code units at every level") {
    CHECK(json::write(json::sorted(test::parsed("{\"b\":[{\"z\":1,\"y\":2}],\"\uFFFD\":1,"
                                                "\"\U0001F600\":2,\"a\":{\"d\":1,\"c\":2}}"))) ==
          "{\"a\":{\"c\":2,\"d\":1},\"b\":[{\"y\":2,\"z\":1}],\"\\uD83D\\uDE00\":2,\"\uFFFD\":1}");
    CHECK(json::utf16_less("a", "b"));
    CHECK(json::utf16_less("a", "aa"));
    CHECK_FALSE(json::utf16_less("a", "a"));
    CHECK(json::utf16_less("\U0001F600", "\uE000"));
    CHECK_FALSE(json::utf16_less("\uE000", "\U0001F600"));
    CHECK(json::utf16_less("\uD7FF", "\U00010000"));
}

TEST_CASE("json: an object is changed in place") {
    json::Object object{{"a", 1}, {"b", "x"}};
    object.set("a", 2);
    object.set("c", json::Array{nullptr, true});
    CHECK(object.erase("b"));
    CHECK_FALSE(object.erase("b"));
    CHECK(json::write(object) == R"({"a":2,"c":[null,true]})");
    json::Value const value = object;
    CHECK(value.find("c")->kind() == "list");
    CHECK(value.find("b") == nullptr);
    CHECK(json::Value(1).find("a") == nullptr);
    CHECK(json::Value(std::optional<int>{}).is_null());
    CHECK(json::Value(std::optional<int>{3}).if_integer() == 3);
}
