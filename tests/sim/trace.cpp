// SPDX-License-Identifier: Apache-2.0
#include "sim/trace.h"

namespace heliosd::sim {

std::string Trace::stamped(std::string_view text) const {
    auto const since =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.now().time_since_epoch());
    return fmt::format("{:>10.6f} {}", static_cast<double>(since.count()) / 1e6, text);
}

void Trace::keep(std::string text) {
    last_.push_back(std::move(text));
    if (last_.size() > keep_) last_.pop_front();
}

void Trace::line(std::string text) {
    auto stamped_text = stamped(text);
    for (unsigned char const byte : stamped_text) hash_ = (hash_ ^ byte) * 0x100000001b3;
    ++size_;
    keep(std::move(stamped_text));
}

void Trace::note(std::string_view text) {
    keep(stamped(text));
}

std::string Trace::tail() const {
    std::string text;
    for (auto const& one : last_) text += one + '\n';
    return text;
}

} // namespace heliosd::sim
