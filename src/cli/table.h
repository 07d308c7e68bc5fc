// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace heliosd::cli {

/// Columns as scripts parse them: each cell, also the last of a line, is padded to the longest of
/// its column and followed by four blanks (spec/cli.md §8.1). The first row is the heading.
class Table {
public:
    explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }

    /// A row has as many cells as the heading. Its note is a line below it, outside the columns.
    void add(std::vector<std::string> row, std::string note = "") {
        rows_.push_back(std::move(row));
        notes_.push_back(std::move(note));
    }
    bool empty() const { return notes_.empty(); }

    std::vector<std::string> lines() const;
    /// The lines, each with its newline.
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_; ///< the heading is the first
    std::vector<std::string> notes_;
};

} // namespace heliosd::cli
