// SPDX-License-Identifier: Apache-2.0
#include "docker/answers.h"
#include "docker/frames.h"
#include "docker/json_lines.h"
#include "docker/pull_stream.h"

#include "base/async/rng.h"
#include "support/catch.h"

namespace heliosd::docker {
namespace {

using Stream = LogChunk::Stream;

std::string frame(char stream, std::string const& payload) {
    std::string bytes{stream, 0, 0, 0};
    for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift & 0xff);
    return bytes + payload;
}

/// What was written to one stream, whatever the pieces.
std::string text_of(std::vector<LogChunk> const& chunks, Stream stream) {
    std::string text;
    for (auto const& chunk : chunks)
        if (chunk.stream == stream) text += chunk.bytes;
    return text;
}

TEST_CASE("frames: output is told apart however the bytes are cut") {
    auto const bytes = frame(1, "out one\n") + frame(2, "err\n") + frame(1, "") +
                       frame(1, std::string(70000, 'x')) + frame(2, "end");
    SeededRng rng{3};
    for (int round = 0; round < 40; ++round) {
        FrameDecoder decoder;
        std::vector<LogChunk> chunks;
        bool good = true;
        for (std::size_t at = 0; at < bytes.size();) {
            auto const length = 1 + rng.below(round < 20 ? 12 : 20000);
            good &= decoder.feed(std::string_view(bytes).substr(at, length), chunks).has_value();
            at += length;
        }
        REQUIRE(good);
        REQUIRE(decoder.finish());
        REQUIRE(text_of(chunks, Stream::out) == "out one\n" + std::string(70000, 'x'));
        REQUIRE(text_of(chunks, Stream::err) == "err\nend");
    }
}

TEST_CASE("frames: an end in the middle and a stream that has no frames are errors") {
    std::vector<LogChunk> chunks;
    FrameDecoder cut;
    REQUIRE(cut.feed(frame(1, "hello").substr(0, 10), chunks));
    CHECK(text_of(chunks, Stream::out) == "he");
    CHECK(cut.finish().error().code == EngineErrc::broken);

    FrameDecoder head_cut;
    REQUIRE(head_cut.feed("\x01", chunks));
    CHECK(head_cut.finish().error().code == EngineErrc::broken);

    FrameDecoder terminal;
    auto const fed = terminal.feed("plain text of a terminal", chunks);
    REQUIRE(!fed);
    CHECK(fed.error().code == EngineErrc::bad_answer);
}

TEST_CASE("json lines: documents come out whole however the bytes are cut") {
    std::string const bytes = "{\"n\":0}\r\n\n{\"n\":1}\n{\"n\":2}";
    for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
        JsonLines lines;
        std::string seen;
        auto const take = [&] {
            for (;;) {
                auto document = lines.next();
                REQUIRE(document);
                if (!*document) return;
                seen += json::write(**document);
            }
        };
        for (std::size_t at = 0; at < bytes.size(); at += cut) {
            lines.feed(std::string_view(bytes).substr(at, cut));
            take();
        }
        CHECK(seen == R"({"n":0}{"n":1})");
        lines.finish();
        take();
        CHECK(seen == R"({"n":0}{"n":1}{"n":2})");
    }
}

TEST_CASE("json lines: a broken line is an error of its own, a line without end as well") {
    JsonLines lines;
    lines.feed("{\"a\":\n{\"n\":1}\n");
    CHECK(lines.next().error().code == EngineErrc::bad_answer);
    CHECK(lines.next().value().has_value());
    CHECK(!lines.next().value().has_value());
    lines.feed(std::string(JsonLines::max_line + 1, ' '));
    CHECK(lines.next().error().code == EngineErrc::bad_answer);
    CHECK(!lines.next().value().has_value());
}

std::optional<Event> event(std::string_view text) {
    return event_from_json(json::parse(text).value()).value();
}

TEST_CASE("events: the end of a container as Docker 20.10 tells it") {
    auto const die =
        event(R"({"status":"die","id":"4f7","from":"busybox","Type":"container","Action":"die",)"
              R"("Actor":{"ID":"4f7","Attributes":{"exitCode":"3","image":"busybox","name":"x",)"
              R"("helios.agent.id":"h"}},"scope":"local","time":1700000000,)"
              R"("timeNano":1700000000123456789})");
    REQUIRE(die);
    CHECK(die->action == "die");
    CHECK(die->container_id == "4f7");
    CHECK(die->attributes.at("exitCode") == "3");
    CHECK(die->attributes.at("helios.agent.id") == "h");
    CHECK(die->time_nano == 1700000000123456789);
}

