// SPDX-License-Identifier: Apache-2.0
#include "net/http/http.h"

#include "net/http/uri.h"
#include "support/catch.h"

namespace heliosd::net {
namespace {

TEST_CASE("net: header names compare without case and keep the case they were written in") {
    Headers headers;
    headers.add("Helios-Version", "0.9.283");
    headers.add("helios-version", "second");
    REQUIRE(headers.find("HELIOS-VERSION"));
    CHECK(*headers.find("HELIOS-VERSION") == "0.9.283");
    CHECK(headers.begin()->first == "Helios-Version");

    headers.set("helios-Version", "only");
    CHECK(headers.end() - headers.begin() == 1);
    CHECK(headers.begin()->first == "helios-Version");
    CHECK(!headers.contains("Helios"));
}

TEST_CASE("net: percent escapes are undone once, and malformed ones are noticed") {
    CHECK(percent_decode("a%20b%2Fc%41") == "a b/cA");
    CHECK(percent_decode("%2541") == "%41");
    CHECK(percent_decode("a+b") == "a+b");
    CHECK(percent_decode("a+b", true) == "a b");
    CHECK(percent_decode("") == "");
    CHECK(!percent_decode("%"));
    CHECK(!percent_decode("%4"));
    CHECK(!percent_decode("%zz"));
    CHECK(!percent_decode("a%2"));
}

TEST_CASE("net: what is encoded decodes to itself, whatever the bytes") {
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    CHECK(percent_decode(percent_encode(every)) == every);
    CHECK(percent_decode(percent_encode(every), true) == every);
    CHECK(percent_encode("a:b/c d", ":") == "a:b%2Fc%20d");
}

TEST_CASE("net: a query follows the form rules") {
    Query const query("a=1&b=x=y&a=2&c&=e&&d=%zz&plus=a+b&text=%C3%A4&raw=a(b,c)!");
    CHECK(*query.find("a") == "1");
    CHECK(query.all("a") == std::vector<std::string>{"1", "2"});
    CHECK(*query.find("b") == "x=y");
    CHECK(*query.find("c") == "");
    CHECK(*query.find("") == "e");
    CHECK(query.find("d") == nullptr);
    CHECK(*query.find("plus") == "a b");
    CHECK(*query.find("text") == "ä");
    CHECK(*query.find("raw") == "a(b,c)!");
    CHECK(query.find("missing") == nullptr);
    CHECK(Query("").find("") == nullptr);
}

} // namespace
} // namespace heliosd::net
