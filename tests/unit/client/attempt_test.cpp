// SPDX-License-Identifier: Apache-2.0
#include "client/attempt.h"
#include "support/catch.h"

using namespace heliosd;
using client::Attempt;
using client::failure_of;

namespace {

Attempt attempt_at(std::string const& address) {
    return {.method = "PUT",
            .address = client::parse_master_address(address, "-z").value(),
            .target = "/x?user=mia"};
}

net::FullResponse answer(int status, std::string body, std::string const& type = "") {
    net::FullResponse response{.status = status, .body = std::move(body)};
    if (!type.empty()) response.headers.add("Content-Type", type);
    return response;
}

} // namespace

TEST_CASE("client: what a failed attempt means") {
    struct Row {
        char const* reason;
        Errc code;
        std::string address;
        bool repeatable, maybe_done;
        std::string sentence;
    };
    auto const unable = [](std::string const& address) {
        return "Unable to connect to master: " + address + "/x?user=mia (why)";
    };
    std::string const m = "http://m:1";
    auto const row = GENERATE_COPY(values<Row>({
        {"the next attempt may find a master", Errc::unavailable, m, true, false, unable(m)},
        {"a wrong port, or a daemon that does not run", Errc::unavailable, "http://127.0.0.1:1",
         false, false, unable("http://127.0.0.1:1") + "; nothing listens there"},
        {"the same by IPv6", Errc::unavailable, "http://[::1]:1", false, false,
         unable("http://[::1]:1") + "; nothing listens there"},
        {"the same by name", Errc::unavailable, "http://localhost:1", false, false,
         unable("http://localhost:1") + "; nothing listens there"},
        {"no loopback address, though it looks like one", Errc::unavailable, "http://127.net:1",
         true, false, unable("http://127.net:1")},
        {"silence on a loopback address is a master that hangs", Errc::timed_out,
         "http://127.0.0.1:1", true, true, unable("http://127.0.0.1:1")},
        {"no such host", Errc::not_found, m, false, false, unable(m)},
        {"no HTTP", Errc::invalid, m, false, false,
         unable(m) + "; is this the address of a Helios master?"},
        {"the request may have been carried out", Errc::closed, m, true, true,
         "Unexpected error connecting to http://m:1/x?user=mia: the connection broke in mid-answer "
         "(why)"},
        {"the next answer would be as long", Errc::too_large, m, false, false,
         "The answer to http://m:1/x?user=mia is too large (why); ask for less, with a pattern or "
         "with --job and --host"},
    }));
    CAPTURE(row.reason);
    auto const failure = failure_of(attempt_at(row.address), fail(row.code, "why"));
    REQUIRE(failure);
    CHECK(failure->error.message == row.sentence);
    CHECK(failure->error.code == row.code);
    CHECK(failure->repeatable == row.repeatable);
    CHECK(failure->maybe_done == row.maybe_done);
}

TEST_CASE("client: with other addresses, or when told to, a refused attempt is repeated") {
    auto attempt = attempt_at("http://127.0.0.1:1");
    attempt.only_address = false;
    CHECK(failure_of(attempt, fail(Errc::unavailable, ""))->repeatable);
    CHECK(failure_of(attempt, fail(Errc::not_found, ""))->repeatable);
    attempt.only_address = true;
    attempt.repeat_refused = true;
    CHECK(failure_of(attempt, fail(Errc::unavailable, ""))->repeatable);
    CHECK_FALSE(failure_of(attempt, fail(Errc::not_found, ""))->repeatable);
}

TEST_CASE("client: only answers that leave the outcome open are no answers") {
    auto attempt = attempt_at("http://m:1");
    auto const open = answer(503, "the change may or may not have been made");
    for (int status : {200, 400, 404, 500, 503})
        CHECK_FALSE(failure_of(attempt, answer(status, "")));
    CHECK(failure_of(attempt, answer(502, ""))->maybe_done);
    CHECK(failure_of(attempt, open)->maybe_done);
    attempt.method = "GET";
    CHECK_FALSE(failure_of(attempt, open));
    attempt.method = "PUT";
    attempt.maybe_done = true;
    CHECK(failure_of(attempt, answer(500, "no connection"))->maybe_done);
    CHECK_FALSE(failure_of(attempt, answer(400, "refused")));
}

TEST_CASE("client: an answer is shown as the reference does, unless it is no master's") {
    auto const attempt = attempt_at("http://m:1/prefix");
    auto master = answer(500, "<html>", "text/html");
    master.headers.add("helios-version-status", "EQUAL");
    CHECK(client::shown(attempt, master) ==
          "Response{method='PUT', uri=http://helios/x?user=mia, status=500, payload='<html>', "
          "headers={Content-Type=[text/html], helios-version-status=[EQUAL]}}");
    for (auto const* type : {"", "application/json", "Application/Problem+JSON"})
        CHECK(client::shown(attempt, answer(500, "", type)).starts_with("Response{"));

    auto const foreign = [&](std::string body) {
        auto const text = client::shown(attempt, answer(404, std::move(body), "text/plain"));
        std::string const start = "http://m:1/prefix/x?user=mia answers 404 Not Found with "
                                  "text/plain";
        std::string const end = "; is this the address of a Helios master?";
        REQUIRE(text.starts_with(start));
        REQUIRE(text.ends_with(end));
        return text.substr(start.size(), text.size() - start.size() - end.size());
    };
    CHECK(foreign("") == "");
    CHECK(foreign("<b></b>\n") == "");
    CHECK(foreign("<h1>Not\r\n<i>here</i></h1>") == ": \"Not here\"");
    CHECK(foreign(std::string(79, 'a') + " b") == ": \"" + std::string(79, 'a') + " ...\"");
    CHECK(foreign(std::string(79, 'a') + "\u00e4") == ": \"" + std::string(79, 'a') + " ...\"");
    CHECK(foreign(std::string(99, 'a') + " b") == ": \"" + std::string(80, 'a') + " ...\"");
}

TEST_CASE("client: the age of a state that is not current is a number of seconds") {
    auto response = answer(200, "");
    CHECK_FALSE(client::stale_for(response));
    response.headers.add("x-helios-stale", "12");
    CHECK(client::stale_for(response) == std::chrono::seconds{12});
    response.headers.set("X-Helios-Stale", "long");
    CHECK_FALSE(client::stale_for(response));
}
