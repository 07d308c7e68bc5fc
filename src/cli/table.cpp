// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include "base/text.h"

#include <algorithm>

namespace heliosd::cli {

namespace {

constexpr std::size_t gap = 4;

/// In UTF-16 units, as the reference counts.
std::size_t width_of(std::string const& cell) {
    return text::to_utf16(cell).size();
}

} // namespace

std::vector<std::string> Table::lines() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (auto const& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::vector<std::string> lines;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        auto const& cells = rows_[row];
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i)
            line += cells[i] + std::string(gap + widths[i] - width_of(cells[i]), ' ');
        lines.push_back(std::move(line));
        if (row > 0 && !notes_[row - 1].empty())
            lines.push_back(std::string(gap, ' ') + notes_[row - 1]);
    }
    return lines;
}

std::string Table::text() const {
    std::string text;
    for (auto const& line : lines()) text += line + "\n";
    return text;
}

} // namespace heliosd::cli
