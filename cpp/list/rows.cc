#include "list/rows.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "list/format.h"

namespace caffe_multilabel {
namespace {

constexpr std::string_view kBlanks = " \t\v\f\r\n";

bool is_blank(std::string_view cell) {
  return cell.find_first_not_of(kBlanks) == std::string_view::npos;
}

}  // namespace

RowCutter::RowCutter(std::string_view text, RowDialect dialect, int64_t first_line)
    : text_(text), dialect_(std::move(dialect)), line_(first_line) {}

bool RowCutter::next(std::vector<std::string_view>* cells) {
  while (at_ < text_.size()) {
    row_line_ = line_;
    cells->clear();
    if (dialect_.separator == 0) {
      cut_blanks(cells);
    } else {
      cut_separated(cells);
    }
    pass_line_end();
    if (cells->size() > 1 || (cells->size() == 1 && !is_blank(cells->front()))) return true;
  }
  return false;
}

void RowCutter::cut_separated(std::vector<std::string_view>* cells) {
  const char separator = dialect_.separator;
  for (;;) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      cells->push_back(quoted());
    } else {
      const size_t begin = at_;
      while (!at_row_end() && text_[at_] != separator) ++at_;
      cells->push_back(text_.substr(begin, at_ - begin));
    }
    if (at_row_end()) return;
    ++at_;  // the separator
  }
}

// What stands between the quotes at `at_`; a quote in it is written twice.
std::string_view RowCutter::quoted() {
  const size_t begin = ++at_;
  std::string* copy = nullptr;
  size_t copied = begin;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n' || (c == '\r' && text_.substr(at_ + 1, 1) != "\n")) ++line_;
    if (c != '"') continue;
    if (text_.substr(at_ + 1, 1) != "\"") break;
    ++at_;
    if (copy == nullptr) copy = &unquoted_.emplace_back();
    copy->append(text_, copied, at_ - copied);
    copied = at_ + 1;
  }
  if (at_ == text_.size()) {
    throw Error(ErrorKind::kList, "unexpected end: a quote is not closed", {}, row_line_);
  }
  const std::string_view rest = text_.substr(copied, at_ - copied);
  ++at_;
  if (!at_row_end() && text_[at_] != dialect_.separator) {
    throw Error(ErrorKind::kList, "text follows a closing quote", {}, row_line_);
  }
  if (copy == nullptr) return rest;
  return copy->append(rest);
}

void RowCutter::cut_blanks(std::vector<std::string_view>* cells) {
  const size_t begin = at_;
  while (!at_row_end()) ++at_;
  *cells = blank_fields(text_.substr(begin, at_ - begin));
  const auto end = std::find_if(cells->begin(), cells->end(),
                                [this](std::string_view field) { return ends_path(field); });
  if (end == cells->begin() || end == cells->end()) return;
  const char* path = cells->front().data();
  *end = {path, static_cast<size_t>(end->data() + end->size() - path)};
  cells->erase(cells->begin(), end);
}

bool RowCutter::ends_path(std::string_view field) const {
  return std::any_of(dialect_.path_endings.begin(), dialect_.path_endings.end(),
                     [field](const std::string& ending) { return ends_with(field, ending); });
}

bool RowCutter::at_row_end() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
}

void RowCutter::pass_line_end() {
  if (at_ == text_.size()) return;
  at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
  ++line_;
}

}  // namespace caffe_multilabel
