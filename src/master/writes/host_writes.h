// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/writes/outcomes.h"
#include "store/store.h"

#include <span>
#include <string>
#include <vector>

/// What registering and deregistering a host write (spec/zookeeper.md §5.1, §5.2): pure functions.
namespace heliosd::master {

/// The nodes of a host, parents first, without the id, whose creation completes a registration.
std::vector<std::string> host_skeleton(std::string const& host);

/// One multi that completes a registration: the nodes that are `missing`, then the id (B12).
std::vector<store::Op> register_host_ops(std::string const& host, std::string const& id,
                                         std::span<std::string const> missing);

/// Everything a host has in the tree, as read before its removal.
struct HostRemains {
    std::string host;
    std::vector<std::string> jobs;      ///< deployed there
    std::vector<std::string> config;    ///< at and below /config/hosts/<h>, parents first
    std::vector<std::string> status;    ///< at and below /status/hosts/<h>, parents first
    std::vector<std::string> job_hosts; ///< their reverse entries, as paths
    std::vector<std::string> histories; ///< their histories on this host, as paths
};
std::vector<store::Op> deregister_host_ops(HostRemains const& remains);

/// Removals of `paths` (parents first) cut into multis that stay under the servers' request limit,
/// children first (B8).
std::vector<std::vector<store::Op>> removal_chunks(std::span<std::string const> paths,
                                                   std::size_t max_ops = 200,
                                                   std::size_t max_bytes = 256 * 1024);

} // namespace heliosd::master
