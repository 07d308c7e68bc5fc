// SPDX-License-Identifier: Apache-2.0
#include "model/job.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

/// Image references (spec/job.md §6.1), with the quirks of the reference: a registry is recognised
/// by a dot, a colon or the word localhost, and trailing slashes are accepted.
namespace heliosd::model {
namespace {

constexpr std::string_view invalid_repository =
    R"(Invalid repository name (ex: "registry.domain.tld/myrepos"))";

bool is_digest(std::string_view digest) {
    auto const colon = digest.find(':');
    return colon != std::string_view::npos && colon != 0 && colon + 1 != digest.size() &&
           digest.find(':', colon + 1) == std::string_view::npos;
}

/// `[\w][\w.-]{0,127}`
bool is_tag(std::string_view tag) {
    auto const is_word = [](char c) { return text::is_alnum(c) || c == '_'; };
    return !tag.empty() && tag.size() <= 128 && is_word(tag.front()) &&
           std::ranges::all_of(tag, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_ipv4_like(std::string_view address) {
    auto const groups = text::split(address, '.');
    return groups.size() == 4 && std::ranges::all_of(groups, [](std::string_view group) {
               return !group.empty() && group.size() <= 3 &&
                      std::ranges::all_of(group, text::is_digit);
           });
}

bool is_domain_label(std::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return text::is_alnum(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
    if (std::ranges::all_of(domain, [](char c) { return text::is_digit(c) || c == '.'; }))
        return false;
    if (domain.ends_with('.')) domain.remove_suffix(1);
    return std::ranges::all_of(text::split(domain, '.'), is_domain_label);
}

bool is_port(std::string_view port) {
    if (port.starts_with('+')) port.remove_prefix(1);
    if (port.empty() || !std::ranges::all_of(port, text::is_digit)) return false;
    int number = 0;
    auto const [_, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return error == std::errc{} && number <= 65535;
}

void check_name(std::string_view image, std::string_view name, std::vector<std::string>& errors) {
    auto const is_component = [](std::string_view component) {
        return !component.empty() && std::ranges::all_of(component, [](char c) {
            return text::is_lower(c) || text::is_digit(c) || c == '.' || c == '_' || c == '-';
        });
    };
    for (auto const component : text::split_java(name, '/')) {
        if (is_component(component)) continue;
        errors.push_back(fmt::format("Invalid image name ({}), only ^([a-z0-9._-]+)$ is allowed "
                                     "for each slash-separated name component (failed on \"{}\")",
                                     image, component));
        return;
    }
    if (name.size() > 255)
        errors.push_back(fmt::format(
            "Invalid image name ({}), repository name cannot be larger than 255 characters",
            image));
}

/// `address[:port]` before the name.
void check_endpoint(std::string_view endpoint, std::vector<std::string>& errors) {
    auto const colon = endpoint.find(':');
    auto const address = endpoint.substr(0, colon);
    if (!is_ipv4_like(address) && !is_domain(address)) {
        errors.push_back(fmt::format("Invalid domain name: \"{}\"", address));
    } else if (colon != std::string_view::npos && !is_port(endpoint.substr(colon + 1))) {
        errors.push_back(fmt::format("Invalid port in endpoint: \"{}\"", endpoint));
    }
}

void check_repository(std::string_view image, std::string_view repository,
                      std::vector<std::string>& errors) {
    if (repository.find("://") != std::string_view::npos) {
        errors.emplace_back(invalid_repository);
        return;
    }
    auto const slash = repository.find('/');
    auto const first = repository.substr(0, slash);
    bool const is_registry =
        first.find_first_of(".:") != std::string_view::npos || first == "localhost";
    if (!is_registry) {
        check_name(image, repository, errors);
    } else if (slash == std::string_view::npos) {
        errors.emplace_back(invalid_repository);
    } else {
        check_endpoint(first, errors);
        check_name(image, repository.substr(slash + 1), errors);
    }
}

} // namespace

std::vector<std::string> validate_image(std::string_view image) {
    std::vector<std::string> errors;
    auto repository = image;
    if (auto const at = repository.rfind('@'); at != std::string_view::npos) {
        auto const digest = repository.substr(at + 1);
        repository = repository.substr(0, at);
        if (digest.empty()) {
            errors.emplace_back("Digest cannot be empty");
        } else if (!is_digest(digest)) {
            errors.push_back(fmt::format("Illegal digest: \"{}\"", digest));
        }
    }
    auto const colon = repository.rfind(':');
    if (colon != std::string_view::npos && repository.find('/', colon) == std::string_view::npos) {
        auto const tag = repository.substr(colon + 1);
        repository = repository.substr(0, colon);
        if (tag.empty()) {
            errors.emplace_back("Tag cannot be empty");
        } else if (!is_tag(tag)) {
            errors.push_back(
                fmt::format(R"(Illegal tag: "{}", must match [\w][\w.-]{{0,127}})", tag));
        }
    }
    check_repository(image, repository, errors);
    return errors;
}

} // namespace heliosd::model