TEST_CASE("events: members may be missing, other things than containers are passed over") {
    auto const old = event(R"({"status":"start","id":"4f7","time":1700000000})");
    REQUIRE(old);
    CHECK(old->action == "start");
    CHECK(old->time_nano == 1700000000000000000);
    CHECK(!event(R"({"Type":"network","Action":"connect","Actor":{"ID":"n"}})"));
    CHECK(!event(R"({"Type":"container","Action":"start"})"));
    CHECK(!event(R"({"Type":"container","Actor":{"ID":"4f7","Attributes":null}})"));
    CHECK(event(R"({"Action":"die","Actor":{"ID":"x","Attributes":{"exitCode":1}}})"));
    CHECK(!event_from_json(json::parse("[1]").value()));
}

TEST_CASE("pull: what is asked for") {
    std::vector<std::pair<std::string_view, PullTarget>> const table{
        {"busybox", {"busybox", "latest"}},
        {"busybox:1.36", {"busybox", "1.36"}},
        {"reg:5000/web", {"reg:5000/web", "latest"}},
        {"reg:5000/web:1.0", {"reg:5000/web", "1.0"}},
        {"web@sha256:abc", {"web@sha256:abc", ""}},
        {"reg:5000/web:1.0@sha256:abc", {"reg:5000/web:1.0@sha256:abc", ""}},
    };
    for (auto const& [image, target] : table) {
        INFO(image);
        CHECK(pull_target(image) == target);
    }
}

TEST_CASE("pull: a missing image is told from a registry that cannot be asked") {
    std::vector<std::string_view> const missing{
        "manifest for busybox:nope not found: manifest unknown: manifest unknown",
        "manifest unknown",
        "name unknown: repository name not known to registry",
        "pull access denied for nope, repository does not exist or may require 'docker login': "
        "denied: requested access to the resource is denied",
        "Error: image library/nope:latest not found",
        "manifest for reg/x509:v1 not found: manifest unknown: manifest unknown",
    };
    for (auto const text : missing) {
        INFO(text);
        CHECK(classify_pull_error(text) == EngineErrc::image_not_found);
    }
    std::vector<std::string_view> const failed{
        "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
        "Get \"https://nowhere.invalid/v2/\": dial tcp: lookup nowhere.invalid: no such host",
        "Get \"https://reg/v2/\": x509: certificate signed by unknown authority",
        "unauthorized: authentication required",
        "no basic auth credentials",
        "toomanyrequests: You have reached your pull rate limit",
        "received unexpected HTTP status: 404 Not Found",
        "error getting credentials - err: exec: \"docker-credential-x\": executable file not found",
        "unexpected EOF",
        "write /var/lib/docker/tmp/x: no space left on device",
    };
    for (auto const text : failed) {
        INFO(text);
        CHECK(classify_pull_error(text) == EngineErrc::pull_failed);
    }
}

TEST_CASE("pull: progress is passed on until the first error") {
    std::vector<std::string> seen;
    PullDecoder decoder(
        [&](PullProgress const& p) { seen.push_back(p.id + "|" + p.status + "|" + p.progress); });
    CHECK(
        decoder.feed("{\"status\":\"Pulling from busybox\",\"id\":\"v1\"}\r\n{\"status\":\"Down"));
    CHECK(decoder.feed("loading\",\"id\":\"cf05\",\"progress\":\"[=>] 1kB/2kB\"}\r\n"));
    auto const end = decoder.feed("{\"errorDetail\":{\"message\":\"unexpected EOF\"},"
                                  "\"error\":\"unexpected EOF\"}\r\n{\"status\":\"never\"}\r\n");
    REQUIRE(!end);
    CHECK(end.error().code == EngineErrc::pull_failed);
    CHECK(end.error().message == "unexpected EOF");
    CHECK(seen ==
          std::vector<std::string>{"v1|Pulling from busybox|", "cf05|Downloading|[=>] 1kB/2kB"});
}

} // namespace
} // namespace heliosd::docker
