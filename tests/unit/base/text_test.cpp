// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include "support/catch.h"

using namespace heliosd;

TEST_CASE("text: split keeps empty parts, Java's split drops those at the end") {
    using Parts = std::vector<std::string_view>;
    CHECK(text::split("a:b::", ':') == Parts{"a", "b", "", ""});
    CHECK(text::split("", ':') == Parts{""});
    CHECK(text::split_java("a:b::", ':') == Parts{"a", "b"});
    CHECK(text::split_java("::c", ':') == Parts{"", "", "c"});
    CHECK(text::split_java("", ':') == Parts{""});
    CHECK(text::split_java(":", ':').empty());
}

TEST_CASE("text: words are trimmed, joined and change case in ASCII only") {
    CHECK(text::trim(" \t a b\n") == "a b");
    CHECK(text::trim(" ").empty());
    CHECK(text::to_upper("aÄz-9") == "AÄZ-9");
    CHECK(text::to_lower("AÄZ-9") == "aÄz-9");
    CHECK(text::join({"a", "", "b"}, ", ") == "a, , b");
    CHECK(text::join({}, ", ").empty());
}

TEST_CASE("text: every code point survives UTF-8") {
    for (char32_t c = 0; c < text::malformed; ++c) {
        std::string bytes;
        text::append_utf8(bytes, c);
        std::string_view rest = bytes;
        if (text::take_code_point(rest) != c || !rest.empty()) FAIL("U+" << std::hex << +c);
    }
}

TEST_CASE("text: bytes outside of UTF-8 are taken one at a time") {
    for (std::string_view const bytes : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE2\x82",
                                         "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5", "\xC3x"}) {
        auto rest = bytes;
        CHECK(text::take_code_point(rest) == text::malformed);
        CHECK(rest == bytes.substr(1));
    }
    CHECK(text::to_utf16("a\xFF\U0001F600") == u"a\uFFFD\U0001F600");
}
