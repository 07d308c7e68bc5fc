// SPDX-License-Identifier: Apache-2.0
#include "model/host.h"
#include "model/task.h"

#include "support/catch.h"
#include "support/data.h"

#include <map>

using namespace heliosd;
using namespace heliosd::model;

namespace {

/// The document with a value of the right kind in the place of each placeholder.
json::Value filled(json::Value value) {
    static std::map<std::string, json::Value, std::less<>> const values{
        {"<timestamp>", 1718000000000},     {"<timestamp-1>", 1718000000001},
        {"<timestamp-2>", 1718000000002},   {"<timestamp-3>", 1718000000003},
        {"<timestamp-4>", 1718000000004},   {"<int>", 17},
        {"<number>", json::Number{"0.25"}}, {"<string-or-null>", nullptr},
        {"<list>", json::Array{"-v", "x"}}};
    if (auto* array = value.if_array()) {
        for (auto& element : *array) element = filled(std::move(element));
    } else if (auto* object = value.if_object()) {
        for (auto& member : *object) member.value = filled(std::move(member.value));
    } else if (auto const* text = value.if_string()) {
        if (auto const found = values.find(*text); found != values.end()) return found->second;
    }
    return value;
}

template <class T>
void round_trips(json::Value const& document, Result<T> (*read)(json::Value const&)) {
    auto const value = read(document);
    if (!value) FAIL(value.error().message);
    CHECK(json::write(to_json(*value, Mode::common)) == json::write(json::sorted(document)));
    auto const again = read(to_json(*value, Mode::api));
    REQUIRE(again);
    CHECK(*again == *value);
}

Result<TaskStatus> read_status(json::Value const& value) {
    return task_status_from_json(value);
}

} // namespace

TEST_CASE("model: the documents of a real tree come back as they were") {
    auto const tree = test::data_json("znodes.json");
    int jobs = 0, tasks = 0, statuses = 0, events = 0, infos = 0;
    for (auto const& [path, node] : *tree.if_object()) {
        INFO(path);
        auto const data = filled(*node.find("data"));
        if (!data.if_object()) continue;
        if (path.starts_with("/config/jobs/")) {
            round_trips(data, job_from_json);
            ++jobs;
        } else if (path.starts_with("/config/hosts/")) {
            round_trips(data, task_from_json);
            ++tasks;
        } else if (path.starts_with("/history/")) {
            // History keeps host and time in the path, and the status alone in the node.
            round_trips(data, read_status);
            ++events;
        } else if (path.ends_with("/hostinfo")) {
            round_trips(data, host_info_from_json);
            ++infos;
        } else if (path.ends_with("/agentinfo")) {
            round_trips(data, agent_info_from_json);
            ++infos;
        } else if (path.ends_with("/environment") || path.ends_with("/labels")) {
            auto const map = string_map_from_json(data);
            REQUIRE(map);
            CHECK(to_json(*map) == data);
        } else if (path.starts_with("/status/hosts/host-a/jobs/")) {
            round_trips(data, read_status);
            ++statuses;
        } else {
            FAIL("a document nobody reads");
        }
    }
    CHECK(jobs == 2);
    CHECK(tasks == 1);
    CHECK(statuses == 1);
    CHECK(events == 4);
    CHECK(infos == 2);
}
