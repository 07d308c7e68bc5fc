// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/files.h"
#include "model/host.h"

#include <string_view>

namespace heliosd::agent {

/// What `/proc/meminfo` says, in bytes; what it does not say is 0.
struct Memory {
    std::int64_t total = 0, free = 0, swap_total = 0, swap_free = 0;
    bool operator==(Memory const&) const = default;
};
Memory parse_meminfo(std::string_view text);

/// The one-minute load of `/proc/loadavg`; -1 when it cannot be read.
double parse_loadavg(std::string_view text);

/// The JVM's name for `uname -m`, as clients know it: `x86_64` is `amd64`.
std::string architecture_name(std::string_view machine);

/// This machine now, without its Docker. Reads two small files of the kernel.
model::HostInfo host_info(Files& files);

/// The number of this process, for `pid@host`.
int process_number();

} // namespace heliosd::agent
