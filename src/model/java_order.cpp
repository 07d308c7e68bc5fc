// SPDX-License-Identifier: Apache-2.0
#include "model/java_order.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>

namespace heliosd::model {
namespace {

std::uint32_t spread_hash(std::string const& element) {
    std::uint32_t hash = 0;
    for (auto const unit : text::to_utf16(element)) hash = 31 * hash + unit;
    return hash ^ hash >> 16;
}

} // namespace

std::vector<std::string> java_set_order(std::vector<std::string> const& elements) {
    std::vector<std::string> distinct;
    std::set<std::string_view> seen;
    for (auto const& element : elements) {
        if (seen.insert(element).second) distinct.push_back(element);
    }
    // A hash table doubles when more than three quarters full and keeps the order within a bucket,
    // so the order depends on the final size and, within a bucket, on insertion order.
    std::size_t size = 16;
    while (distinct.size() * 4 > size * 3) size *= 2;
    std::vector<std::vector<std::string>> buckets(size);
    for (auto const& element : distinct)
        buckets[spread_hash(element) & (size - 1)].push_back(element);
    std::vector<std::string> out;
    for (auto& bucket : buckets) std::ranges::move(bucket, std::back_inserter(out));
    return out;
}

} // namespace heliosd::model
