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

} // namespace

TEST_CASE("json: numbers keep their text") {
    auto const* text = "[0,-0,1.50,1e3,1E+03,9223372036854775807,123456789012345678901234567890,"
                       "1e2147483647,-0.0]";
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
    auto const row = GENERATE(Row{"", "line 1, column 1: incomplete JSON"},
                              Row{"{\n  \"a\": }", "line 2, column 8: syntax error"},
                              Row{"[1,]", "line 1, column 4: syntax error"},
                              Row{"[1 2]", "line 1, column 4: syntax error"},
                              Row{"{\"a\":1,}", "line 1, column 8: syntax error"},
                              Row{"{a:1}", "line 1, column 2: syntax error"},
                              Row{"{\"a\" 1}", "line 1, column 6: syntax error"},
                              Row{"{\"a\":1 \"b\":2}", "line 1, column 8: syntax error"},
                              Row{"'a'", "line 1, column 1: syntax error"},
                              Row{"// c\n1", "line 1, column 1: syntax error"},
                              Row{"NaN", "line 1, column 1: syntax error"},
                              Row{"nul", "line 1, column 4: incomplete JSON"},
                              Row{"nullable", "line 1, column 5: syntax error"},
                              Row{"01", "line 1, column 2: syntax error"},
                              Row{"1.", "line 1, column 3: syntax error"},
                              Row{"-", "line 1, column 2: incomplete JSON"},
                              Row{"1e", "line 1, column 3: incomplete JSON"},
                              Row{"1e2147483648", "line 1, column 12: exponent overflow"},
                              Row{"1e99999999999", "line 1, column 12: exponent overflow"},
                              Row{"+1", "line 1, column 1: syntax error"},
                              Row{"\"a", "line 1, column 3: incomplete JSON"},
                              Row{"\"a\nb\"", "line 1, column 3: syntax error"},
                              Row{"\"\\x\"", "line 1, column 3: syntax error"},
                              Row{"\"\\u12g4\"", "line 1, column 6: expected hex digit"},
                              Row{"\"\xFF\"", "line 1, column 2: syntax error"},
                              Row{"\"\xC0\x80\"", "line 1, column 2: syntax error"},
                              Row{"\"\xED\xA0\x80\"", "line 1, column 2: syntax error"},
                              Row{"[\"ä\",x]", "line 1, column 7: syntax error"},
                              Row{"{", "line 1, column 2: incomplete JSON"});
    INFO(row.text);
    CHECK(failure(row.text) == row.sentence);
    CHECK(json::parse(row.text).error().code == Errc::invalid);
}

TEST_CASE("json: depth and size have limits") {
    auto const nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(json::parse(nested(200)));
    CHECK(failure(nested(201)) == "line 1, column 201: too deep");
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
    CHECK(json::quoted("a\xED\xA0\x80z") == "\"a\uFFFDz\"");
}

TEST_CASE("json: escapes are read, surrogate pairs joined, lone surrogates refused") {
    CHECK(*test::parsed(R"("\"\\\/\b\f\n\r\tAé")").if_string() == "\"\\/\b\f\n\r\tAé");
    CHECK(*test::parsed(R"("\ud83d\ude00")").if_string() == "\U0001F600");
    CHECK(failure(R"("\uD800")") == "line 1, column 8: syntax error");
    CHECK(failure(R"("\uDC00x")") == "line 1, column 8: illegal trailing surrogate");
    CHECK(failure(R"("\uD800\uD83D\uDE00")") == "line 1, column 10: illegal trailing surrogate");
    CHECK(failure(R"("\uD800\u0041")") == "line 1, column 10: illegal trailing surrogate");
    CHECK(failure(R"("\uDE00\uD83D")") == "line 1, column 3: illegal leading surrogate");
}

TEST_CASE("json: a byte order mark is skipped, UTF-16 and UTF-32 are refused") {
    CHECK(rewritten("\xEF\xBB\xBF{\"ä\":\"\U0001F600\"}") == "{\"ä\":\"\\uD83D\\uDE00\"}");
    CHECK(failure("\xEF\xBB\xBF[x]") == "line 1, column 5: syntax error");
    auto const text = GENERATE("\0[\0]"s, "[\0]\0"s, "\xFE\xFF\0[\0]"s, "\xFF\xFE[\0]\0"s,
                               "\0\0\0[\0\0\0]"s, "[\0\0\0]\0\0\0"s, "1\0"s, "\"\0a\0\"\0"s);
    CHECK(json::parse(text).error().code == Errc::invalid);
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
