// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"
#include "model/job.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How `create` makes a job of a base and its options (spec/cli.md §12.1.1), without any I/O.
namespace heliosd::cli {

/// The options of `create`.
std::vector<options::Option> new_job_options();

struct JobFile {
    model::Job job;
    /// Fields that no job has, as paths (`ports.http.extrenalPort`): every reader of jobs ignores
    /// them (spec/job.md §2.1), so the user should know.
    std::vector<std::string> unknown_fields;
};

/// Reads a job configuration file. `with_id`: the command line names the job, so the file need not.
Result<JobFile> read_job_file(std::string_view content, bool with_id);

/// `base` overlaid by the options; `git_commit` is metadata unless the job has it already.
Result<model::Job> job_from_options(model::Job base, options::Parsed const& args,
                                    std::optional<std::string> const& git_commit);

/// `NAME:VERSION` of a job to be, with `null` for what is missing.
std::string unhashed_id(model::JobId const& id);

} // namespace heliosd::cli
