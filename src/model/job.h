// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "model/job_id.h"
#include "model/job_parts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::model {

/// What to run: immutable once created, identified by its own content (spec/job.md §4).
struct Job {
    JobId id;
    std::optional<std::string> image, hostname;
    std::optional<std::int64_t> created; ///< ms since the epoch; set by the master
    std::vector<std::string> command;
    StringMap env;
    std::optional<Resources> resources;
    PortMap ports;
    SortedMap<ServicePorts> registration;     ///< key `name/protocol`
    std::optional<std::int32_t> grace_period; ///< seconds
    StringMap volumes;
    std::optional<WallTime> expires;
    std::string registration_domain;
    std::optional<std::string> creating_user; ///< set by the master
    std::string token;
    std::optional<HealthCheck> health_check;
    std::vector<std::string> security_opt;
    std::optional<std::string> network_mode;
    StringMap metadata;
    /// In the order that is stored and hashed: that of a Java hash set (spec/job.md §5.4).
    std::vector<std::string> add_capabilities, drop_capabilities;
    StringMap labels;
    std::optional<std::int32_t> seconds_to_wait_before_kill;
    StringMap ramdisks;
    std::optional<RolloutOptions> rollout_options;
    std::optional<std::string> runtime;

    bool operator==(Job const&) const = default;
};

/// Reads a Job with the coercions of spec/job.md §2. Errors name the member: `ports.http.ip: …`.
/// A missing `id` is an error with the sentence `Job id was not specified.`
Result<Job> job_from_json(json::Value const& value);
json::Value to_json(Job const& job, Mode mode);

/// The text whose SHA-1 makes the id (spec/job.md §5.2).
std::string canonical_text(Job const& job);
/// The 40 hex digits for this content, name and version (§5).
std::string job_hash(Job const& job);

/// The capability lists of a request in its own order. Java's job builder hashes them in that
/// order, while a Job that was read has them in the order of a hash set (§5.4).
struct CapabilityOrder {
    std::vector<std::string> add, drop;
    bool operator==(CapabilityOrder const&) const = default;
};
Result<CapabilityOrder> submitted_capabilities(json::Value const& value);
/// Whether the hash in the id is one of this content: `job_hash`, or that of a client that hashes
/// capabilities in the order it submits them, or writes the zone of dates `+00:00` (§5.4, §5.5).
bool hash_accepted(Job const& job, std::optional<CapabilityOrder> const& submitted);

/// What `validate` checks beyond the content of the job.
struct Validation {
    WallTime now{};
    bool check_hash = true;                   ///< rule 4: masters do
    std::optional<CapabilityOrder> submitted; ///< of the request the job was read from
    /// Rule 14: masters have a list, if an empty one; nothing = not checked.
    std::optional<std::vector<std::string>> allowed_capabilities;
};
/// All violations of spec/job.md §6, sorted, without duplicates; empty when there is none.
std::vector<std::string> validate(Job const& job, Validation const& how);

/// Violations of the rules for image references (§6.1).
std::vector<std::string> validate_image(std::string_view image);

} // namespace heliosd::model
