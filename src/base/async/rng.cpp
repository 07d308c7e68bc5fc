// SPDX-License-Identifier: Apache-2.0
#include "base/async/rng.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace heliosd {

std::uint64_t Rng::below(std::uint64_t bound) {
    // Rejection sampling: plain modulo would favour small numbers.
    std::uint64_t const limit = max() - max() % bound;
    std::uint64_t drawn = (*this)();
    while (drawn >= limit) drawn = (*this)();
    return drawn % bound;
}

double Rng::unit() {
    return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

std::uint64_t SystemRng::operator()() {
    std::uint64_t bits = 0;
    while (getrandom(&bits, sizeof bits, 0) != sizeof bits) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return bits;
}

std::string random_uuid(Rng& rng) {
    std::uint64_t const high = (rng() & ~0xf000ULL) | 0x4000ULL;
    std::uint64_t const low = (rng() & ~(0x3ULL << 62)) | (0x2ULL << 62);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xffff, low >> 48, low & 0xffff'ffff'ffffULL);
}

} // namespace heliosd
