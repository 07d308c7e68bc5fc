// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/text.h"
#include "model/dates.h"
#include "model/java_order.h"
#include "model/job.h"
#include "model/task.h"
#include "model/version.h"

#include <cstdlib>
#include <string_view>

/// Any bytes as the words inside documents: ids, images, ports, dates, versions, constants.
namespace {

using namespace heliosd;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_id(std::string_view word) {
    auto const id = model::JobId::parse(word);
    if (!id) return;
    id->to_short_string();
    if (!id->version) return;
    auto const again = model::JobId::from_json_text(id->to_string());
    // An id whose last parts are empty is read without them.
    bool const complete = !id->version->empty() && (!id->hash || !id->hash->empty());
    if (complete) require(again && *again == *id);
}

void check_port(std::string_view word) {
    json::Object port{{"internalPort", word}, {"externalPort", word}, {"ip", word}};
    json::Object const job{{"id", "n:1"}, {"ports", json::Object{{"p", std::move(port)}}}};
    if (auto const read = model::job_from_json(job)) model::validate(*read, {});
}

void check_text(std::string_view word) {
    auto const encoded = base64_encode(word);
    require(base64_decode(encoded) == word);
    if (auto const decoded = base64_decode(word))
        require(base64_encode(*decoded).size() == word.size());
    text::to_utf16(word);
    require(json::parse(json::quoted(word)).has_value());
    require(!json::utf16_less(word, word));
}

void check_date(std::string_view word) {
    auto const date = model::parse_date(word);
    if (!date) return;
    model::format_java(*date);
    auto const again = model::parse_date(model::format_iso(*date));
    bool const edge_of_time = date->time_since_epoch().count() < INT64_MIN + 86'400'000;
    require(edge_of_time || again == date);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
    std::string_view const word(reinterpret_cast<char const*>(data), size);
    check_id(word);
    check_port(word);
    check_text(word);
    check_date(word);
    model::validate_image(word);
    if (auto const version = model::PomVersion::parse(word))
        require(model::PomVersion::parse(version->to_string()) == version);
    if (auto const goal = model::goal_from_text(word, false)) to_string(*goal);
    std::vector<std::string> words;
    for (auto const part : text::split(word, ',')) words.emplace_back(part);
    auto const order = model::java_set_order(words);
    require(model::java_set_order(order) == order);
    return 0;
}
