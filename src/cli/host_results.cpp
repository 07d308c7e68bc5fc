// SPDX-License-Identifier: Apache-2.0
#include "cli/host_results.h"

#include "cli/output.h"

#include <ostream>

namespace heliosd::cli {

void HostResults::begin(std::string const& host) {
    if (!session_.json()) session_.out() << host << ": " << std::flush;
}

void HostResults::end(client::Answer const& answer) {
    bool const done = answer.outcome() == "OK";
    refused_ = refused_ || !done;
    auto& out = session_.out();
    if (session_.json()) {
        out << result_json(answer, {"host", "job", "status"});
    } else if (done) {
        out << "done\n";
    } else {
        out << "failed: " << result_text(type_, answer, {"status", "job", "'host'"}) << "\n";
    }
    out << std::flush;
}

} // namespace heliosd::cli
