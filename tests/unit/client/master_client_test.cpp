// SPDX-License-Identifier: Apache-2.0
#include "client/master_client.h"
#include "net/http/in_process.h"
#include "support/catch.h"
#include "support/data.h"
#include "support/run.h"

#include <fmt/format.h>

using namespace heliosd;
using namespace std::chrono_literals;
using client::MasterClient;

namespace {

net::Endpoint const first{.host = "m1", .port = 5801};
net::Endpoint const second{.host = "m2", .port = 5801};
auto const shop = model::JobId::parse("shop:2.1:244a73d9d0559ad94b424a40941ec95367dda376").value();

Async<net::Response> done(net::Response response) {
    co_return response;
}

/// A client, two addresses, and what arrived at them.
struct Setting {
    test::World world;
    net::InProcessHttp http{world.clock};
    SeededRng rng{1};
    std::vector<net::Request> requests;
    std::vector<std::string> places;
    std::vector<int> arrivals; ///< seconds after the start
    std::vector<std::string> warnings;
    std::vector<net::Response> scripted; ///< the next answers; the last one stays
    SteadyTime start = world.clock.now();
    client::Options options{.addresses = {{.endpoint = first}}, .user = "mia"};

    Setting() {
        options.warn = [this](std::string const& sentence) { warnings.push_back(sentence); };
        serve(first);
    }

    void serve(net::Endpoint const& endpoint) {
        http.serve(endpoint, [this, endpoint](net::Request request, net::Context) {
            requests.push_back(std::move(request));
            places.push_back(endpoint.host);
            arrivals.push_back(static_cast<int>((world.clock.now() - start) / 1s));
            auto const& next = scripted.front();
            net::Response response{.status = next.status, .headers = next.headers};
            response.body = std::get<std::string>(next.body);
            if (scripted.size() > 1) scripted.erase(scripted.begin());
            return done(std::move(response));
        });
    }

    void answer(int status, std::string body) {
        net::Response response{.status = status};
        response.body = std::move(body);
        scripted.push_back(std::move(response));
    }

    MasterClient client() { return MasterClient(http, world.clock, rng, options); }
};

/// Fails each call after a while, and remembers when calls came.
class DeadHttp final : public net::HttpClient {
public:
    explicit DeadHttp(Clock& clock) : clock_(clock), start_(clock.now()) {}

    Async<Result<net::FullResponse>> call(net::Endpoint, net::Request,
                                          net::CallOptions limits) override {
        attempts.push_back((clock_.now() - start_) / 1s);
        options = limits;
        co_await clock_.sleep(length);
        co_return fail(code, "connection refused");
    }
    Async<Result<net::StreamedResponse>> open(net::Endpoint, net::Request,
                                              net::CallOptions) override {
        co_return fail(Errc::invalid, "not used");
    }

    std::vector<std::int64_t> attempts;
    Duration length{};
    std::error_code code = Errc::unavailable;
    net::CallOptions options;

private:
    Clock& clock_;
    SteadyTime start_;
};

} // namespace

TEST_CASE("client: a request names its user and version, and its body as JSON") {
    Setting s;
    s.answer(200, R"({"status":"OK","job":"x","host":"a b"})");
    auto client = s.client();
    auto const answer =
        s.world.run(client.deploy("a b", shop, model::Goal::start, "t&x+#")).value();
    CHECK(answer.outcome() == "OK");
    auto const& request = s.requests.at(0);
    CHECK(request.method == "PUT");
    CHECK(request.target == "/hosts/a%20b/jobs/shop:2.1:244a73d9d0559ad94b424a40941ec95367dda376"
                            "?token=t%26x%2B%23&user=mia");
    CHECK(request.body ==
          R"({"deployerUser":null,"goal":"START","jobId":")" + shop.to_string() + "\"}");
    CHECK(*request.headers.find("Helios-Version") == "0.9.283");
    CHECK(*request.headers.find("Content-Type") == "application/json");
    CHECK(*request.headers.find("Charset") == "utf-8");
}

TEST_CASE("client: parameters are left out when empty, but never the token") {
    Setting s;
    s.answer(200, "{}");
    auto client = s.client();
    s.world.run(client.jobs("")).value();
    s.world.run(client.jobs("a b", "n.*")).value();
    (void)s.world.run(client.delete_job(shop, ""));
    CHECK(s.requests.at(0).target == "/jobs?user=mia");
    CHECK(s.requests.at(1).target == "/jobs?hostPattern=n.%2A&q=a%20b&user=mia");
    CHECK(s.requests.at(2).target == "/jobs/" + shop.to_string() + "?token=&user=mia");
}

