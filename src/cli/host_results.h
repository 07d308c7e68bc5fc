// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"

#include <string_view>

namespace heliosd::cli {

/// Output and exit code of the commands that change a job on several hosts, host by host
/// (spec/cli.md §12.4–12.7).
class HostResults {
public:
    /// `type` is the name of the answers in texts: `JobDeployResponse`.
    HostResults(Session& session, std::string_view type) : session_(session), type_(type) {}

    /// Called before the request: prints the host, so that one that hangs is known.
    void begin(std::string const& host);
    /// Called with the master's answer.
    void end(client::Answer const& answer);
    int exit_code() const { return refused_ ? 1 : 0; }

private:
    Session& session_;
    std::string_view type_;
    bool refused_ = false;
};

} // namespace heliosd::cli
