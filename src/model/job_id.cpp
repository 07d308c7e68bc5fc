// SPDX-License-Identifier: Apache-2.0
#include "model/job_id.h"

#include "base/json/json.h"
#include "base/text.h"

#include <fmt/format.h>

namespace heliosd::model {
namespace {

std::strong_ordering compare(std::string_view a, std::string_view b) {
    if (json::utf16_less(a, b)) return std::strong_ordering::less;
    if (json::utf16_less(b, a)) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
}

std::strong_ordering compare(std::optional<std::string> const& a,
                             std::optional<std::string> const& b) {
    if (a && b) return compare(std::string_view(*a), std::string_view(*b));
    return a.has_value() <=> b.has_value();
}

Result<JobId> from_parts(std::string_view text, std::size_t least) {
    auto const parts = text::split_java(text, ':');
    if (parts.size() < least || parts.size() > 3 || text.empty())
        return fail(Errc::invalid, fmt::format("Invalid Job id: {}", text));
    JobId id;
    id.name = parts[0];
    if (parts.size() > 1) id.version = parts[1];
    if (parts.size() > 2) id.hash = parts[2];
    return id;
}

} // namespace

Result<JobId> JobId::from_json_text(std::string_view text) {
    return from_parts(text, 2);
}

Result<JobId> JobId::parse(std::string_view text) {
    return from_parts(text, 1);
}

bool JobId::is_full() const {
    return version && hash && text::to_utf16(*hash).size() == 40;
}

std::string JobId::to_string() const {
    auto const start = fmt::format("{}:{}", name, version ? std::string_view(*version) : "null");
    return hash ? fmt::format("{}:{}", start, *hash) : start;
}

std::string JobId::to_short_string() const {
    auto shortened = *this;
    if (hash) {
        std::string_view rest = *hash;
        for (int i = 0; i < 7 && !rest.empty(); ++i) text::take_code_point(rest);
        shortened.hash->resize(hash->size() - rest.size());
    }
    return shortened.to_string();
}

std::strong_ordering JobId::operator<=>(JobId const& other) const {
    if (auto const by_name = compare(std::string_view(name), std::string_view(other.name));
        by_name != 0)
        return by_name;
    if (auto const by_version = compare(version, other.version); by_version != 0) return by_version;
    return compare(hash, other.hash);
}

} // namespace heliosd::model
