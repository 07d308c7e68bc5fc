// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/job/new_job.h"
#include "cli/output.h"
#include "cli/references.h"

#include <istream>
#include <iterator>
#include <ostream>

namespace heliosd::cli {

CommandArguments create_arguments() {
    return {
        .options = new_job_options(),
        .positionals = {{.name = "ID", .help = "NAME:VERSION of the new job", .required = false},
                        {.name = "IMAGE", .help = "image of its container", .required = false},
                        {.name = "ARG",
                         .help = "command line in the container; put -- in front of it",
                         .required = false,
                         .many = true}}};
}

namespace {

Result<model::Job> job_of_file(Session& session, std::string const& path) {
    std::string content;
    if (path == "-") {
        content.assign(std::istreambuf_iterator<char>(session.services.in), {});
    } else {
        auto read = session.services.files.read(path);
        if (!read) return fail(Errc::not_found, "Cannot read file " + path);
        content = std::move(*read);
    }
    auto const name = path == "-" ? "standard input" : path;
    auto file = read_job_file(content, session.args.given("ID"));
    if (!file) return std::unexpected(in_context(name, std::move(file.error())));
    for (auto const& field : file->unknown_fields)
        session.err() << name << ": unknown field \"" << field
                      << "\" is ignored; correct its name or remove it\n";
    return std::move(file->job);
}

/// The job named by `--template`; nothing after printing why there is none.
Async<Result<std::optional<model::Job>>> template_job(Session& session, std::string query) {
    auto found = CO_TRY(co_await look_up_job(session, query));
    if (found.match != Match::one) {
        auto const* status =
            found.match == Match::unknown ? "UNKNOWN_JOB" : "AMBIGUOUS_JOB_REFERENCE";
        print_no_match(session, found, query,
                       {{"errors", nullptr}, {"id", nullptr}, {"status", status}});
        co_return std::nullopt;
    }
    if (!session.args.given("ID"))
        co_return fail(Errc::invalid, "Please specify new job name and version");
    co_return std::move(found.job);
}

/// What the options are laid over; nothing after printing why there is none.
Async<Result<std::optional<model::Job>>> base_job(Session& session) {
    auto const file = session.args.value("file");
    auto const model_job = session.args.value("template");
    if (file && model_job) {
        co_return fail(Errc::invalid, "Please use only one of -t/--template and -f/--file");
    }
    if (model_job) co_return co_await template_job(session, *model_job);
    if (file) co_return CO_TRY(job_of_file(session, *file));
    if (!session.args.given("IMAGE")) {
        co_return fail(Errc::invalid, "Please specify a file, or a template, or a job name, "
                                      "version and container image");
    }
    co_return model::Job{};
}

void print_faults(Session& session, model::JobId const& id, std::vector<std::string> faults) {
    if (!session.json()) {
        for (auto const& fault : faults) session.out() << fault << "\n";
        return;
    }
    json::Object document{{"errors", json::Array(faults.begin(), faults.end())},
                          {"id", unhashed_id(id)},
                          {"status", "INVALID_JOB_DEFINITION"}};
    session.out() << compact(std::move(document)) << "\n";
}

int print_answer(Session& session, client::Answer const& answer) {
    bool const done = answer.outcome() == "OK";
    bool const quiet = session.args.given("q");
    auto const id = answer.text("id");
    if (session.json()) {
        session.out() << result_json(answer, {"errors", "id", "status"}) << "\n";
    } else if (done) {
        if (!quiet) session.out() << "Done.\n";
        if (id) session.out() << *id << "\n";
    } else if (!quiet) {
        session.out() << "Failed: "
                      << result_text("CreateJobResponse", answer, {"status", "errors", "'id'"})
                      << "\n";
    }
    // A master that cannot read the request answers with a document of another kind.
    auto const message = answer.text("message");
    if (!done && message) session.err() << *message << "\n";
    return done ? 0 : 1;
}

} // namespace

Async<Result<int>> create(Session& session) {
    auto base = CO_TRY(co_await base_job(session));
    if (!base) co_return 1;
    auto job =
        CO_TRY(job_from_options(std::move(*base), session.args, session.settings.git_commit));

    // Refused here as the master would, before anything is sent.
    auto faults = model::validate(job, {.now = session.services.clock.wall(), .check_hash = false});
    if (!faults.empty()) {
        print_faults(session, job.id, std::move(faults));
        co_return 1;
    }
    if (!session.json() && !session.args.given("q")) {
        session.out() << "Creating job: " << compact(model::to_json(job, model::Mode::common))
                      << std::endl;
    }
    auto answer = CO_TRY(co_await session.master.create_job(job));
    co_return print_answer(session, answer);
}

} // namespace heliosd::cli
