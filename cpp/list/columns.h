// Tables read from text column by column, each distinct text of a column kept once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "list/rows.h"

namespace caffe_multilabel {

// One column: its distinct texts, in the order in which they come first, and of each row the index
// of its own.
class TextColumn {
 public:
  void add(std::string_view text);  // which must outlive the column

  const std::vector<std::string_view>& texts() const { return texts_; }
  const std::vector<int32_t>& codes() const { return codes_; }

 private:
  int32_t code_of(std::string_view text);
  void grow();

  std::vector<std::string_view> texts_;
  std::vector<size_t> hashes_;  // of each text
  std::vector<int32_t> slots_;  // codes by hash; -1 where there is none
  std::vector<int32_t> codes_;
};

// A row with more or fewer cells than there are columns.
struct MisfitRow {
  int64_t line = 0;
  std::vector<std::string> cells;
};

// Rows that fit, as columns, and the others.
struct TextColumns {
  static constexpr size_t kKeptMisfits = 20;

  std::vector<TextColumn> columns;
  std::vector<int64_t> lines;      // on which each row of the columns begins
  std::vector<MisfitRow> misfits;  // the first ones
  size_t misfit_count = 0;         // all of them
};

// Reads what is left of a text. The cutter and its text must outlive what it returns. Throws what
// the cutter throws, and Error(kList) for more rows than an int32 can count.
TextColumns read_columns(RowCutter* rows, size_t width);

}  // namespace caffe_multilabel
