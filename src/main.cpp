// SPDX-License-Identifier: Apache-2.0
// One program, four personalities: chosen by the name it is called by, or by the first word.
#include "base/environment.h"
#include "cli/cli.h"
#include "daemon/daemons.h"
#include "daemon/process.h"

#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace heliosd;
using Words = std::span<char const* const>;

constexpr std::string_view usage =
    R"(usage: heliosd solo [OPTIONS]      a master, an agent and their store on one machine
       heliosd master [OPTIONS]    the HTTP API of a fleet (also as helios-master)
       heliosd agent [OPTIONS]     runs the jobs of this host (also as helios-agent)
       heliosd cli [ARGUMENTS]     the command line (also as helios)
       heliosd --version
Each of them says more with --help.
)";

/// The command line wants the program's name in front of its words.
int run_cli(Words words) {
    std::vector<char const*> argv{"helios"};
    argv.insert(argv.end(), words.begin(), words.end());
    return cli::run(static_cast<int>(argv.size()), argv.data(), std::cin, std::cout, std::cerr);
}

int run(std::string_view name, Words words) {
    if (name == "helios") return run_cli(words);
    if (name == "helios-master") return daemon::run_master(words);
    if (name == "helios-agent") return daemon::run_agent(words, process_environment());

    std::string_view const first = words.empty() ? "" : words[0];
    if (first == "--version" || first == "-V")
        return daemon::print_text(fmt::format("heliosd {}\n", HELIOSD_VERSION));
    if (first == "-h" || first == "--help") return daemon::print_text(std::string(usage));
    if (first == "solo") return daemon::run_solo(words.subspan(1), process_environment());
    if (first == "master") return daemon::run_master(words.subspan(1));
    if (first == "agent") return daemon::run_agent(words.subspan(1), process_environment());
    if (first == "cli") return run_cli(words.subspan(1));
    if (!first.empty()) fmt::print(stderr, "heliosd: there is no {:?}\n", first);
    fmt::print(stderr, "{}", usage);
    return 64;
}

} // namespace

int main(int argc, char** argv) {
    std::string_view name = argc > 0 ? argv[0] : "heliosd";
    name.remove_prefix(name.rfind('/') + 1);
    try {
        return run(name, Words(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0));
    } catch (std::exception const& e) {
        fmt::print(stderr, "{}: {}\n", name, e.what());
        return 1;
    }
}
