// SPDX-License-Identifier: Apache-2.0
#include "net/descriptors.h"

#include <algorithm>

#include <sys/resource.h>

namespace heliosd::net {

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    return limit.rlim_cur;
}

std::size_t connection_limit(std::size_t descriptors, std::size_t wanted) {
    // A master of 10,000 hosts has about 50 ZooKeeper sessions, an agent one Docker connection for
    // each call in progress; the admin port takes 64 of the reserve.
    auto const reserve = std::clamp<std::size_t>(descriptors / 4, 128, 1024);
    auto const left = descriptors > reserve ? descriptors - reserve : 0;
    return std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(left, 1));
}

} // namespace heliosd::net
