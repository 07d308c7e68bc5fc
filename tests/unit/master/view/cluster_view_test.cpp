// SPDX-License-Identifier: Apache-2.0
// The view on its own: what each change of the tree does to it, and what it says about that.
#include "master/view/cluster_view.h"

#include "support/catch.h"

#include <algorithm>
#include <iterator>

namespace heliosd::master {
namespace {

TEST_CASE("master: the mirror wants what the API shows, and not the hosts of each job") {
    auto const wants = [](std::string_view path) {
        auto const interest = interest_in(path);
        return std::string(interest.data ? "data" : "") + (interest.children ? "names" : "");
    };
    CHECK(followed_roots() == std::vector<std::string_view>{"/config/jobs", "/config/hosts",
                                                            "/status/hosts", "/status/masters"});
    CHECK(wants("/config/jobs") == "names");
    CHECK(wants("/config/jobs/a:1:h") == "data");
    CHECK(wants("/config/jobs/a:1:h/hosts").empty());
    CHECK(wants("/config/hosts/h") == "names");
    CHECK(wants("/config/hosts/h/id") == "data");
    CHECK(wants("/config/hosts/h/ports").empty());
    CHECK(wants("/config/hosts/h/jobs") == "names");
    CHECK(wants("/config/hosts/h/jobs/a:1:h") == "data");
    CHECK(wants("/config/hosts/h/jobs/a:1:h/creation-u").empty());
    CHECK(wants("/status/hosts/h/up") == "data");
    CHECK(wants("/status/hosts/h/hostinfo").empty());
    CHECK(wants("/status/hosts/h/agentinfo").empty());
    CHECK(wants("/status/hosts/h/jobs/a:1:h") == "data");
    CHECK(wants("/status/masters/m/up") == "data");
    CHECK(wants("/elsewhere").empty());
}

store::Change change(std::string path, std::string data) {
    return {std::move(path), store::Node{std::move(data), {}}};
}

/// Whether the view could read it.
bool applies(ClusterView& view, store::Change const& change) {
    return !view.apply(change).unreadable;
}

TEST_CASE("master: equal jobs are held once, and forgotten with the last that has them") {
    JobTable table;
    auto const document = R"({"id":"a:1:h","image":"busybox"})";
    auto first = *table.intern(document);
    auto const second = *table.intern(document);
    CHECK(first == second);
    for (int i = 0; i < 1000; ++i) {
        auto const passing = table.intern(R"({"id":"b:)" + std::to_string(i) + R"(:h"})");
        REQUIRE(passing);
    }
    CHECK(table.size() < 200);
    CHECK(*table.intern(document) == second);
}

TEST_CASE("master: one document nobody can read does not hide the others (B24)") {
    ClusterView view;
    CHECK(applies(view, change("/config/jobs/a:1:h", R"({"id":"a:1:h","image":"busybox"})")));
    auto const broken = view.apply(change("/config/jobs/b:1:h", "{"));
    REQUIRE(broken.unreadable);
    CHECK(broken.unreadable->message.starts_with("/config/jobs/b:1:h: "));
    CHECK_FALSE(applies(view, change("/config/jobs/a:b:c:d", R"({"id":"a:1","image":"x"})")));
    CHECK(view.jobs().size() == 1);
    CHECK(applies(view, change("/config/hosts/h", "")));
    CHECK(applies(view, change("/config/hosts/h/id", "x")));
    CHECK_FALSE(applies(view, change("/config/hosts/h/jobs/a:1:h", R"({"goal":"LATER"})")));
    CHECK_FALSE(applies(view, change("/status/hosts/h/labels", "")));
    REQUIRE(view.host("h"));
    CHECK(view.host("h")->registration_id == "x");
    CHECK(view.host("h")->tasks.empty());
}

TEST_CASE("master: what goes takes what is below it along") {
    ClusterView view;
    auto const job = std::string(R"({"id":"a:1:h","image":"busybox"})");
    auto const id = std::string("a:1:h");
    CHECK(applies(view, change("/config/hosts/h", "")));
    CHECK(applies(view, change("/config/hosts/h/id", "x")));
    CHECK(applies(view,
                  change("/config/hosts/h/jobs/" + id, R"({"goal":"START","job":)" + job + "}")));
    CHECK(applies(view, change("/status/hosts/h", "")));
    CHECK(applies(
        view, change("/status/hosts/h/jobs/" + id, R"({"state":"RUNNING","job":)" + job + "}")));
    CHECK(view.hosts_of(id) == ClusterView::HostSet{"h"});
    CHECK(applies(view, {"/config/hosts/h", std::nullopt}));
    CHECK(view.hosts_of(id).empty());
    REQUIRE(view.host("h"));
    CHECK_FALSE(view.host("h")->configured);
    CHECK(view.host("h")->statuses.size() == 1);
    CHECK(applies(view, {"/status/hosts/h", std::nullopt}));
    CHECK(view.host("h") == nullptr);
}

TEST_CASE("master: the view tells which nodes it shows anything of") {
    ClusterView view;
    auto const job = std::string(R"({"id":"a:1:h","image":"busybox"})");
    auto const task = R"({"goal":"START","state":"RUNNING","job":)" + job + "}";
    store::Change const changes[] = {
        change("/config/jobs/a:1:h", job),
        change("/config/hosts/h", ""),
        change("/config/hosts/h/id", "x"),
        change("/config/hosts/h/jobs/a:1:h", task),
        change("/status/hosts/h", ""),
        change("/status/hosts/h/up", ""),
        change("/status/hosts/h/labels", R"({"a":"b"})"),
        change("/status/hosts/h/environment", R"({"C":"d"})"),
        change("/status/hosts/h/jobs/a:1:h", task),
        change("/status/masters/m/up", ""),
    };
    for (auto const& one : changes) CHECK(applies(view, one));

    std::vector<std::string> known, expected;
    for (auto const* root : {"/config/jobs", "/config/hosts", "/status/hosts", "/status/masters"})
        std::ranges::copy(view.paths_below(root), std::back_inserter(known));
    for (auto const& one : changes) expected.push_back(one.path);
    CHECK(known == expected);
    for (auto const& path : known) CHECK(applies(view, {path, std::nullopt}));
    CHECK(view.jobs().empty());
    CHECK(view.hosts().empty());
    CHECK(view.hosts_of("a:1:h").empty());
    CHECK(view.masters().empty());
}

} // namespace
} // namespace heliosd::master
