// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd::model {

/// What we present where peers and clients look: the protocol's version, not ours.
inline constexpr std::string_view protocol_version = "0.9.283";

/// `major.minor.patch[-SNAPSHOT]` (spec/job.md §10).
struct PomVersion {
    int major = 0, minor = 0, patch = 0;
    bool snapshot = false;

    static std::optional<PomVersion> parse(std::string_view text);
    std::string to_string() const;
    bool operator==(PomVersion const&) const = default;
};

/// How a client's version relates to the server's (spec/rest-api.md §1.7).
enum class Compatibility { equal, compatible, maybe, incompatible, invalid, missing };
std::string_view to_string(Compatibility compatibility);
Compatibility compare_versions(std::string_view client, PomVersion const& server);

} // namespace heliosd::model
