// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/job/new_job.h"
#include "cli/output.h"
#include "cli/references.h"

#include <istream>
#include <iterator>
#include <ostream>

namespace heliosd::cli {

CommandWords create_words() {
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
        content.assign(std::istreambuf_iterator<char>(session.world.in), {});
    } else {
        auto read = session.world.files.read(path);
        if (!read) return fail(Errc::not_found, "Cannot read file " + path);
        content = std::move(*read);
    }
    auto const name = path == "-" ? "standard input" : path;
    auto file = read_job_file(content, session.words.given("ID"));
    if (!file) return std::unexpected(in_context(name, std::move(file.error())));
    for (auto const& field : file->unknown_fields)
        session.err() << name << ": unknown field \"" << field
                      << "\" is ignored; correct its name or remove it\n";
    return std::move(file->job);
}

/// The job named by `--template`, or nothing after saying why there is none.
Async<Result<std::optional<model::Job>>> template_job(Session& session, std::string query) {
    auto found = CO_TRY(co_await look_up_job(session, query));
    if (found.match != Match::one) {
        auto const* status =
            found.match == Match::unknown ? "UNKNOWN_JOB" : "AMBIGUOUS_JOB_REFERENCE";
        if (session.json()) {
            session.out() << compact(
                json::Object{{"errors", nullptr}, {"id", nullptr}, {"status", status}});
        } else {
            session.out() << no_match_text(found.match, query) << "\n";
        }
        list_candidates(session, found.candidates);
        co_return std::nullopt;
    }
    if (!session.words.given("ID"))
        co_return fail(Errc::invalid, "Please specify new job name and version");
    co_return std::move(found.job);
}

/// What the job starts from; nothing when that has been said already.
Async<Result<std::optional<model::Job>>> base_job(Session& session) {
    auto const file = session.words.value("file");
    auto const model_job = session.words.value("template");
    if (file && model_job) {
        co_return fail(Errc::invalid, "Please use only one of -t/--template and -f/--file");
    }
    if (model_job) co_return co_await template_job(session, *model_job);
    if (file) {
        auto job = CO_TRY(job_of_file(session, *file));
        co_return std::move(job);
    }
    if (!session.words.given("IMAGE")) {
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
    bool const quiet = session.words.given("q");
    auto const* id = answer.document.find("id");
    auto const* name = id != nullptr ? id->if_string() : nullptr;
    if (session.json()) {
        session.out() << result_json(answer, {"errors", "id", "status"}) << "\n";
    } else if (done) {
        if (!quiet) session.out() << "Done.\n";
        if (name != nullptr) session.out() << *name << "\n";
    } else if (!quiet) {
        session.out() << "Failed: "
                      << result_text("CreateJobResponse", answer, {"status", "errors", "'id'"})
                      << "\n";
    }
    // A master that cannot read the request at all says so in a document of another kind.
    auto const* message = answer.document.find("message");
    if (!done && message != nullptr && message->if_string() != nullptr)
        session.err() << *message->if_string() << "\n";
    return done ? 0 : 1;
}

} // namespace

Async<Result<int>> create(Session& session) {
    auto base = CO_TRY(co_await base_job(session));
    if (!base) co_return 1;
    auto job = CO_TRY(job_from_words(std::move(*base), session.words, session.world.environment));

    // What the master would refuse is said here, before anything is sent.
    auto faults = model::validate(job, {.now = session.world.clock.wall(), .check_hash = false});
    if (!faults.empty()) {
        print_faults(session, job.id, std::move(faults));
        co_return 1;
    }
    if (!session.json() && !session.words.given("q")) {
        session.out() << "Creating job: " << compact(model::to_json(job, model::Mode::common))
                      << std::endl;
    }
    auto answer = CO_TRY(co_await session.master.create_job(job));
    co_return print_answer(session, answer);
}

} // namespace heliosd::cli
