// What readers of lists share: records gathered one by one, and what is wrong with lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/problems.h"
#include "list/record_list.h"
#include "list/rule.h"

namespace caffe_multilabel {

// Gathers what is wrong with a list, and throws it as one error at the end.
class BadLines {
 public:
  // `unit` is what `source` is made of: "line", or "record".
  BadLines(std::string source, std::string unit)
      : source_(std::move(source)), unit_(std::move(unit)) {}

  void add(uint32_t line, const std::string& text);

  // Whether the next line is shown in words. What is costly to say of a line need only be said
  // then.
  bool shows_next() const { return problems_.count() < Problems::kShown; }

  // Throws Error(kList) with the first 20 lines, if there are any.
  void throw_if_any() const;

 private:
  std::string source_;
  std::string unit_;
  Problems problems_;
  uint32_t first_ = 0;
};

// Checks one record after another and keeps the good ones.
class RecordGatherer {
 public:
  // `names` are what messages call the columns, where they have names.
  RecordGatherer(size_t label_count, std::vector<LabelRule> rules,
                 std::vector<std::string> names = {}, size_t images_per_record = 1);

  const std::vector<LabelRule>& rules() const { return rules_; }
  RecordList take() { return std::move(records_); }

  // `paths` are those of the record's images; `read(column, &problem)` gives the value of a column.
  // Gives the problem of a record that is not kept.
  template <typename Read>
  std::optional<std::string> add(const std::string_view* paths, uint32_t line, const Read& read) {
    if (auto problem = path_problem(paths)) return problem;
    for (size_t column = 0; column < values_.size(); ++column) {
      std::string problem;
      const std::optional<float> value = read(column, &problem);
      if (!value) return called(column) + ": " + problem;
      values_[column] = *value;
    }
    keep(paths, line);
    return std::nullopt;
  }

 private:
  std::optional<std::string> path_problem(const std::string_view* paths) const;
  std::string called(size_t column) const;
  void keep(const std::string_view* paths, uint32_t line);

  RecordList records_;
  std::vector<LabelRule> rules_;
  std::vector<std::string> names_;
  std::vector<float> values_;
};

}  // namespace caffe_multilabel
