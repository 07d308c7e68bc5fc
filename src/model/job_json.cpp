// SPDX-License-Identifier: Apache-2.0
#include "model/dates.h"
#include "model/document_parts.h"
#include "model/java_order.h"

namespace heliosd::model {
namespace {

std::vector<std::string> read_list(Field const& at) {
    return at.texts().value_or(std::vector<std::string>{});
}

std::vector<std::string> read_set(Field const& at) {
    return java_set_order(read_list(at));
}

json::Value date_value(std::optional<WallTime> const& date, Mode mode) {
    if (!date) return nullptr;
    if (mode == Mode::common) return format_iso(*date);
    return std::int64_t{date->time_since_epoch().count()};
}

} // namespace

Job read_job(Field const& at) {
    Job job;
    if (!at.is_object()) return job;
    auto id = at["id"].job_id();
    if (id) {
        job.id = std::move(*id);
    } else {
        at.wrong("Job id was not specified.");
    }
    job.image = at["image"].text();
    job.hostname = at["hostname"].text();
    job.created = at["created"].int64();
    job.command = read_list(at["command"]);
    job.env = at["env"].text_map();
    job.resources = at["resources"].optional(read_resources);
    job.ports = read_ports(at["ports"]);
    job.registration = read_registration(at["registration"]);
    job.grace_period = at["gracePeriod"].int32();
    job.volumes = at["volumes"].text_map();
    job.expires = at["expires"].date();
    job.registration_domain = at["registrationDomain"].text().value_or("");
    job.creating_user = at["creatingUser"].text();
    job.token = at["token"].text().value_or("");
    job.health_check = at["healthCheck"].optional(read_health_check);
    job.security_opt = read_list(at["securityOpt"]);
    job.network_mode = at["networkMode"].text();
    job.metadata = at["metadata"].text_map();
    job.add_capabilities = read_set(at["addCapabilities"]);
    job.drop_capabilities = read_set(at["dropCapabilities"]);
    job.labels = at["labels"].text_map();
    job.seconds_to_wait_before_kill = at["secondsToWaitBeforeKill"].int32();
    job.ramdisks = at["ramdisks"].text_map();
    job.rollout_options = at["rolloutOptions"].optional(read_rollout_options);
    job.runtime = at["runtime"].text();
    return job;
}

Result<Job> job_from_json(json::Value const& value) {
    return read_document(value, read_job);
}

Result<CapabilityOrder> submitted_capabilities(json::Value const& value) {
    return read_document(value, [](Field const& at) {
        return CapabilityOrder{.add = read_list(at["addCapabilities"]),
                               .drop = read_list(at["dropCapabilities"])};
    });
}

json::Value to_json(Job const& job, Mode mode) {
    auto const written = [&](auto const& part) {
        return part ? to_json(*part, mode) : json::Value();
    };
    json::Object out;
    out.append("id", job.id.to_string());
    out.append("image", job.image);
    out.append("hostname", job.hostname);
    out.append("created", job.created);
    out.append("command", list_value(job.command));
    out.append("env", to_json(job.env));
    out.append("resources", written(job.resources));
    out.append("ports", to_json(job.ports, mode));
    out.append("registration", map_value(job.registration, mode));
    out.append("gracePeriod", job.grace_period);
    out.append("volumes", to_json(job.volumes));
    out.append("expires", date_value(job.expires, mode));
    out.append("registrationDomain", job.registration_domain);
    out.append("creatingUser", job.creating_user);
    out.append("token", job.token);
    out.append("healthCheck", written(job.health_check));
    out.append("securityOpt", list_value(job.security_opt));
    out.append("networkMode", job.network_mode);
    out.append("metadata", to_json(job.metadata));
    out.append("addCapabilities", list_value(job.add_capabilities));
    out.append("dropCapabilities", list_value(job.drop_capabilities));
    out.append("labels", to_json(job.labels));
    out.append("secondsToWaitBeforeKill", job.seconds_to_wait_before_kill);
    out.append("ramdisks", to_json(job.ramdisks));
    out.append("rolloutOptions", written(job.rollout_options));
    out.append("runtime", job.runtime);
    return finished(std::move(out), mode);
}

} // namespace heliosd::model
