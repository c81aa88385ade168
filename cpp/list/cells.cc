#include "list/cells.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/error.h"
#include "list/diagnosis.h"
#include "list/gather.h"

namespace caffe_multilabel {
namespace {

using Values = std::vector<std::optional<float>>;

Values read_texts(const CellColumn& column) {
  Values values;
  values.reserve(column.texts.size());
  std::string problem;
  for (const std::string& text : column.texts) values.push_back(column.rule.read(text, &problem));
  return values;
}

}  // namespace

RecordList make_list(const CellSource& source, const std::vector<std::string>& paths,
                     const std::vector<CellColumn>& columns, size_t images_per_record) {
  if (paths.empty()) throw Error(ErrorKind::kList, source.name + ": holds no records", source.name);
  std::vector<Values> values;
  std::vector<LabelRule> rules;
  std::vector<std::string> names;
  for (const CellColumn& column : columns) {
    values.push_back(read_texts(column));
    rules.push_back(column.rule);
    names.push_back(column.name);
  }
  BadLines problems(source.name, source.unit);
  RecordGatherer gatherer(columns.size(), std::move(rules), std::move(names), images_per_record);
  std::vector<std::string_view> own(images_per_record);
  bool numbers_told = false;
  for (size_t record = 0; record < paths.size() / images_per_record; ++record) {
    std::copy_n(paths.begin() + static_cast<std::ptrdiff_t>(record * images_per_record),
                images_per_record, own.begin());
    const auto read = [&](size_t column, std::string* why) {
      const auto code = static_cast<size_t>(columns[column].codes[record]);
      const auto& value = values[column][code];
      if (!value && problems.shows_next()) {
        const std::string& text = columns[column].texts[code];
        const LabelRule& rule = columns[column].rule;
        rule.read(text, why);
        *why += rule.suggestion(text);
        if (rule.task.empty() && is_class_name(text)) *why += std::string("; ") + kNamesHint;
        if (!numbers_told && rule.may_be_name(text)) {
          *why += kNumbersHint;
          numbers_told = true;
        }
      }
      return value;
    };
    const auto problem = gatherer.add(own.data(), source.lines[record], read);
    if (problem) problems.add(source.lines[record], *problem);
  }
  problems.throw_if_any();
  return gatherer.take();
}

}  // namespace caffe_multilabel
