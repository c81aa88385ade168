// Text cut into rows of cells, as tables have them: a cell may hold line ends.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace caffe_multilabel {

// How rows are cut.
struct RowDialect {
  // What parts the cells, which may be quoted as in RFC 4180; 0 for blanks, without quotes.
  char separator = ',';
  // Between blanks: what names of images end in, in small letters. The first cell is a path, which
  // goes on until a field ends so, and is one field where none does.
  std::vector<std::string> path_endings;
};

// Goes through the rows of a text that are not blank. Lines end in "\n", "\r" or "\r\n".
class RowCutter {
 public:
  // `text` stays the caller's, and its first line is number `first_line`.
  RowCutter(std::string_view text, RowDialect dialect, int64_t first_line = 1);

  // Gives the cells of the next row, spaces before them cut off where a separator parts them. They
  // are views into the text, or into what the cutter keeps as long as it lives. False at the end.
  // Throws Error(kList) with the line of a row whose quotes do not fit.
  bool next(std::vector<std::string_view>* cells);

  // The line on which the row begins that `next` gave last.
  int64_t line() const { return row_line_; }

 private:
  void cut_separated(std::vector<std::string_view>* cells);
  void cut_blanks(std::vector<std::string_view>* cells);
  std::string_view quoted();
  bool at_row_end() const;
  void pass_line_end();
  bool ends_path(std::string_view field) const;

  std::string_view text_;
  RowDialect dialect_;
  size_t at_ = 0;
  int64_t line_;
  int64_t row_line_ = 0;
  std::deque<std::string> unquoted_;  // cells that stand otherwise in the text
};

}  // namespace caffe_multilabel
