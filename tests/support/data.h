// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace heliosd::test {

/// The text of a file of tests/data; the build says where that is, else the tree we stand in.
inline std::string data_text(std::string const& name) {
    char const* const folder = std::getenv("HELIOSD_TEST_DATA");
    auto const path = std::string(folder ? folder : "tests/data") + "/" + name;
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("no test data at " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// JSON that a test knows to be right.
inline json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    if (!value) throw std::runtime_error(value.error().message);
    return std::move(*value);
}

inline json::Value data_json(std::string const& name) {
    return parsed(data_text(name));
}

} // namespace heliosd::test
