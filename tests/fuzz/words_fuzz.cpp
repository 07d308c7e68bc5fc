// SPDX-License-Identifier: Apache-2.0
#include "base/options/options.h"
#include "cli/config.h"
#include "cli/job/inspect_text.h"
#include "cli/job/job_options.h"
#include "cli/times.h"
#include "model/job.h"

#include <fmt/format.h>

#include <cstdlib>

// Words that people type: ports, registrations, images, ids, times, the config file. What is
// accepted must mean the same when it is written down and read again.
namespace {

using namespace heliosd;

void must(bool holds) {
    if (!holds) std::abort();
}

void ports(std::string_view word) {
    auto const port = cli::parse_port_mapping(word);
    if (!port) return;
    auto const& [name, mapping] = *port;
    auto shown = cli::port_item(mapping);
    if (!mapping.ip) shown.erase(0, 1);
    auto const again = cli::parse_port_mapping(fmt::format("{}={}", name, shown));
    must(again && *again == *port);

    model::PortMap const one{{name, mapping}};
    auto const registration = cli::parse_registration(word, one);
    must(!registration || !registration->service.empty());
}

void ids(std::string_view word) {
    auto const id = model::JobId::parse(word);
    if (!id || !id->version) return;
    auto const again = model::JobId::parse(id->to_string());
    must(again && *again == *id);
}

void times(std::string_view word) {
    auto const time = cli::parse_expiry(word);
    if (!time) return;
    (void)cli::inspect_time(*time);
    auto shown = cli::history_time(*time);
    // Years beyond four digits, and before the first, have other forms.
    if (shown.size() != std::string_view("2024-06-10 06:18:20.987").size()) return;
    shown[shown.find(' ')] = 'T';
    auto const again = cli::parse_expiry(shown);
    must(again && *again == *time);
}

/// The bytes as a command line, a word a line.
void command_line(std::string_view bytes) {
    static options::OptionSet const set(
        {{.letter = 'a', .name = "all"},
         {.letter = 'v', .name = "value", .takes = options::Takes::value},
         {.name = "vary", .takes = options::Takes::maybe_value},
         {.letter = 'm', .name = "many", .takes = options::Takes::many},
         {.name = "number", .takes = options::Takes::value, .kind = options::Kind::int32}},
        {{.name = "FIRST"}, {.name = "REST", .required = false, .many = true}});
    std::vector<std::string> words(1);
    for (char c : bytes) {
        if (c == '\n') {
            words.emplace_back();
        } else if (c != '\0') {
            words.back() += c;
        }
    }
    std::vector<char const*> pointers;
    for (auto const& word : words) pointers.push_back(word.c_str());
    auto const parsed = set.parse(pointers);
    if (!parsed) {
        must(!parsed.error().message.empty());
    } else if (parsed->given("number")) {
        must(parsed->integer("number").has_value());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
    std::string_view const word(reinterpret_cast<char const*>(data), size);
    ports(word);
    ids(word);
    times(word);
    command_line(word);
    (void)model::validate_image(word);
    (void)cli::parse_volume(word);
    (void)cli::parse_config(word);
    return 0;
}
