// SPDX-License-Identifier: Apache-2.0
#include "model/job.h"

#include "support/catch.h"

#include <fmt/format.h>

using namespace heliosd;
using model::validate_image;

namespace {

using Errors = std::vector<std::string>;

std::string component_error(std::string_view image, std::string_view component) {
    return fmt::format("Invalid image name ({}), only ^([a-z0-9._-]+)$ is allowed for each "
                       "slash-separated name component (failed on \"{}\")",
                       image, component);
}

} // namespace

TEST_CASE("model: images that are valid references") {
    auto const image =
        GENERATE("repo", "ns/repo:1.2", "reg.istry:4711/ns/repo", "reg.istry.:4711/repo",
                 "1.2.3.4:4711/repo", "999.1.1.1/x", "localhost/x", "foo@sha256:x",
                 "foo:t@sha256:x", "baz.io:4711/foo/bar:1-x@sha256:2c26", "foo:5000", "foo:5000/x",
                 "foo/", "foo//", "foo:+80/x", "foo:65535/x", "REG.io/x", "reg.io//", "/");
    INFO(image);
    CHECK(validate_image(image) == Errors{});
}

TEST_CASE("model: images that are no references, and why") {
    std::string const repository = R"(Invalid repository name (ex: "registry.domain.tld/myrepos"))";
    struct Row {
        std::string_view image;
        Errors errors;
    };
    auto const row = GENERATE_COPY(
        Row{"", {component_error("", "")}}, Row{"/foo", {component_error("/foo", "")}},
        Row{"foo//bar", {component_error("foo//bar", "")}},
        Row{"Foo", {component_error("Foo", "Foo")}},
        Row{"reg.io/X", {component_error("reg.io/X", "X")}},
        Row{"foo bar", {component_error("foo bar", "foo bar")}}, Row{"foo.bar", {repository}},
        Row{"localhost", {repository}}, Row{"reg.io", {repository}}, Row{"reg.io:80", {repository}},
        Row{"http://reg.io/x", {repository}}, Row{"repo:", {"Tag cannot be empty"}},
        Row{"foo/bar:a b c", {R"(Illegal tag: "a b c", must match [\w][\w.-]{0,127})"}},
        Row{"foo:-a", {R"(Illegal tag: "-a", must match [\w][\w.-]{0,127})"}},
        Row{"foo@", {"Digest cannot be empty"}}, Row{"foo@:1", {R"(Illegal digest: ":1")"}},
        Row{"foo@sha256:", {R"(Illegal digest: "sha256:")"}},
        Row{"foo@sha256:a:b", {R"(Illegal digest: "sha256:a:b")"}},
        Row{"foo@x", {R"(Illegal digest: "x")"}},
        Row{"a@b@c:d", {component_error("a@b@c:d", "a@b")}},
        Row{"1.2.3/x", {R"(Invalid domain name: "1.2.3")"}},
        Row{"1.2.3.4.:1/x", {R"(Invalid domain name: "1.2.3.4.")"}},
        Row{"reg..io/x", {R"(Invalid domain name: "reg..io")"}},
        Row{"foo-.ba/x", {R"(Invalid domain name: "foo-.ba")"}},
        Row{"-.foo/x", {R"(Invalid domain name: "-.foo")"}},
        Row{"./x", {R"(Invalid domain name: ".")"}}, Row{":1/x", {R"(Invalid domain name: "")"}},
        Row{"foo:a/b", {R"(Invalid port in endpoint: "foo:a")"}},
        Row{"reg.io:/x", {R"(Invalid port in endpoint: "reg.io:")"}},
        Row{"reg.io:99999/x", {R"(Invalid port in endpoint: "reg.io:99999")"}},
        Row{"reg.io:99999999999/x", {R"(Invalid port in endpoint: "reg.io:99999999999")"}},
        Row{"foo:-17/x", {R"(Invalid port in endpoint: "foo:-17")"}},
        Row{"reg.io: 80/x", {R"(Invalid port in endpoint: "reg.io: 80")"}},
        Row{"-.foo:x/Y:@",
            {"Digest cannot be empty", "Tag cannot be empty", R"(Invalid domain name: "-.foo")",
             component_error("-.foo:x/Y:@", "Y")}});
    INFO(row.image);
    CHECK(validate_image(row.image) == row.errors);
}

TEST_CASE("model: tags have at most 128 characters, names 255") {
    CHECK(validate_image("a:" + std::string(128, 't')).empty());
    CHECK(validate_image("a:" + std::string(129, 't')).size() == 1);
    CHECK(validate_image(std::string(255, 'a')).empty());
    CHECK(validate_image("reg.io/" + std::string(255, 'a')).empty());
    CHECK(validate_image(std::string(255, 'a') + "/") ==
          Errors{"Invalid image name (" + std::string(255, 'a') +
                 "/), repository name cannot be larger than 255 characters"});
}
