// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace heliosd {

/// The only source of randomness, injected so that a seeded run can be repeated.
class Rng {
public:
    using result_type = std::uint64_t;

    virtual ~Rng() = default;
    /// 64 random bits.
    virtual std::uint64_t operator()() = 0;

    /// Uniform in [0, bound); `bound` must not be 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double unit();

    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return UINT64_MAX; }
};

/// The kernel's random numbers, fit for identifiers that must not be guessed.
class SystemRng final : public Rng {
public:
    std::uint64_t operator()() override;
};

/// A repeatable sequence, for tests and simulation.
class SeededRng final : public Rng {
public:
    explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t operator()() override { return engine_(); }

private:
    std::mt19937_64 engine_;
};

/// A random UUID (RFC 4122 version 4) in canonical lower-case text.
std::string random_uuid(Rng& rng);

} // namespace heliosd
