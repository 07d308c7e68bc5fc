// SPDX-License-Identifier: Apache-2.0
#include "master/writes/cluster_writer.h"

#include "layout/paths.h"

namespace heliosd::master {

using store::StoreErrc;

Async<store::MultiResult> ClusterWriter::send(std::vector<store::Op> ops, WriteLogPtr log) {
    log->ops.insert(log->ops.end(), ops.begin(), ops.end());
    co_return co_await store_.multi(std::move(ops));
}

Async<Result<std::optional<store::Node>>> ClusterWriter::get_if_exists(std::string path) {
    auto node = co_await store_.get(std::move(path));
    if (node) co_return std::optional(std::move(*node));
    if (node.error().code == StoreErrc::not_found) co_return std::optional<store::Node>{};
    co_return std::unexpected(std::move(node.error()));
}

Async<Result<std::optional<store::Node>>> ClusterWriter::find(std::string path) {
    auto node = co_await get_if_exists(path);
    if (!node || *node) co_return node;
    // Another master may have created it on a server that is ahead of ours.
    CO_TRY(co_await store_.sync(path));
    co_return co_await get_if_exists(std::move(path));
}

Async<Result<bool>> ClusterWriter::is_there(std::string path) {
    auto const stat = CO_TRY(co_await store_.exists(std::move(path)));
    co_return stat.has_value();
}

Async<Result<bool>> ClusterWriter::is_still_there(std::string path) {
    auto const seen = CO_TRY(co_await is_there(path));
    if (!seen) co_return false;
    // Another master may have removed it on a server that is ahead of ours.
    CO_TRY(co_await store_.sync(path));
    co_return co_await is_there(std::move(path));
}

Async<Result<std::vector<std::string>>> ClusterWriter::children_of(std::string path) {
    auto children = co_await store_.children(std::move(path));
    if (!children && children.error().code == StoreErrc::not_found)
        co_return std::vector<std::string>{};
    co_return children;
}

Async<Result<std::optional<model::Job>>> ClusterWriter::find_job(std::string id) {
    auto const path = layout::job(id);
    auto const node = CO_TRY(co_await find(path));
    if (!node) co_return std::optional<model::Job>{};
    auto const document = json::parse(node->data);
    if (!document) co_return std::unexpected(in_context(path, document.error()));
    auto job = model::job_from_json(*document);
    if (!job) co_return std::unexpected(in_context(path, job.error()));
    co_return std::optional(std::move(*job));
}

} // namespace heliosd::master
