// SPDX-License-Identifier: Apache-2.0
#include "model/host.h"

#include "model/document_parts.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

/// As Java's `Double.toString`: `0.25`, `1.0`, `1.0E10` (spec/job.md §1.2).
json::Value java_number(double number) {
    if (!std::isfinite(number)) return json::Number{"-1.0"}; // what "unknown" is for a load
    std::array<char, 400> buffer{};
    auto const magnitude = std::abs(number);
    bool const plain = number == 0 || (magnitude >= 1e-3 && magnitude < 1e7);
    auto const written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                      plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string_view const digits(buffer.data(), written.ptr);
    if (plain) {
        bool const whole = digits.find('.') == std::string_view::npos;
        return json::Number{fmt::format("{}{}", digits, whole ? ".0" : "")};
    }
    auto const split = digits.find('e');
    auto const mantissa = digits.substr(0, split);
    bool const whole = mantissa.find('.') == std::string_view::npos;
    auto const exponent = std::stoi(std::string(digits.substr(split + 1)));
    return json::Number{fmt::format("{}{}E{}", mantissa, whole ? ".0" : "", exponent)};
}

DockerVersion read_docker_version(Field const& at) {
    return {.api_version = at["apiVersion"].text(),
            .arch = at["arch"].text(),
            .git_commit = at["gitCommit"].text(),
            .go_version = at["goVersion"].text(),
            .kernel_version = at["kernelVersion"].text(),
            .os = at["os"].text(),
            .version = at["version"].text()};
}

json::Value to_json(DockerVersion const& version) {
    return json::Object{{"apiVersion", version.api_version},
                        {"arch", version.arch},
                        {"gitCommit", version.git_commit},
                        {"goVersion", version.go_version},
                        {"kernelVersion", version.kernel_version},
                        {"os", version.os},
                        {"version", version.version}};
}

} // namespace

HostInfo read_host_info(Field const& at) {
    HostInfo info;
    if (!at.is_object()) return info;
    info.hostname = at["hostname"].text();
    info.uname = at["uname"].text();
    info.architecture = at["architecture"].text();
    info.os_name = at["osName"].text();
    info.os_version = at["osVersion"].text();
    info.cpus = at["cpus"].int64().value_or(0);
    info.load_avg = at["loadAvg"].real().value_or(0);
    info.memory_total = at["memoryTotalBytes"].int64().value_or(0);
    info.memory_free = at["memoryFreeBytes"].int64().value_or(0);
    info.swap_total = at["swapTotalBytes"].int64().value_or(0);
    info.swap_free = at["swapFreeBytes"].int64().value_or(0);
    info.docker_version = at["dockerVersion"].optional(read_docker_version);
    info.docker_host = at["dockerHost"].text();
    info.docker_cert_path = at["dockerCertPath"].text();
    return info;
}

Result<HostInfo> host_info_from_json(json::Value const& value) {
    return read_document(value, read_host_info);
}

json::Value to_json(HostInfo const& info, Mode mode) {
    json::Object out;
    out.append("hostname", info.hostname);
    out.append("uname", info.uname);
    out.append("architecture", info.architecture);
    out.append("osName", info.os_name);
    out.append("osVersion", info.os_version);
    out.append("cpus", info.cpus);
    out.append("loadAvg", java_number(info.load_avg));
    out.append("memoryTotalBytes", info.memory_total);
    out.append("memoryFreeBytes", info.memory_free);
    out.append("swapTotalBytes", info.swap_total);
    out.append("swapFreeBytes", info.swap_free);
    out.append("dockerVersion", info.docker_version ? to_json(*info.docker_version) : nullptr);
    out.append("dockerHost", info.docker_host);
    out.append("dockerCertPath", info.docker_cert_path);
    return finished(std::move(out), mode);
}

AgentInfo read_agent_info(Field const& at) {
    AgentInfo info;
    if (!at.is_object()) return info;
    info.name = at["name"].text();
    info.vm_name = at["vmName"].text();
    info.vm_vendor = at["vmVendor"].text();
    info.vm_version = at["vmVersion"].text();
    info.spec_name = at["specName"].text();
    info.spec_vendor = at["specVendor"].text();
    info.spec_version = at["specVersion"].text();
    info.input_arguments = at["inputArguments"].texts().value_or(std::vector<std::string>{});
    info.uptime = at["uptime"].int64().value_or(0);
    info.start_time = at["startTime"].int64().value_or(0);
    info.version = at["version"].text();
    return info;
}

Result<AgentInfo> agent_info_from_json(json::Value const& value) {
    return read_document(value, read_agent_info);
}

json::Value to_json(AgentInfo const& info, Mode mode) {
    json::Object out;
    out.append("name", info.name);
    out.append("vmName", info.vm_name);
    out.append("vmVendor", info.vm_vendor);
    out.append("vmVersion", info.vm_version);
    out.append("specName", info.spec_name);
    out.append("specVendor", info.spec_vendor);
    out.append("specVersion", info.spec_version);
    out.append("inputArguments", list_value(info.input_arguments));
    out.append("uptime", info.uptime);
    out.append("startTime", info.start_time);
    out.append("version", info.version);
    return finished(std::move(out), mode);
}

Result<StringMap> string_map_from_json(json::Value const& value) {
    return read_document(value, [](Field const& at) {
        at.is_object();
        return at.text_map();
    });
}

} // namespace heliosd::model
