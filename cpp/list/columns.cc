#include "list/columns.h"

#include <functional>
#include <limits>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kFirstSlots = 64;

}  // namespace

void TextColumn::add(std::string_view text) {
  const bool again = !codes_.empty() && texts_[static_cast<size_t>(codes_.back())] == text;
  codes_.push_back(again ? codes_.back() : code_of(text));
}

int32_t TextColumn::code_of(std::string_view text) {
  if (2 * texts_.size() >= slots_.size()) grow();
  const size_t hash = std::hash<std::string_view>()(text);
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const int32_t code = slots_[slot];
    if (code < 0) {
      slots_[slot] = static_cast<int32_t>(texts_.size());
      texts_.push_back(text);
      hashes_.push_back(hash);
      return slots_[slot];
    }
    const auto known = static_cast<size_t>(code);
    if (hashes_[known] == hash && texts_[known] == text) return code;
  }
}

void TextColumn::grow() {
  slots_.assign(slots_.empty() ? kFirstSlots : 4 * slots_.size(), -1);
  const size_t mask = slots_.size() - 1;
  for (size_t code = 0; code < hashes_.size(); ++code) {
    size_t slot = hashes_[code] & mask;
    while (slots_[slot] >= 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<int32_t>(code);
  }
}

TextColumns read_columns(RowCutter* rows, size_t width) {
  TextColumns table;
  table.columns.resize(width);
  std::vector<std::string_view> cells;
  while (rows->next(&cells)) {
    if (cells.size() != width) {
      if (table.misfits.size() < TextColumns::kKeptMisfits) {
        table.misfits.push_back({rows->line(), {cells.begin(), cells.end()}});
      }
      ++table.misfit_count;
      continue;
    }
    if (table.lines.size() == std::numeric_limits<int32_t>::max()) {
      throw Error(ErrorKind::kList, "there are more than 2147483647 rows", {}, rows->line());
    }
    for (size_t column = 0; column < width; ++column) table.columns[column].add(cells[column]);
    table.lines.push_back(rows->line());
  }
  return table;
}

}  // namespace caffe_multilabel
