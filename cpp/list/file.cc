#include "list/file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/problems.h"
#include "base/text.h"
#include "list/diagnosis.h"
#include "list/line_reader.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

// Gathers what is wrong with a list, and throws it as one error at the end.
class BadLines {
 public:
  BadLines(std::string source, std::string unit)
      : source_(std::move(source)), unit_(std::move(unit)) {}

  void add(uint32_t line, const std::string& text) {
    if (problems_.count() == 0) first_ = line;
    problems_.add([&] { return unit_ + " " + std::to_string(line) + ": " + text; });
  }

  void throw_if_any() const {
    const uint64_t count = problems_.count();
    if (count == 0) return;
    const std::string message = source_ + ": " + std::to_string(count) + " bad " + unit_ +
                                (count == 1 ? "" : "s") + ", nothing was written" +
                                problems_.text();
    throw Error(ErrorKind::kList, message, source_, first_);
  }

 private:
  std::string source_;
  std::string unit_;
  Problems problems_;
  uint32_t first_ = 0;
};

// Checks one record after another and adds the good ones.
class RecordBuilder {
 public:
  RecordBuilder(size_t label_count, std::vector<LabelRule> rules, BadLines* problems)
      : records_(label_count), rules_(std::move(rules)), problems_(problems) {
    rules_.resize(label_count);
    values_.resize(label_count);
  }

  const std::vector<LabelRule>& rules() const { return rules_; }
  RecordList take() { return std::move(records_); }

  // `read(column, &problem)` gives the value of a column.
  template <typename Read>
  void add(std::string_view path, uint32_t line, const Read& read) {
    if (const auto problem = path_problem(path)) return problems_->add(line, *problem);
    for (size_t column = 0; column < values_.size(); ++column) {
      std::string problem;
      const std::optional<float> value = read(column, &problem);
      if (!value) {
        return problems_->add(line, "label " + std::to_string(column + 1) + ": " + problem);
      }
      values_[column] = *value;
    }
    if (records_.size() < kMaxRecords) return records_.add(path, values_.data(), line);
    throw Error(ErrorKind::kList, "the list has more than " + std::to_string(kMaxRecords) +
                                      " records; their keys would not sort");
  }

 private:
  static std::optional<std::string> path_problem(std::string_view path) {
    if (path.empty()) return "the path is empty";
    if (path.find('\0') != std::string_view::npos) return "the path holds a zero byte";
    // The longest key is the label's.
    const size_t key_size = label_key(0, path).size();
    if (key_size <= kMaxKeySize) return std::nullopt;
    return "the path has " + std::to_string(path.size()) + " bytes, LMDB keys allow " +
           std::to_string(kMaxKeySize - (key_size - path.size()));
  }

  RecordList records_;
  std::vector<LabelRule> rules_;
  std::vector<float> values_;
  BadLines* problems_;
};

std::string labels_wanted(size_t found, size_t wanted) {
  return "has " + std::to_string(found) + " labels, want " + std::to_string(wanted);
}

bool recognised(const std::vector<LabelRule>& rules, size_t column, std::string_view field) {
  static const LabelRule any;
  return (column < rules.size() ? rules[column] : any).recognises(field);
}

// How many labels the first line has. In kSpace these are the fields at the end that look like
// labels of some column; one field at least is the path.
size_t count_labels(std::string_view line, ListFormat format, const ListOptions& options) {
  if (format != ListFormat::kSpace) {
    ListFields fields;
    std::string problem;
    return cut_line(line, format, 0, &fields, &problem) ? fields.labels.size() : 0;
  }
  const auto fields = blank_fields(line);
  const auto is_label = [&](std::string_view field) {
    return parse_number(field) ||
           std::any_of(options.rules.begin(), options.rules.end(),
                       [field](const LabelRule& rule) { return rule.recognises(field); });
  };
  size_t count = 0;
  while (count + 1 < fields.size() && is_label(fields[fields.size() - 1 - count])) ++count;
  return count;
}

// A header is a first line of names: its first field names no file, and no field after it is
// empty, a label, or a number that no label can be. Where labels may be names themselves, it must
// name a task, or a misspelt first record would be taken for one.
bool is_header(const ListFields& fields, const std::vector<LabelRule>& rules) {
  if (fields.path.find_first_of("./") != std::string_view::npos) return false;
  const bool has_names = std::any_of(rules.begin(), rules.end(),
                                     [](const LabelRule& rule) { return !rule.names.empty(); });
  const auto names_a_task = [&rules](std::string_view field) {
    return std::any_of(rules.begin(), rules.end(), [field](const LabelRule& rule) {
      return !field.empty() && (rule.task == field || rule.part == field);
    });
  };
  if (has_names && std::none_of(fields.labels.begin(), fields.labels.end(), names_a_task)) {
    return false;
  }
  for (size_t column = 0; column < fields.labels.size(); ++column) {
    const std::string_view field = fields.labels[column];
    if (field.empty() || is_numeric(field) || recognised(rules, column, field)) return false;
  }
  return !fields.labels.empty();
}

