// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"

#include <iosfwd>
#include <string>
#include <vector>

/// The `helios` program: reads a command line, runs the command on each target and returns its exit
/// code.
namespace heliosd::cli {

/// `words` is the command line without the program's name.
Async<int> run(std::vector<std::string> words, Process process, Services& services);

/// The same for `main`, on the machine's own clock, files and network. `argv` begins with the
/// program's name.
int run(int argc, char const* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

} // namespace heliosd::cli
