// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include "base/async/rng.h"
#include "support/catch.h"

using namespace heliosd;
using namespace std::string_literals;

TEST_CASE("hash: SHA-1 of the published examples") {
    CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1_hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("hash: base64 of the published examples, both ways") {
    std::pair<std::string, std::string> const rows[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xFB\xFF\0"s, "+/8A"}};
    for (auto const& [bytes, text] : rows) {
        CHECK(base64_encode(bytes) == text);
        CHECK(base64_decode(text) == bytes);
    }
}

TEST_CASE("hash: what is not padded base64 is refused") {
    for (auto const* text :
         {"Z", "Zg", "Zg=", "Zg=a", "====", "Z===", "Zm9v=", "Zm-v", "Zm 9", "Zg==Zg=="})
        CHECK(base64_decode(text) == std::nullopt);
}