// A header that names a task over a column of another one means that the columns are in another
// order than the task file says.
std::optional<std::string> header_problem(const std::vector<std::string>& header,
                                          const std::vector<LabelRule>& rules) {
  for (size_t column = 0; column < header.size(); ++column) {
    const auto named = std::find_if(rules.begin(), rules.end(), [&](const LabelRule& rule) {
      return rule.task == header[column];
    });
    if (named == rules.end() || header[column].empty()) continue;
    if (column < rules.size() && rules[column].task == header[column]) continue;
    return "column " + std::to_string(column + 1) + " is headed '" + printable(header[column]) +
           "', but the task file gives it to " +
           (column < rules.size() && !rules[column].task.empty()
                ? "task '" + rules[column].task + "'"
                : "no task") +
           "; set `columns` of the tasks or reorder the list";
  }
  return std::nullopt;
}

// A path that ends in a number is a line with a label too many, or a name that only a tab or CSV
// list can tell from one.
std::optional<std::string> trailing_label(std::string_view path) {
  const auto fields = blank_fields(path);
  if (fields.size() < 2 || !parse_number(fields.back())) return std::nullopt;
  return "more labels than wanted, or the path ends in a number ('" + printable(path) +
         "'); write such a list with tabs or as CSV";
}

}  // namespace

ParsedList read_list(const std::string& path, const ListOptions& options) {
  LineReader reader(path, options.on_signal);
  const std::string source = path == "-" ? "standard input" : path;
  BadLines problems(source, "line");
  std::optional<RecordBuilder> builder;
  ParsedList list{RecordList(0), {}, options.format};
  ListFields fields;
  size_t label_count = options.label_count;

  std::string_view line;
  while (reader.next(&line)) {
    if (trim(line).empty()) continue;
    const bool first = !builder;
    if (first) {
      if (list.format == ListFormat::kAuto) list.format = detect_format(path, line);
      if (label_count == 0) label_count = count_labels(line, list.format, options);
      const size_t least = std::max<size_t>(options.rules.size(), 1);
      if (label_count < least) {
        throw Error(ErrorKind::kList,
                    source + ", line " + std::to_string(reader.number()) + ": " +
                        labels_wanted(label_count, least) +
                        (options.rules.empty() ? " or more" : " for the tasks") +
                        line_hint(line, list.format),
                    source, reader.number());
      }
      builder.emplace(label_count, options.rules, &problems);
    }
    std::string problem;
    if (!cut_line(line, list.format, label_count, &fields, &problem)) {
      problems.add(reader.number(), problem);
      continue;
    }
    if (first && list.format != ListFormat::kSpace && is_header(fields, builder->rules())) {
      list.header.assign(fields.labels.begin(), fields.labels.end());
      if (list.header.size() != label_count) {
        problems.add(reader.number(),
                     "the header " + labels_wanted(list.header.size(), label_count));
      } else if (const auto mismatch = header_problem(list.header, builder->rules())) {
        problems.add(reader.number(), *mismatch);
      }
      continue;
    }
    if (fields.labels.size() != label_count) {
      problems.add(reader.number(), labels_wanted(fields.labels.size(), label_count));
      continue;
    }
    if (list.format == ListFormat::kSpace) {
      if (const auto trailing = trailing_label(fields.path)) {
        problems.add(reader.number(), *trailing);
        continue;
      }
    }
    builder->add(fields.path, reader.number(), [&](size_t column, std::string* why) {
      return builder->rules()[column].read(fields.labels[column], why);
    });
  }
  problems.throw_if_any();
  if (builder) list.records = builder->take();
  if (list.records.size() == 0) {
    throw Error(ErrorKind::kList, source + ": holds no records", source);
  }
  return list;
}

RecordList make_list(const std::vector<std::string>& paths, const float* labels, size_t label_count,
                     const std::vector<LabelRule>& rules) {
  if (paths.empty()) throw Error(ErrorKind::kList, "there are no records");
  const size_t least = std::max<size_t>(rules.size(), 1);
  if (label_count < least) {
    throw Error(ErrorKind::kList, "a record " + labels_wanted(label_count, least));
  }
  BadLines problems("records", "record");
  RecordBuilder builder(label_count, rules, &problems);
  for (size_t record = 0; record < paths.size(); ++record) {
    builder.add(paths[record], static_cast<uint32_t>(record + 1),
                [&](size_t column, std::string* why) {
                  return builder.rules()[column].check(labels[record * label_count + column], why);
                });
  }
  problems.throw_if_any();
  return builder.take();
}

}  // namespace caffe_multilabel
