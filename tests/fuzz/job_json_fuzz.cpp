// SPDX-License-Identifier: Apache-2.0
#include "model/host.h"
#include "model/task.h"

#include <cstdlib>
#include <string_view>

/// Any bytes as a document: nothing crashes, and what was read is written so that it is read back
/// the same.
namespace {

using namespace heliosd;

void require(bool holds) {
    if (!holds) std::abort();
}

json::Value reread(json::Value const& value, bool pretty) {
    auto again = json::parse(pretty ? json::write_pretty(value) : json::write(value),
                             {.bytes = SIZE_MAX, .depth = SIZE_MAX});
    require(again.has_value());
    return std::move(*again);
}

template <class Read> void round_trip(json::Value const& document, Read read) {
    auto const value = read(document);
    if (!value) {
        require(!value.error().message.empty());
        return;
    }
    for (auto const mode : {model::Mode::api, model::Mode::common}) {
        auto const written = to_json(*value, mode);
        auto const again = read(reread(written, mode == model::Mode::api));
        require(again && to_json(*again, mode) == written);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
    auto const document = json::parse({reinterpret_cast<char const*>(data), size});
    if (!document) return 0;
    require(reread(*document, false) == *document);
    require(reread(*document, true) == *document);
    round_trip(*document, model::task_from_json);
    round_trip(*document, model::task_status_from_json);
    round_trip(*document, model::host_status_from_json);
    round_trip(*document, model::host_info_from_json);
    round_trip(*document, model::job_from_json);
    if (auto job = model::job_from_json(*document)) {
        auto const hash = model::job_hash(*job);
        model::validate(*job, {.submitted = *model::submitted_capabilities(*document)});
        auto const again = model::job_from_json(reread(to_json(*job, model::Mode::common), false));
        require(model::job_hash(*again) == hash);
    }
    return 0;
}
