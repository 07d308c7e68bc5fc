// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include "base/text.h"

namespace heliosd::cli {

namespace {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    for (char c : line) {
        if (!text::is_blank(c)) {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

} // namespace

std::vector<std::string> search_domains(std::string_view resolv_conf) {
    std::vector<std::string> domains;
    for (auto line : text::split(resolv_conf, '\n')) {
        auto words = words_of(line);
        if (words.empty() || (words[0] != "search" && words[0] != "domain")) continue;
        words.erase(words.begin());
        domains.clear();
        for (auto& word : words) {
            while (word.ends_with('.')) word.pop_back();
            if (!word.empty()) domains.push_back(std::move(word));
        }
    }
    return domains;
}

std::vector<std::string> search_domains(Files& files) {
    auto text = files.read("/etc/resolv.conf");
    return text ? search_domains(std::string_view(*text)) : std::vector<std::string>();
}

} // namespace heliosd::cli
