// SPDX-License-Identifier: Apache-2.0
#include "docker/docker_time.h"

#include "model/dates.h"

namespace heliosd::docker {

std::optional<WallTime> parse_docker_time(std::string_view text) {
    // Of the forms of dates this is the longest: with seconds and a zone with a colon.
    constexpr std::size_t seconds = std::string_view("2026-01-31T12:00").size();
    bool const complete = text.size() > seconds + 3 && text[seconds] == ':' &&
                          (text.ends_with('Z') || text[text.size() - 3] == ':');
    auto const time = complete ? model::parse_date(text) : std::nullopt;
    return time && *time >= WallTime() ? time : std::nullopt;
}

} // namespace heliosd::docker
