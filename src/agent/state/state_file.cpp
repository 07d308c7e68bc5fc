// SPDX-License-Identifier: Apache-2.0
#include "agent/state/state_file.h"

#include "base/log.h"

#include <utility>

namespace heliosd::agent {

StateFile::StateFile(Services services, std::string path, Duration linger,
                     std::function<std::string()> content)
    : services_(services),
      path_(std::move(path)),
      linger_(linger),
      content_(std::move(content)),
      backoff_(services.rng),
      touched_(services.executor),
      settled_(services.executor) {
}

void StateFile::touch() {
    ++wanted_;
    touched_.set();
}

Async<Result<>> StateFile::saved(std::uint64_t version) {
    auto const failures = failures_;
    while (written_ < version) {
        if (failures_ != failures) co_return std::unexpected(last_failure_);
        co_await settled_.wait();
    }
    co_return Result<>{};
}

Async<Result<>> StateFile::write() {
    auto work = [&files = services_.files, path = path_, text = content_()] {
        return files.write_atomic(path, text);
    };
    co_return co_await services_.offload.run(std::move(work));
}

Async<void> StateFile::run() {
    for (;;) {
        if (written_ == wanted_) co_await touched_.wait();
        if (linger_ > Duration::zero()) co_await services_.clock.sleep(linger_);
        auto const version = wanted_;
        auto const outcome = co_await write();
        if (outcome) {
            written_ = version;
            if (std::exchange(failing_, false)) log::info("agent", "{} is written again", path_);
            backoff_.reset();
            settled_.notify();
            continue;
        }
        auto const pause = backoff_.next();
        if (!std::exchange(failing_, true))
            log::error("agent", "{}; trying again until it works", outcome.error().message);
        ++failures_;
        last_failure_ = outcome.error();
        settled_.notify();
        co_await services_.clock.sleep(pause);
    }
}

Result<> StateFile::flush() {
    if (written_ == wanted_) return {};
    auto const outcome = services_.files.write_atomic(path_, content_());
    if (outcome) written_ = wanted_;
    return outcome;
}

} // namespace heliosd::agent
