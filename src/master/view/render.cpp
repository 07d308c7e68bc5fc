// SPDX-License-Identifier: Apache-2.0
#include "master/view/render.h"

namespace heliosd::master {
namespace {

constexpr std::size_t chunk_size = 256 * 1024;

/// Writes `{"key":value,…}` into pieces of about `chunk_size`.
class ObjectWriter {
public:
    ObjectWriter(std::vector<std::string> keys, ValueOf value_of)
        : keys_(std::move(keys)), value_of_(std::move(value_of)) {}

    /// The next piece; empty after the last.
    std::string next() {
        std::string out;
        if (done_) return out;
        if (position_ == 0) out = "{";
        while (position_ < keys_.size() && out.size() < chunk_size) {
            auto const& key = keys_[position_++];
            auto const value = value_of_(key);
            if (!value) continue;
            if (!first_) out += ',';
            first_ = false;
            out += json::quoted(key);
            out += ':';
            out += *value;
        }
        if (position_ == keys_.size()) {
            out += '}';
            done_ = true;
        }
        return out;
    }
    bool done() const { return done_; }

private:
    std::vector<std::string> keys_;
    ValueOf value_of_;
    std::size_t position_ = 0;
    bool first_ = true, done_ = false;
};

/// The rest of a large object whose first chunk has been rendered.
class ObjectSource final : public net::BodySource {
public:
    ObjectSource(std::string head, ObjectWriter writer)
        : head_(std::move(head)), writer_(std::move(writer)) {}

    Async<Result<std::string>> read() override {
        if (!head_.empty()) co_return std::exchange(head_, {});
        co_return writer_.next();
    }

private:
    std::string head_;
    ObjectWriter writer_;
};

/// Writes an object whose values are texts already.
template <class Map, class Append>
void append_object(std::string& out, Map const& map, Append append) {
    out += '{';
    char const* separator = "";
    for (auto const& [key, value] : map) {
        out += separator;
        separator = ",";
        out += json::quoted(key);
        out += ':';
        append(out, value);
    }
    out += '}';
}

} // namespace

void append_status(std::string& out, StatusEntry const& status) {
    out += "{\"job\":";
    out += status.job->text;
    out += ',';
    out += status.rest;
}

std::string host_status_text(HostEntry const& host) {
    std::string out = "{\"jobs\":";
    append_object(out, host.tasks, [](std::string& to, TaskEntry const& task) { to += task.text; });
    out += ",\"statuses\":";
    append_object(out, host.statuses, append_status);
    out += host.up ? ",\"status\":\"UP\"" : ",\"status\":\"DOWN\"";
    out += ",\"hostInfo\":";
    out += host.host_info;
    out += ",\"agentInfo\":";
    out += host.agent_info;
    out += ",\"environment\":";
    out += host.environment;
    out += ",\"labels\":";
    out += json::write(model::to_json(host.labels));
    out += '}';
    return out;
}

std::string job_status_text(ClusterView const& view, JobEntry const& job) {
    model::SortedMap<StatusEntry const*> statuses;
    model::SortedMap<TaskEntry const*> deployments;
    for (auto const& name : view.hosts_of(job.id)) {
        auto const* const host = view.host(name);
        if (!host) continue;
        auto const task = host->tasks.find(job.id);
        if (task != host->tasks.end()) deployments.emplace(name, &task->second);
        auto const status = host->statuses.find(job.id);
        if (status != host->statuses.end()) statuses.emplace(name, &status->second);
    }
    std::string out = "{\"job\":" + job.text + ",\"taskStatuses\":";
    append_object(out, statuses,
                  [](std::string& to, StatusEntry const* status) { append_status(to, *status); });
    out += ",\"deployments\":";
    append_object(out, deployments,
                  [](std::string& to, TaskEntry const* task) { to += task->text; });
    out += '}';
    return out;
}

net::Body object_body(std::vector<std::string> keys, ValueOf value_of) {
    ObjectWriter writer(std::move(keys), std::move(value_of));
    auto head = writer.next();
    if (writer.done()) return head;
    return std::make_unique<ObjectSource>(std::move(head), std::move(writer));
}

} // namespace heliosd::master