TEST_CASE("client: a prefix of the address stands before every path") {
    Setting s;
    s.options.addresses = {client::parse_master_address("http://m1:5801/helios/", "-z").value()};
    s.answer(200, R"("0.9.283")");
    auto client = s.client();
    CHECK(s.world.run(client.version()).value() == "0.9.283");
    CHECK(s.requests.at(0).target == "/helios/version/?user=mia");
}

TEST_CASE("client: attempts are repeated at the times of the reference") {
    auto const cases = test::data_json("cli-cases.json");
    std::size_t tried = 0;
    for (auto const& entry : *cases.if_array()) {
        if (*entry.find("function")->if_string() != "retry-attempt-times") continue;
        INFO(json::write(entry));
        auto const& input = *entry.find("input");
        auto seconds = [&](char const* name) {
            return std::chrono::seconds{input.find(name)->if_integer().value()};
        };
        test::World world;
        DeadHttp http(world.clock);
        http.length = seconds("attemptSeconds");
        SeededRng rng(1);
        MasterClient client(http, world.clock, rng,
                            {.addresses = {{.endpoint = first}},
                             .retry_limit = seconds("retryTimeoutSeconds"),
                             .retry_delay = seconds("delaySeconds")});
        CHECK(world.run(client.masters()).error().code == Errc::unavailable);
        json::Array times;
        for (auto attempt : http.attempts) times.emplace_back(attempt);
        CHECK(json::Value(times) == *entry.find("expected"));
        ++tried;
    }
    CHECK(tried == 3);
}

TEST_CASE("client: limits reach the connection, and none means none") {
    test::World world;
    DeadHttp http(world.clock);
    SeededRng rng(1);
    client::Options options{.addresses = {{.endpoint = first}}, .retry_limit = 0s};
    options.attempt_limit = 7s;
    MasterClient seven(http, world.clock, rng, options);
    (void)world.run(seven.masters());
    CHECK(http.options.connect_limit == 7s);
    CHECK(http.options.idle_limit == Duration(7s));
    options.attempt_limit.reset();
    MasterClient endless(http, world.clock, rng, options);
    (void)world.run(endless.masters());
    CHECK_FALSE(http.options.idle_limit.has_value());
    (void)world.run(endless.version());
    CHECK(http.options.idle_limit == Duration(5s));
}

TEST_CASE("client: what is not HTTP is not asked again") {
    test::World world;
    DeadHttp http(world.clock);
    http.code = Errc::invalid;
    SeededRng rng(1);
    MasterClient client(http, world.clock, rng, {.addresses = {{.endpoint = first}}});
    auto const error = world.run(client.masters()).error();
    CHECK(http.attempts.size() == 1);
    CHECK(
        error.message ==
        "Unable to connect to master: http://m1:5801/masters/?user= (connection refused); is this "
        "the address of a Helios master?");
}

TEST_CASE("client: a host that does not exist is not asked again, unless there are others") {
    test::World world;
    DeadHttp http(world.clock);
    http.code = Errc::not_found;
    SeededRng rng(1);
    MasterClient client(http, world.clock, rng, {.addresses = {{.endpoint = first}}});
    auto const error = world.run(client.masters()).error();
    CHECK(http.attempts.size() == 1);
    CHECK(error.code == Errc::not_found);
    CHECK(error.message.starts_with("Unable to connect to master: http://m1:5801/"));

    MasterClient two(http, world.clock, rng,
                     {.addresses = {{.endpoint = first}, {.endpoint = second}}, .retry_limit = 9s});
    CHECK(world.run(two.masters()).error().code == Errc::unavailable);
    CHECK(http.attempts.size() == 4);
}

TEST_CASE("client: addresses take turns, and a dead one only costs a turn") {
    Setting s;
    s.serve(second);
    s.options.addresses = {{.endpoint = first}, {.endpoint = second}};
    s.answer(200, "[]");
    auto client = s.client();
    for (int i = 0; i < 4; ++i) s.world.run(client.masters()).value();
    CHECK(s.places[0] != s.places[1]);
    CHECK(s.places[0] == s.places[2]);
    CHECK(s.places[1] == s.places[3]);
    s.http.stop(first);
    s.places.clear();
    for (int i = 0; i < 3; ++i) s.world.run(client.masters()).value();
    CHECK(s.places == std::vector<std::string>{"m2", "m2", "m2"});
    CHECK_FALSE(s.warnings.empty());
}

