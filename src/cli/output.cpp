// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace heliosd::cli {

namespace {

/// The shortest decimal text that reads back as the number, without an exponent.
template <class Real> std::string shortest(Real number) {
    // Enough for every double in fixed notation.
    std::array<char, 1100> digits{};
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                             std::chars_format::fixed)
                   .ptr;
    return {digits.data(), end};
}

/// Adds one to the last digit of a decimal text.
std::string incremented(std::string digits) {
    for (auto i = digits.size(); i-- > 0;) {
        if (digits[i] == '.') continue;
        if (digits[i] != '9') {
            ++digits[i];
            return digits;
        }
        digits[i] = '0';
    }
    return "1" + digits;
}

std::string rounded(std::string decimal) {
    std::string sign;
    if (decimal.starts_with('-')) {
        sign = "-";
        decimal.erase(0, 1);
    }
    if (decimal.find('.') == decimal.npos) decimal += ".";
    auto const kept = decimal.find('.') + 3;
    bool const up = decimal.size() > kept && decimal[kept] >= '5';
    decimal.resize(kept, '0');
    return sign + (up ? incremented(decimal) : decimal);
}

bool is_below(std::string_view host, std::string_view domain) {
    return host.size() > domain.size() + 1 && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.';
}

std::string json_text(json::Value const* value) {
    if (value == nullptr || value->is_null()) return "null";
    if (auto const* text = value->if_string()) return *text;
    if (auto const* list = value->if_array()) {
        std::vector<std::string> items;
        for (auto const& item : *list) items.push_back(json_text(&item));
        return bracketed(items);
    }
    return json::write(*value);
}

} // namespace

std::string quoted_word(std::string_view text) {
    bool const blank = std::any_of(text.begin(), text.end(), text::is_blank);
    return blank ? fmt::format("\"{}\"", text) : std::string(text);
}

std::string duration_text(std::chrono::milliseconds length) {
    using namespace std::chrono;
    auto counted = [](std::int64_t count, std::string_view unit) {
        return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
    };
    length = std::max(length, 0ms);
    if (length < 1s) return "0 seconds";
    if (length < 1min) return counted(duration_cast<seconds>(length).count(), "second");
    if (length < 1h) return counted(duration_cast<minutes>(length).count(), "minute");
    if (length < 24h) return counted(duration_cast<hours>(length).count(), "hour");
    return counted(duration_cast<days>(length).count(), "day");
}

std::string memory_text(std::int64_t bytes) {
    constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
    return fmt::format("{} gb", bytes / gibibyte);
}

std::string two_decimals(double number) {
    if (!std::isfinite(number)) return std::isnan(number) ? "NaN" : "Infinity";
    return rounded(shortest(number));
}

std::string usage_text(std::int64_t total, std::int64_t free) {
    if (total == 0) return "NaN";
    return rounded(shortest(static_cast<float>(total - free) / static_cast<float>(total)));
}

Result<std::string> short_host(std::string_view host, std::vector<std::string> const& search) {
    auto name = host;
    if (name.ends_with('.')) name.remove_suffix(1);
    for (auto label : text::split(name, '.')) {
        if (label.empty() || label.size() > 63)
            return fail(Errc::invalid, fmt::format("Invalid hostname '{}'", host));
    }
    auto const folded = text::to_lower(name);
    for (auto const& domain : search) {
        auto const suffix = text::to_lower(domain);
        if (folded == suffix) return "@";
        if (is_below(folded, suffix))
            return std::string(name.substr(0, name.size() - suffix.size() - 1));
    }
    return std::string(name) + ".";
}

std::string host_status_cell(bool up, WallTime now, std::optional<model::AgentInfo> const& agent) {
    std::string text = up ? "Up" : "Down";
    if (!agent) return text;
    // Of a host that is down: since the last report of its agent.
    auto since = now.time_since_epoch() - std::chrono::milliseconds{agent->start_time};
    if (!up) since -= std::chrono::milliseconds{agent->uptime};
    return text + " " + duration_text(since);
}

std::string task_state_cell(model::TaskState state, model::Throttle throttled) {
    std::string text(to_string(state));
    if (throttled != model::Throttle::no) text += fmt::format(" ({})", to_string(throttled));
    return text;
}

std::string reason_text(model::TaskStatus const& task) {
    if (task.state == model::TaskState::running) return "";
    std::string reason;
    for (char c : task.container_error) {
        // Messages come from outside: no control sequence reaches the terminal.
        bool const gap = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
        if (!gap) {
            reason += c;
        } else if (!reason.empty() && reason.back() != ' ') {
            reason += ' ';
        }
    }
    if (text::to_lower(reason).find("no command specified") != reason.npos) {
        reason += " (the image has no command of its own; create the job with one: helios create "
                  "NAME:VERSION IMAGE -- COMMAND)";
    }
    return std::string(text::trim(reason));
}

std::string container_id_cell(std::optional<std::string> const& id, bool full) {
    if (!id) return "";
    return full ? *id : id->substr(0, 7);
}

std::string ports_cell(model::PortMap const& ports) {
    std::vector<std::string> items;
    for (auto const& [name, port] : ports) {
        auto external = port.external_port ? fmt::to_string(*port.external_port) : "null";
        items.push_back(fmt::format("{}={}:{}", name, port.internal_port, external));
    }
    return text::join(items, " ");
}

std::string compact(json::Value value) {
    return json::write(json::sorted(std::move(value)));
}

std::string pretty(json::Value value) {
    return json::write_pretty(json::sorted(std::move(value)));
}

json::Object by_job_id(json::Object object) {
    std::vector<std::pair<model::JobId, json::Member>> members;
    for (auto& member : object) {
        auto id = model::JobId::parse(member.name).value_or(model::JobId{.name = member.name});
        members.emplace_back(std::move(id), std::move(member));
    }
    std::sort(members.begin(), members.end(),
              [](auto const& a, auto const& b) { return a.first < b.first; });
    json::Object ordered;
    for (auto& [id, member] : members) ordered.set(std::move(member.name), std::move(member.value));
    return ordered;
}

json::Value shown(model::HostStatus const& status) {
    auto document = json::sorted(model::to_json(status, model::Mode::common));
    auto* object = document.if_object();
    for (auto const* name : {"jobs", "statuses"}) {
        auto* value = object->find(name);
        if (value != nullptr && value->if_object() != nullptr)
            *value = by_job_id(std::move(*value->if_object()));
    }
    return document;
}

std::string result_json(client::Answer const& answer, std::vector<std::string> const& members) {
    auto document = answer.document;
    for (auto const& member : members) {
        if (document.find(member) == nullptr) document.set(member, nullptr);
    }
    return compact(std::move(document));
}

std::string result_text(std::string_view type, client::Answer const& answer,
                        std::vector<std::string> const& members) {
    std::vector<std::string> parts;
    for (auto const& member : members) {
        bool const quoted = member.starts_with('\'');
        auto const name = quoted ? member.substr(1, member.size() - 2) : member;
        auto const* quote = quoted ? "'" : "";
        parts.push_back(
            fmt::format("{}={}{}{}", name, quote, json_text(answer.document.find(name)), quote));
    }
    return fmt::format("{}{{{}}}", type, text::join(parts, ", "));
}

std::string bracketed(std::vector<std::string> const& items) {
    return "[" + text::join(items, ", ") + "]";
}

} // namespace heliosd::cli
