// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace heliosd::master {

/// A job and its API document. All tasks and statuses of one job share it.
struct JobEntry {
    std::string id;
    model::Job job;
    std::string text;

    bool operator==(JobEntry const&) const = default;
};
using JobPtr = std::shared_ptr<JobEntry const>;

/// Interns jobs by their document. Parsing a job costs ten times as much as a look-up, and a
/// snapshot contains hundreds of thousands of copies of a few.
class JobTable {
public:
    Result<JobPtr> intern(std::string_view document);
    std::size_t size() const { return entries_.size(); }

private:
    void sweep();

    std::map<std::string, std::weak_ptr<JobEntry const>, std::less<>> entries_; ///< by document
    std::size_t sweep_at_ = 64;
};

} // namespace heliosd::master
