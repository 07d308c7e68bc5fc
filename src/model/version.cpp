// SPDX-License-Identifier: Apache-2.0
#include "model/version.h"

#include "base/text.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace heliosd::model {

std::optional<PomVersion> PomVersion::parse(std::string_view text) {
    constexpr std::string_view suffix = "-SNAPSHOT";
    PomVersion version;
    if (text.ends_with(suffix)) {
        version.snapshot = true;
        text.remove_suffix(suffix.size());
    }
    auto const parts = text::split(text, '.');
    if (parts.size() != 3) return std::nullopt;
    std::array<int*, 3> const numbers{&version.major, &version.minor, &version.patch};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        auto part = parts[i];
        if (part.starts_with('+')) part.remove_prefix(1);
        if (part.empty() || !text::is_digit(part.front())) return std::nullopt;
        auto const [stop, error] =
            std::from_chars(part.data(), part.data() + part.size(), *numbers[i]);
        if (error != std::errc{} || stop != part.data() + part.size()) return std::nullopt;
    }
    return version;
}

std::string PomVersion::to_string() const {
    return fmt::format("{}.{}.{}{}", major, minor, patch, snapshot ? "-SNAPSHOT" : "");
}

std::string_view to_string(Compatibility compatibility) {
    switch (compatibility) {
    case Compatibility::equal: return "EQUAL";
    case Compatibility::compatible: return "COMPATIBLE";
    case Compatibility::maybe: return "MAYBE";
    case Compatibility::incompatible: return "INCOMPATIBLE";
    case Compatibility::invalid: return "INVALID";
    case Compatibility::missing: return "MISSING";
    }
    return "INVALID";
}

Compatibility compare_versions(std::string_view client, PomVersion const& server) {
    if (client.empty()) return Compatibility::missing;
    auto const version = PomVersion::parse(client);
    if (!version) return Compatibility::invalid;
    if (*version == server) return Compatibility::equal;
    if (version->major != server.major) return Compatibility::incompatible;
    return server.minor >= version->minor ? Compatibility::compatible : Compatibility::maybe;
}

} // namespace heliosd::model
