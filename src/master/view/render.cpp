// SPDX-License-Identifier: Apache-2.0
#include "master/view/render.h"

namespace heliosd::master {
namespace {

constexpr std::size_t chunk_size = 256 * 1024;

/// A document that is written in chunks. Between two calls the view may change, so writers keep
/// keys instead of iterators.
class ChunkWriter {
public:
    virtual ~ChunkWriter() = default;
    /// Appends until `out` has about `chunk_size` bytes; answers whether there is more to come.
    virtual bool write(std::string& out) = 0;

protected:
    void open(std::string& out) {
        out += '{';
        first_ = true;
    }
    void append_key(std::string& out, std::string_view key) {
        if (!std::exchange(first_, false)) out += ',';
        out += json::quoted(key);
        out += ':';
    }

private:
    bool first_ = true;
};

/// The rest of a large document whose first chunk has been rendered.
class ChunkSource final : public net::BodySource {
public:
    ChunkSource(std::string head, std::unique_ptr<ChunkWriter> writer)
        : chunk_(std::move(head)), writer_(std::move(writer)) {}

    Async<Result<std::string>> read() override {
        if (chunk_.empty() && writer_ && !writer_->write(chunk_)) writer_.reset();
        co_return std::exchange(chunk_, {});
    }

private:
    std::string chunk_;
    std::unique_ptr<ChunkWriter> writer_;
};

net::Body body_of(std::unique_ptr<ChunkWriter> writer) {
    std::string head;
    if (!writer->write(head)) return head;
    return std::make_unique<ChunkSource>(std::move(head), std::move(writer));
}

/// Appends an object of the entries of `map`.
template <class Map, class Append>
void append_object(std::string& out, Map const& map, Append append) {
    out += '{';
    char const* separator = "";
    for (auto const& [key, value] : map) {
        out += std::exchange(separator, ",");
        out += json::quoted(key);
        out += ':';
        append(*value);
    }
    out += '}';
}

void append_status(std::string& out, StatusEntry const& status) {
    out += "{\"job\":";
    out += status.job->text;
    out += ',';
    out += status.rest;
}

std::string status_of(HostEntry const& host) {
    std::string out = "{\"jobs\":";
    append_object(out, host.tasks, [&](TaskEntry const& task) { out += task.text; });
    out += ",\"statuses\":";
    append_object(out, host.statuses,
                  [&](StatusEntry const& status) { append_status(out, status); });
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

class HostStatusesWriter final : public ChunkWriter {
public:
    HostStatusesWriter(ClusterView const& view, std::vector<std::string> hosts, HostFilter filter)
        : view_(view), hosts_(std::move(hosts)), filter_(std::move(filter)) {}

    bool write(std::string& out) override {
        if (!std::exchange(opened_, true)) open(out);
        for (; next_ < hosts_.size(); ++next_) {
            if (out.size() >= chunk_size) return true;
            auto const text = host_status_text(view_, hosts_[next_], filter_);
            if (!text) continue;
            append_key(out, hosts_[next_]);
            out += *text;
        }
        out += '}';
        return false;
    }

private:
    ClusterView const& view_;
    std::vector<std::string> hosts_;
    HostFilter filter_;
    std::size_t next_ = 0;
    bool opened_ = false;
};

/// Goes twice over the hosts of a job: for what is reported, then for the deployments.
class JobStatusWriter final : public ChunkWriter {
public:
    JobStatusWriter(ClusterView const& view, JobPtr job) : view_(view), job_(std::move(job)) {}

    bool write(std::string& out) override {
        if (part_ == Part::begin) {
            out += "{\"job\":" + job_->text + ",\"taskStatuses\":";
            open(out);
            part_ = Part::statuses;
        }
        if (part_ == Part::statuses) {
            bool const more = write_hosts(out, [&](std::string const& name, HostEntry const& host) {
                auto const status = host.statuses.find(job_->id);
                if (status == host.statuses.end()) return;
                append_key(out, name);
                append_status(out, *status->second);
            });
            if (more) return true;
            out += "},\"deployments\":";
            open(out);
            part_ = Part::deployments;
            last_.reset();
        }
        bool const more = write_hosts(out, [&](std::string const& name, HostEntry const& host) {
            auto const task = host.tasks.find(job_->id);
            if (task == host.tasks.end()) return;
            append_key(out, name);
            out += task->second->text;
        });
        if (more) return true;
        out += "}}";
        return false;
    }

private:
    enum class Part { begin, statuses, deployments };

    /// Goes on behind the last host; answers whether the chunk was full before the end.
    template <class Write> bool write_hosts(std::string& out, Write write) {
        auto const& hosts = view_.hosts_of(job_->id);
        auto next = last_ ? hosts.upper_bound(*last_) : hosts.begin();
        for (; next != hosts.end(); ++next) {
            if (out.size() >= chunk_size) return true;
            last_ = *next;
            if (auto const* const host = view_.host(*next)) write(*next, *host);
        }
        return false;
    }

    ClusterView const& view_;
    JobPtr job_;
    Part part_ = Part::begin;
    std::optional<std::string> last_;
};

class JobStatusesWriter final : public ChunkWriter {
public:
    JobStatusesWriter(ClusterView const& view, std::vector<std::string> ids)
        : view_(view), ids_(std::move(ids)) {}

    bool write(std::string& out) override {
        if (!std::exchange(opened_, true)) open(out);
        for (;;) {
            if (current_) {
                if (current_->write(out)) return true;
                current_.reset();
            }
            if (out.size() >= chunk_size) return true;
            if (next_ == ids_.size()) break;
            auto const& id = ids_[next_++];
            auto job = view_.job(id);
            if (!job) continue;
            append_key(out, id);
            current_.emplace(view_, std::move(job));
        }
        out += '}';
        return false;
    }

private:
    ClusterView const& view_;
    std::vector<std::string> ids_;
    std::size_t next_ = 0;
    std::optional<JobStatusWriter> current_;
    bool opened_ = false;
};

class JobsWriter final : public ChunkWriter {
public:
    JobsWriter(ClusterView const& view, JobFilter filter)
        : view_(view), filter_(std::move(filter)) {}

    bool write(std::string& out) override {
        auto const& jobs = view_.jobs();
        if (!last_) open(out);
        auto next = last_ ? jobs.upper_bound(*last_) : jobs.begin();
        for (; next != jobs.end(); ++next) {
            if (out.size() >= chunk_size) return true;
            last_ = next->first;
            if (!wanted(next->first)) continue;
            append_key(out, next->first);
            out += next->second->text;
        }
        out += '}';
        return false;
    }

private:
    bool wanted(std::string const& id) const {
        bool const named = id.find(filter_.part_of_id) != std::string::npos;
        return named && (!filter_.ids || filter_.ids->contains(id));
    }

    ClusterView const& view_;
    JobFilter filter_;
    std::optional<std::string> last_;
};

} // namespace

bool HostFilter::passes(HostEntry const& host) const {
    return status.empty() || status == (host.up ? "UP" : "DOWN");
}

std::optional<std::string> host_status_text(ClusterView const& view, std::string_view host,
                                            HostFilter const& filter) {
    auto const* const entry = view.host(host);
    if (!entry || !entry->registration_id || !filter.passes(*entry)) return std::nullopt;
    return status_of(*entry);
}

net::Body host_statuses_body(ClusterView const& view, std::vector<std::string> hosts,
                             HostFilter filter) {
    return body_of(std::make_unique<HostStatusesWriter>(view, std::move(hosts), std::move(filter)));
}

net::Body job_status_body(ClusterView const& view, JobPtr job) {
    return body_of(std::make_unique<JobStatusWriter>(view, std::move(job)));
}

net::Body job_statuses_body(ClusterView const& view, std::vector<std::string> ids) {
    return body_of(std::make_unique<JobStatusesWriter>(view, std::move(ids)));
}

net::Body jobs_body(ClusterView const& view, JobFilter filter) {
    return body_of(std::make_unique<JobsWriter>(view, std::move(filter)));
}

} // namespace heliosd::master
