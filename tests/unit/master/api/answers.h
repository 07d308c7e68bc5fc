// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/catch.h"
#include "support/master_cluster.h"

namespace heliosd::test {

/// A member of a document that is a string; empty when it is not.
inline std::string text_at(ApiAnswer const& answer, std::string_view member) {
    auto const document = answer.document();
    auto const* const value = document.find(member);
    return value && value->if_string() ? *value->if_string() : "";
}
inline std::string word(ApiAnswer const& answer) {
    return text_at(answer, "status");
}

inline std::string deployment_body(std::string const& job, std::string const& goal) {
    return R"({"deployerUser":null,"goal":")" + goal + R"(","jobId":")" + job + "\"}";
}

/// Creates a job through the API and answers its id.
inline Async<std::string> create(ApiMaster& master, std::string body) {
    auto const answer = co_await master.call("POST", "/jobs?user=alice", std::move(body));
    if (answer.status != 200) throw std::runtime_error(answer.body);
    co_return text_at(answer, "id");
}
inline Async<ApiAnswer> deploy(ApiMaster& master, std::string host, std::string job,
                               std::string goal = "START") {
    return master.call("PUT", "/hosts/" + host + "/jobs/" + job + "?user=maria",
                       deployment_body(job, goal));
}

} // namespace heliosd::test