TEST_CASE("client: 502 means the master is down, other statuses are final") {
    Setting s;
    s.answer(502, "");
    s.answer(200, "[]");
    auto client = s.client();
    CHECK(s.world.run(client.masters()));
    CHECK(s.arrivals == std::vector<int>{0, 5});
    CHECK(s.warnings.at(0) == "Request to http://m1:5801/masters/?user=mia returned 502, master "
                              "is down, retrying in 5 seconds");
    s.scripted.clear();
    s.answer(503, "busy");
    CHECK(s.world.run(client.masters()).error().message ==
          "request failed: Response{method='GET', uri=http://helios/masters/?user=mia, status=503, "
          "payload='busy', headers={}}");
    CHECK(s.requests.size() == 3);
}

TEST_CASE("client: a call whose answer got lost is not refused for having succeeded") {
    struct Row {
        std::string method, refusal;
    };
    auto const row = GENERATE(Row{"remove", "JOB_NOT_FOUND"}, Row{"undeploy", "JOB_NOT_FOUND"});
    Setting s;
    auto client = s.client();
    auto call = [&] {
        return row.method == "remove" ? client.delete_job(shop, "")
                                      : client.undeploy("h", shop, "");
    };
    auto const refusal = fmt::format(R"({{"status":"{}"}})", row.refusal);
    s.answer(400, refusal);
    CHECK(s.world.run(call()).value().outcome() == row.refusal);
    // 502: the master may have done it before the proxy gave up.
    s.scripted.clear();
    s.answer(502, "");
    s.answer(400, refusal);
    CHECK(s.world.run(call()).value().outcome() == "OK");
}

TEST_CASE("client: a job whose answer got lost is done only if it is there, hash and all") {
    auto const other = "shop:2.1:" + std::string(40, '0');
    auto const there = GENERATE_COPY(shop.to_string(), other);
    Setting s;
    s.answer(502, "");
    s.answer(400, fmt::format(R"({{"status":"JOB_ALREADY_EXISTS","errors":[],"id":"{}"}})",
                              shop.to_string()));
    s.answer(200, fmt::format(R"({{"{0}":{{"id":"{0}","image":"busybox"}}}})", there));
    auto client = s.client();
    auto const answer = s.world.run(client.create_job({.id = shop, .image = "busybox"})).value();
    CHECK(answer.outcome() == (there == other ? "JOB_ALREADY_EXISTS" : "OK"));
}

TEST_CASE("client: a deployment that was there before with another goal stays a refusal") {
    auto const goal = GENERATE(std::string("START"), std::string("STOP"));
    Setting s;
    s.answer(502, "");
    s.answer(400, R"({"status":"JOB_ALREADY_DEPLOYED"})");
    s.answer(200, fmt::format(R"({{"goal":"{}","jobId":"{}"}})", goal, shop.to_string()));
    auto client = s.client();
    auto const answer = s.world.run(client.deploy("h", shop, model::Goal::start, "")).value();
    CHECK(answer.outcome() == (goal == "START" ? "OK" : "JOB_ALREADY_DEPLOYED"));
}

TEST_CASE("client: a change of unknown outcome is repeated until the master knows") {
    auto const unknown =
        R"({"message":"ZooKeeper did not answer in time, so the change may or may )"
        R"(not have been made; look before you try again."})";
    auto const unreachable = R"({"message":"ZooKeeper cannot be reached, so nothing was changed"})";
    Setting s;
    auto client = s.client();
    s.answer(500, unknown);
    s.answer(503, unreachable);
    s.answer(400, R"({"status":"JOB_ALREADY_DEPLOYED"})");
    s.answer(200, fmt::format(R"({{"goal":"START","jobId":"{}"}})", shop.to_string()));
    CHECK(s.world.run(client.deploy("h", shop, model::Goal::start, "")).value().outcome() == "OK");
    CHECK(s.arrivals == std::vector<int>{0, 5, 10, 10});
    CHECK(s.warnings.at(0) ==
          "Request to http://m1:5801/hosts/h/jobs/" + shop.to_string() +
              "?token=&user=mia got no answer from ZooKeeper in time, so the change may or may not "
              "have been made, retrying in 5 seconds");

    // Without an unknown outcome before it, the refusal is final; so is a read's.
    s.scripted.clear();
    s.answer(503, unreachable);
    CHECK_FALSE(s.world.run(client.undeploy("h", shop, "")));
    s.scripted.clear();
    s.answer(500, unknown);
    CHECK_FALSE(s.world.run(client.masters()));
    CHECK(s.requests.size() == 6);

    s.options.retry_limit = 12s;
    auto impatient = s.client();
    auto const error = s.world.run(impatient.undeploy("h", shop, "")).error();
    CHECK(error.code == Errc::unavailable);
    CHECK(error.message.ends_with("the change may or may not have been made"));
    CHECK(s.requests.size() == 10);
}

