// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace heliosd::net {

/// Bytes read from a stream and not consumed yet. It holds memory only while it holds bytes or a
/// read is pending: ten thousand idle connections must cost nothing.
class ReadBuffer {
public:
    std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }

    /// Free space for at least `least` bytes after the present ones.
    std::span<char> prepare(std::size_t least) {
        if (capacity_ - end_ < least) grow(least);
        return {memory_.get() + end_, capacity_ - end_};
    }
    /// The first `count` bytes of the prepared space were written.
    void commit(std::size_t count) { end_ += count; }
    /// Removes the first `count` bytes.
    void consume(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    /// Frees the memory of an empty buffer.
    void release() {
        if (!empty()) return;
        memory_.reset();
        capacity_ = 0;
    }

private:
    void grow(std::size_t least) {
        auto const held = size();
        if (capacity_ < held + least) {
            auto const grown = held + least;
            auto larger = std::make_unique_for_overwrite<char[]>(grown);
            if (held != 0) std::memcpy(larger.get(), memory_.get() + begin_, held);
            memory_ = std::move(larger);
            capacity_ = grown;
        } else {
            std::memmove(memory_.get(), memory_.get() + begin_, held);
        }
        begin_ = 0;
        end_ = held;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

} // namespace heliosd::net
