// SPDX-License-Identifier: Apache-2.0
#include "master/view/member_span.h"

#include "support/catch.h"

namespace heliosd::master {
namespace {

std::string found(std::string_view text, std::string_view name = "job") {
    auto const span = member_span(text, name);
    return span ? std::string(text.substr(span->begin, span->length)) : "-";
}

TEST_CASE("master: a member is found in its document without reading it") {
    CHECK(found(R"({"job":{"a":[1,{"b":"}"}]},"x":1})") == R"({"a":[1,{"b":"}"}]})");
    CHECK(found(R"( { "x" : "job" , "job" : {} } )") == "{}");
    CHECK(found(R"({"x":{"job":1},"job":[2]})") == "[2]");
    CHECK(found(R"({"x":"\"","y":"\\","job":"a\"b"})") == R"("a\"b")");
    CHECK(found(R"({"a":-1.5e3,"b":true,"c":null,"job":7})") == "7");
    CHECK(found(R"({"job":7 ,"a":1})") == "7");
    CHECK(found(R"({"job":null})") == "null");
}

TEST_CASE("master: a document that needs reading is left to the reader") {
    for (auto text : {"", "[]", "{", "{}", R"({"job")", R"({"job":)", R"({"job":{)"})
        CHECK(found(text) == "-");
    CHECK(found(R"({"job":1,"job":2})") == "-");
    CHECK(found(R"({"\u006aob":1})") == "-");
    CHECK(found(R"({"job":"abc)") == "-");
    CHECK(found(R"({"job":]})") == "-");
    CHECK(found(R"({"job":1)") == "-");
    CHECK(found(R"({"a":"\)") == "-");
}

} // namespace
} // namespace heliosd::master
