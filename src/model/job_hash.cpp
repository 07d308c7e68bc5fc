// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "model/dates.h"
#include "model/document_parts.h"
#include "model/java_order.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

bool is_empty(json::Value const& value) {
    if (auto const* string = value.if_string()) return string->empty();
    if (auto const* array = value.if_array()) return array->empty();
    if (auto const* object = value.if_object()) return object->empty();
    return value.is_null();
}

/// An object without its members that are null or empty.
json::Value without_empty(json::Value value) {
    json::Object kept;
    if (auto* object = value.if_object()) {
        for (auto& [name, member] : *object) {
            if (!is_empty(member)) kept.append(name, std::move(member));
        }
    }
    return kept;
}

/// Keeps all entries of a map, each without its empty members.
template <class T> json::Value canonical_map(SortedMap<T> const& map) {
    json::Object out;
    for (auto const& [key, value] : map)
        out.append(key, without_empty(to_json(value, Mode::common)));
    return out;
}

/// How clients differ in the canonical form.
struct Dialect {
    CapabilityOrder capabilities;
    std::string_view zone = "+0000";
};

std::string canonical_text(Job const& job, Dialect const& dialect) {
    json::Object out;
    auto const put = [&](std::string name, json::Value value) {
        if (!is_empty(value)) out.append(std::move(name), std::move(value));
    };
    // Objects that are present are kept even if they become empty.
    auto const put_object = [&](std::string name, auto const& part) {
        if (part) out.append(std::move(name), without_empty(to_json(*part, Mode::common)));
    };
    put("name", job.id.name);
    put("version", job.id.version);
    put("image", job.image);
    put("hostname", job.hostname);
    put("command", list_value(job.command));
    put("env", to_json(job.env));
    put_object("resources", job.resources);
    put("ports", canonical_map(job.ports));
    put("registration", canonical_map(job.registration));
    put("gracePeriod", job.grace_period);
    put("volumes", to_json(job.volumes));
    if (job.expires) put("expires", format_iso(*job.expires, dialect.zone));
    put("registrationDomain", job.registration_domain);
    put("token", job.token);
    put_object("healthCheck", job.health_check);
    put("securityOpt", list_value(job.security_opt));
    put("networkMode", job.network_mode);
    put("metadata", to_json(job.metadata));
    put("addCapabilities", list_value(dialect.capabilities.add));
    put("dropCapabilities", list_value(dialect.capabilities.drop));
    put("labels", to_json(job.labels));
    put("secondsToWaitBeforeKill", job.seconds_to_wait_before_kill);
    put("ramdisks", to_json(job.ramdisks));
    put_object("rolloutOptions", job.rollout_options);
    put("runtime", job.runtime);
    return json::write(json::sorted(std::move(out)));
}

CapabilityOrder java_orders(Job const& job) {
    return {.add = java_set_order(job.add_capabilities),
            .drop = java_set_order(job.drop_capabilities)};
}

std::string hash_of(Job const& job, std::string_view canonical) {
    return sha1_hex(
        fmt::format("{}:{}:{}", job.id.name, job.id.version.value_or("null"), sha1_hex(canonical)));
}

/// Without duplicates, in order of first occurrence, as a Java builder keeps them.
std::vector<std::string> without_duplicates(std::vector<std::string> const& elements) {
    std::vector<std::string> out;
    for (auto const& element : elements) {
        if (std::ranges::find(out, element) == out.end()) out.push_back(element);
    }
    return out;
}

/// The request's order, if it is an order of the same capabilities.
std::vector<std::string> order_of(std::vector<std::string> const& java_order,
                                  std::vector<std::string> const& submitted) {
    auto order = without_duplicates(submitted);
    return java_set_order(order) == java_order ? order : java_order;
}

} // namespace

std::string canonical_text(Job const& job) {
    return canonical_text(job, Dialect{.capabilities = java_orders(job)});
}

std::string job_hash(Job const& job) {
    return hash_of(job, canonical_text(job));
}

bool hash_accepted(Job const& job, std::optional<CapabilityOrder> const& submitted) {
    if (!job.id.hash) return false;
    std::vector<Dialect> dialects{{.capabilities = java_orders(job)}};
    if (submitted) {
        auto const& java = dialects.front().capabilities;
        dialects.push_back({.capabilities = {.add = order_of(java.add, submitted->add),
                                             .drop = order_of(java.drop, submitted->drop)}});
    }
    for (auto const zone : {"+0000", "+00:00"}) {
        for (auto& dialect : dialects) {
            dialect.zone = zone;
            if (hash_of(job, canonical_text(job, dialect)) == *job.id.hash) return true;
        }
    }
    return false;
}

} // namespace heliosd::model
