// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/output.h"

#include <algorithm>
#include <ostream>

namespace heliosd::cli {

CommandWords masters_words() {
    return {.options = {{.letter = 'f', .help = "full host names"}}};
}

Async<Result<int>> masters(Session& session) {
    auto masters = CO_TRY(co_await session.master.masters());
    if (!session.words.given("f")) {
        auto const search = search_domains(session.world.files);
        for (auto& name : masters) {
            auto shortened = CO_TRY(short_host(name, search));
            name = std::move(shortened);
        }
    }
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
