// SPDX-License-Identifier: Apache-2.0
#include "master/writes/host_writes.h"

#include "layout/paths.h"
#include "master/writes/history_removals.h"

#include <ranges>

namespace heliosd::master {

std::vector<std::string> host_skeleton(std::string const& host) {
    return {layout::host(host), layout::host_jobs(host), layout::host_ports(host),
            layout::status_host(host), layout::status_jobs(host)};
}

std::vector<store::Op> register_host_ops(std::string const& host, std::string const& id,
                                         std::span<std::string const> missing) {
    std::vector<store::Op> ops;
    for (auto const& path : missing) ops.push_back(store::Create{path, ""});
    ops.push_back(store::Create{layout::host_id(host), id});
    return ops;
}

std::vector<store::Op> deregister_host_ops(HostRemains const& remains) {
    std::vector<store::Op> ops;
    for (auto const& path : remains.job_hosts) ops.push_back(store::Remove{path});
    for (auto const& path : remains.status | std::views::reverse)
        ops.push_back(store::Remove{path});
    for (auto const& path : remains.config | std::views::reverse)
        ops.push_back(store::Remove{path});
    for (auto const& path : remains.histories) ops.push_back(mark_history(path));
    return ops;
}

std::vector<std::vector<store::Op>> removal_chunks(std::span<std::string const> all,
                                                   std::size_t max_ops, std::size_t max_bytes) {
    constexpr std::size_t bytes_per_removal = 17; // spec/zookeeper.md §1.3
    std::vector<std::vector<store::Op>> chunks;
    std::size_t bytes = 0;
    for (auto const& path : all | std::views::reverse) {
        auto const size = path.size() + bytes_per_removal;
        bool const full =
            !chunks.empty() && (chunks.back().size() >= max_ops || bytes + size > max_bytes);
        if (chunks.empty() || full) {
            chunks.emplace_back();
            bytes = 0;
        }
        chunks.back().push_back(store::Remove{path});
        bytes += size;
    }
    return chunks;
}

} // namespace heliosd::master
