// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"
#include "cli/commands.h"
#include "support/catch.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

// The table of commands is the only one: the manual, the completion and the help follow it.
using namespace heliosd;

namespace {

using Words = std::set<std::string>;

std::string content(std::string const& name) {
    char const* const data = std::getenv("HELIOSD_TEST_DATA");
    auto const tests = std::filesystem::path(data != nullptr ? data : "tests/data").parent_path();
    auto const path = (tests.empty() ? "." : tests / "..") / name;
    std::ifstream in(path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// `-f`, `--file`, … of all options that are shown.
Words spelled(std::vector<options::Option> const& options) {
    Words words;
    for (auto const& option : options) {
        if (option.hidden) continue;
        if (option.letter != 0) words.insert(std::string("-") + option.letter);
        if (!option.name.empty()) words.insert("--" + option.name);
    }
    return words;
}

/// The options of each command, and of `global`.
std::map<std::string, Words> expected() {
    std::map<std::string, Words> all{{"global", spelled(cli::global_options())}};
    for (auto const& command : cli::commands())
        all[std::string(command.name)] = spelled(command.arguments().options);
    return all;
}

/// All matches of the first group of an expression.
std::vector<std::string> groups(std::string const& text, std::string const& expression) {
    std::regex const pattern(expression, std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
        found.push_back((*match)[1]);
    return found;
}

} // namespace

TEST_CASE("cli: the table of commands is sorted, and each has a summary and a job to do") {
    auto const names = cli::command_names();
    CHECK(std::is_sorted(names.begin(), names.end()));
    CHECK(names.size() == 13);
    for (auto const& command : cli::commands()) {
        CAPTURE(command.name);
        CHECK_FALSE(command.summary.empty());
        CHECK(command.run != nullptr);
        // No option hides a global one.
        auto const own = spelled(command.arguments().options);
        for (auto const& global : spelled(cli::global_options())) CHECK_FALSE(own.contains(global));
    }
}

TEST_CASE("cli: the manual has a section for each command, with each option once") {
    auto manual = content("man/helios.1");
    manual = std::regex_replace(manual, std::regex(R"(\\-)"), "-");
    std::map<std::string, Words> described;
    // From one heading to the next.
    std::regex const heading(R"(^\.S[SH] (?:helios ([a-z]+)|([A-Z ]+)))", std::regex::multiline);
    for (std::sregex_iterator match(manual.begin(), manual.end(), heading), end; match != end;) {
        auto const name = (*match)[1].matched ? (*match)[1].str() : (*match)[2].str();
        auto const from = static_cast<std::size_t>(match->position());
        ++match;
        auto const to = match == end ? manual.size() : static_cast<std::size_t>(match->position());
        Words options;
        for (auto const& line : groups(manual.substr(from, to - from), R"(^\.TP\n(.*)$)")) {
            for (auto const& option : groups(line, R"((?:^|[ "])(--?[a-z][a-z-]*))")) {
                CAPTURE(name, option);
                CHECK(options.insert(option).second);
            }
        }
        if (name == "GLOBAL OPTIONS") described["global"] = options;
        if (name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == name.npos)
            described[name] = options;
    }
    CHECK(described == expected());
}

TEST_CASE("cli: the completion knows the same commands and options") {
    auto const script = content("contrib/completion/helios.bash");
    std::map<std::string, Words> completed;
    std::regex const entry(R"(^    \[([a-z]+)\]="(.*)\"$)", std::regex::multiline);
    for (std::sregex_iterator match(script.begin(), script.end(), entry), end; match != end;
         ++match) {
        std::istringstream words((*match)[2].str());
        completed[(*match)[1]] =
            Words(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
    }
    CHECK(completed == expected());
}

TEST_CASE("cli: the golden help has every command") {
    auto const help = content("tests/golden/cli/help.txt");
    auto shown = groups(help, R"(^\$ helios ([a-z]+) -h$)");
    CHECK(shown == cli::command_names());
}