TEST_CASE("client: statuses that are too many for one answer come in several") {
    Setting s;
    s.options.answer_limit = 200;
    auto const other = model::JobId::parse("cron:7:" + std::string(40, '0')).value();
    auto document = [](model::JobId const& id) {
        return fmt::format(R"("{0}":{{"job":{{"id":"{0}","image":"busybox"}}}})", id.to_string());
    };
    s.answer(200, "{" + document(shop) + "," + document(other) + "}");
    s.answer(200, "{" + document(shop) + "}");
    s.answer(200, "{" + document(other) + "}");
    auto client = s.client();
    CHECK(s.world.run(client.job_statuses({shop, other})).value().size() == 2);
    CHECK(s.requests.at(1).body == "[\"" + shop.to_string() + "\"]");
    CHECK(s.requests.at(2).body == "[\"" + other.to_string() + "\"]");

    s.scripted.clear();
    s.answer(200, std::string(201, ' ') + "{}");
    auto const error = s.world.run(client.host_statuses({"h"})).error();
    CHECK(error.code == Errc::too_large);
    CHECK(error.message == "The answer to http://m1:5801/hosts/statuses?user=mia is too large (the "
                           "answer is longer than 200 bytes); ask for less, with a pattern or with "
                           "--job and --host");
}

TEST_CASE("client: an answer of a big fleet is read, beyond the usual limit of documents") {
    Setting s;
    s.answer(200, "[\"" + std::string(17 * 1024 * 1024, 'h') + "\"]");
    auto client = s.client();
    CHECK(s.world.run(client.hosts()).value().size() == 1);
}

TEST_CASE("client: an answer that trickles in ends with the last attempt's limit") {
    test::World world;
    DeadHttp http(world.clock);
    http.length = 24h; // never idle for long, never done
    SeededRng rng(1);
    MasterClient client(http, world.clock, rng, {.addresses = {{.endpoint = first}}});
    auto const start = world.clock.now();
    CHECK(world.run(client.masters()).error().code == Errc::unavailable);
    CHECK(world.clock.now() - start <= 240s + 5s + 60s);
    auto const before = world.clock.now();
    CHECK_FALSE(world.run(client.version()));
    CHECK(world.clock.now() - before == 5s);
}

TEST_CASE("client: absent things are nothing, absent lists an error") {
    Setting s;
    s.answer(404, "");
    auto client = s.client();
    CHECK_FALSE(s.world.run(client.job_status(shop)).value().has_value());
    CHECK_FALSE(s.world.run(client.host_status("h")).value().has_value());
    CHECK_FALSE(s.world.run(client.deployment("h", shop)).value().has_value());
    CHECK(s.world.run(client.hosts()).error().message ==
          "http://m1:5801 answers 404 to /hosts/: is this the address of a Helios master?");
    s.scripted.clear();
    s.answer(404, R"({"events":[],"status":"JOB_ID_NOT_FOUND"})");
    CHECK(s.world.run(client.job_history(shop)).value().status == "JOB_ID_NOT_FOUND");
}

TEST_CASE("client: a bad reply names what is wrong with it") {
    Setting s;
    auto client = s.client();
    auto error_of = [&](std::string body) {
        s.scripted.clear();
        s.answer(200, std::move(body));
        auto const jobs = s.world.run(client.jobs(""));
        return jobs ? "no error" : jobs.error().message;
    };
    CHECK(error_of("").starts_with("bad reply: Response{method='GET', uri=http://helios/jobs"));
    CHECK(error_of("[]") == "bad reply: jobs: list where an object was expected");
    CHECK(
        error_of(R"({"x:1":{"id":"x:1","ports":3}})").starts_with("bad reply: jobs.x:1: ports: "));
    s.scripted.clear();
    s.answer(200, R"(["a", 3])");
    CHECK(s.world.run(client.hosts()).error().message ==
          "bad reply: hosts: number where a text was expected");
}
