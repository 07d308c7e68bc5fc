// SPDX-License-Identifier: Apache-2.0
#include "agent/host/host_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include <sys/utsname.h>
#include <unistd.h>

namespace heliosd::agent {
namespace {

/// The number of kilobytes in the line that starts with `key`, as bytes.
std::int64_t bytes_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!line.starts_with(key)) continue;
        line.remove_prefix(key.size());
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        std::int64_t kilobytes = 0;
        std::from_chars(line.data(), line.data() + line.size(), kilobytes);
        return kilobytes * 1024;
    }
    return 0;
}

} // namespace

Memory parse_meminfo(std::string_view text) {
    return {.total = bytes_of(text, "MemTotal:"),
            .free = bytes_of(text, "MemFree:"),
            .swap_total = bytes_of(text, "SwapTotal:"),
            .swap_free = bytes_of(text, "SwapFree:")};
}

double parse_loadavg(std::string_view text) {
    double load = -1;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), load);
    return failed == std::errc{} ? load : -1;
}

std::string architecture_name(std::string_view machine) {
    return std::string(machine == "x86_64" ? "amd64" : machine);
}

model::HostInfo host_info(Files& files) {
    utsname system{};
    uname(&system);
    auto const memory = parse_meminfo(files.read("/proc/meminfo").value_or(""));
    model::HostInfo info;
    info.hostname = system.nodename;
    info.uname = fmt::format("{} {} {} {} {} GNU/Linux", system.sysname, system.nodename,
                             system.release, system.version, system.machine);
    info.architecture = architecture_name(system.machine);
    info.os_name = system.sysname;
    info.os_version = system.release;
    info.cpus = sysconf(_SC_NPROCESSORS_ONLN);
    info.load_avg = parse_loadavg(files.read("/proc/loadavg").value_or(""));
    info.memory_total = memory.total;
    info.memory_free = memory.free;
    info.swap_total = memory.swap_total;
    info.swap_free = memory.swap_free;
    return info;
}

int process_number() {
    return getpid();
}

} // namespace heliosd::agent
