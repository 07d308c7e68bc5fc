// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "support/catch.h"
#include "unit/cli/terminal.h"

#include <filesystem>
#include <fstream>
#include <memory>

// The outputs we promise: tests/golden/cli/*.txt hold sessions as a user sees them.
//
//   $ helios remove shop:2.0      a command; what follows is its output
//   < y                           right behind it: what is typed on standard input
//   ! sentence                    a line on standard error
//   \ no newline                  the output ended without one
//   [exit 1]                      its exit code, when it is not 0
//   @ fresh                       the cluster as it was in the beginning
//   @ undeploy JOB HOST, @ host NAME, @ TZ ZONE, @ jobs none
using namespace heliosd;

namespace {

std::filesystem::path golden() {
    char const* const data = std::getenv("HELIOSD_TEST_DATA");
    return std::filesystem::path(data != nullptr ? data : "tests/data").parent_path() / "golden" /
           "cli";
}

/// A command line into words, with the quotes of a shell.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::optional<std::string> word;
    char quote = 0;
    for (char c : line) {
        if (quote != 0 ? c == quote : (c == '"' || c == '\'')) {
            quote = quote != 0 ? '\0' : c;
            if (!word) word.emplace();
        } else if (quote == 0 && c == ' ') {
            if (word) words.push_back(std::move(*word));
            word.reset();
        } else {
            if (!word) word.emplace();
            *word += c;
        }
    }
    if (word) words.push_back(std::move(*word));
    return words;
}

/// The command's traces as the file writes them.
std::string recorded(test::Terminal const& terminal, int code) {
    std::string text = terminal.out;
    if (!text.empty() && !text.ends_with('\n')) text += "\n\\ no newline\n";
    std::istringstream errors(terminal.err);
    for (std::string line; std::getline(errors, line);)
        text += line.empty() ? "!\n" : "! " + line + "\n";
    if (code != 0) text += "[exit " + std::to_string(code) + "]\n";
    return text;
}

void arrange(std::unique_ptr<test::Terminal>& terminal, std::vector<std::string> const& words) {
    if (words[0] == "fresh") {
        terminal = std::make_unique<test::Terminal>();
    } else if (words[0] == "undeploy") {
        auto& host = terminal->master.hosts.at(words[2]);
        host.jobs.erase(words[1]);
        host.statuses.erase(words[1]);
    } else if (words[0] == "host") {
        terminal->master.add_host(words[1], true, test::Terminal::now,
                                  {{"role", "db"}, {"site", "lon"}});
    } else if (words[0] == "TZ") {
        ::setenv("TZ", words[1].c_str(), 1);
    } else if (words[0] == "jobs") {
        terminal->master.jobs.clear();
        for (auto& [name, host] : terminal->master.hosts) host.jobs.clear();
    } else {
        FAIL("no such direction: @ " << words[0]);
    }
}

/// Plays a file and answers the same with the outputs of today.
std::string replay(std::filesystem::path const& path) {
    std::ifstream file(path);
    auto terminal = std::make_unique<test::Terminal>();
    std::string result;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("@ ")) arrange(terminal, shell_words(line.substr(2)));
        bool const blank_or_comment = line.empty() || line.starts_with("#");
        if (line.starts_with("@ ") || blank_or_comment) result += line + "\n";
        if (!line.starts_with("$ helios")) continue;
        result += line + "\n";
        while (line.ends_with('\\')) {
            std::string more;
            std::getline(file, more);
            result += more + "\n";
            line.pop_back();
            line += more;
        }
        terminal->typed.clear();
        while (file.peek() == '<') {
            std::string typed;
            std::getline(file, typed);
            result += typed + "\n";
            terminal->typed += typed.substr(2) + "\n";
        }
        auto words = shell_words(line.substr(2));
        words.erase(words.begin());
        auto const code = terminal->helios(words);
        result += recorded(*terminal, code);
        // What the file has for it, up to the next empty line in front of a command.
        while (file.peek() != EOF) {
            auto const place = file.tellg();
            std::string old;
            std::getline(file, old);
            bool const next = old.empty() && (file.peek() == '$' || file.peek() == '@' ||
                                              file.peek() == '#' || file.peek() == EOF);
            if (next || old.starts_with("$ helios")) {
                file.seekg(place);
                break;
            }
        }
    }
    ::setenv("TZ", "UTC", 1);
    return result;
}

std::string content(std::filesystem::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("cli: the promised outputs, to the character") {
    std::size_t files = 0;
    for (auto const& entry : std::filesystem::directory_iterator(golden())) {
        if (entry.path().extension() != ".txt") continue;
        ++files;
        auto const today = replay(entry.path());
        if (std::getenv("HELIOSD_UPDATE_GOLDEN") != nullptr) {
            std::ofstream(entry.path()) << today;
            continue;
        }
        INFO(entry.path().filename());
        CHECK(today == content(entry.path()));
    }
    CHECK(files >= 10);
}
