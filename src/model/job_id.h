// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd::model {

/// `name:version:hash`, also without its last parts where a user may abbreviate (spec/job.md §3).
struct JobId {
    std::string name;
    std::optional<std::string> version;
    std::optional<std::string> hash;

    /// A JSON value or map key: `name:version[:hash]`.
    static Result<JobId> from_json_text(std::string_view text);
    /// A path segment, an argument, a node name: a name alone is accepted too.
    static Result<JobId> parse(std::string_view text);

    /// Name, version and a hash of 40 characters: what every endpoint but creation needs.
    bool is_full() const;
    /// `name:version:hash`; `name:version` without a hash; `name:null` for a name alone [quirk].
    std::string to_string() const;
    /// With the first seven characters of the hash, as tables show it.
    std::string to_short_string() const;

    bool operator==(JobId const&) const = default;
    /// By name, version, hash, in UTF-16 order; an absent part first.
    std::strong_ordering operator<=>(JobId const& other) const;
};

} // namespace heliosd::model
