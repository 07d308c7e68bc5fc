// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "support/catch.h"

namespace heliosd::store {
namespace {

TEST_CASE("store: paths are ZooKeeper's") {
    for (auto const* good : {"/", "/a", "/a/b", "/a/...", "/a/.b", "/a b", "/\xc3\xa9", "/a:1:f"}) {
        CAPTURE(good);
        CHECK(is_valid_path(good));
    }
    for (auto const* bad : {"", "a", "//", "/a/", "/a//b", "/.", "/a/..", "/a/./b", "/a\x7f",
                            "/a\tb", "/\xc2\x80", "/\xed\xa0\x80", "/\xef\xbf\xbf"}) {
        CAPTURE(bad);
        CHECK(!is_valid_path(bad));
    }
    CHECK(!is_valid_path(std::string_view("/a\0b", 4)));
}

TEST_CASE("store: paths are joined and taken apart") {
    CHECK(join("/", "a") == "/a");
    CHECK(join("/a", "b") == "/a/b");
    CHECK(join("/a", "/b") == "/a/b");
    CHECK(join("/a", "") == "/a");
    CHECK(parent("/a/b") == "/a");
    CHECK(parent("/a") == "/");
    CHECK(parent("/") == "/");
    CHECK(basename("/a/b") == "b");
    CHECK(basename("/") == "");
}

} // namespace
} // namespace heliosd::store
