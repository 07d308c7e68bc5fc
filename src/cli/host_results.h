// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"

#include <string_view>

namespace heliosd::cli {

/// What the commands that do something to a job on several hosts print of it, host by host
/// (spec/cli.md §12.4–12.7), and their exit code in the end.
class HostResults {
public:
    /// `type` is the name of the answers in texts: `JobDeployResponse`.
    HostResults(Session& session, std::string_view type) : session_(session), type_(type) {}

    /// Before the request: the name of the host, so that one that hangs is known.
    void begin(std::string const& host);
    /// What the master answered.
    void end(client::Answer const& answer);
    int exit_code() const { return refused_ ? 1 : 0; }

private:
    Session& session_;
    std::string_view type_;
    bool refused_ = false;
};

} // namespace heliosd::cli
