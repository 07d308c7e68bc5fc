// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker/engine.h"
#include "docker/json_lines.h"

#include <string>
#include <string_view>

namespace heliosd::docker {

/// What to ask the daemon for. Without tag and digest that is `latest`: with neither Docker would
/// pull every tag of the repository.
struct PullTarget {
    std::string from_image;
    std::string tag; ///< empty with a digest
    bool operator==(PullTarget const&) const = default;
};
/// `reg:5000/web:1.0` → `reg:5000/web`, `1.0`.
PullTarget pull_target(std::string_view image);

/// What an error text of a pull means: `image_not_found` when the registry answered that there is
/// no such image, `pull_failed` for registry, network and authentication (spec/agent.md §12.1).
EngineErrc classify_pull_error(std::string_view text);

/// Reads the messages of a pull in progress. The daemon answers 200 before it knows the outcome, so
/// an error may come in any of them; the first one ends the pull.
class PullDecoder {
public:
    explicit PullDecoder(OnProgress progress) : progress_(std::move(progress)) {}

    Result<> feed(std::string_view bytes);
    Result<> finish();

private:
    Result<> drain();

    OnProgress progress_;
    JsonLines lines_;
};

} // namespace heliosd::docker
