// SPDX-License-Identifier: Apache-2.0
#include "master/view/job_table.h"

#include <algorithm>

namespace heliosd::master {

Result<JobPtr> JobTable::intern(std::string_view document) {
    auto const known = entries_.find(document);
    if (known != entries_.end()) {
        if (auto entry = known->second.lock()) return entry;
    }
    auto const value = TRY(json::parse(document));
    auto job = TRY(model::job_from_json(value));
    auto text = json::write(model::to_json(job, model::Mode::api));
    auto id = job.id.to_string();
    JobPtr entry =
        std::make_shared<JobEntry const>(JobEntry{std::move(id), std::move(job), std::move(text)});
    entries_.insert_or_assign(std::string(document), entry);
    sweep();
    return entry;
}

void JobTable::sweep() {
    if (entries_.size() < sweep_at_) return;
    std::erase_if(entries_, [](auto const& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, entries_.size() * 2);
}

} // namespace heliosd::master
