// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/references.h"

#include <algorithm>
#include <ostream>

namespace heliosd::cli {

CommandArguments masters_arguments() {
    return {.options = {{.letter = 'f', .help = "full host names"}}};
}

Async<Result<int>> masters(Session& session) {
    auto masters = CO_TRY(co_await session.master.masters());
    for (auto& name : masters) name = CO_TRY(shown_host(session, name));
    if (session.json()) {
        std::sort(masters.begin(), masters.end(), json::utf16_less);
        json::Array list(masters.begin(), masters.end());
        session.out() << pretty(std::move(list)) << "\n";
        co_return 0;
    }
    for (auto const& name : masters) session.out() << name << "\n";
    co_return 0;
}

} // namespace heliosd::cli
