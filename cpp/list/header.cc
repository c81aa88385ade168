#include "list/header.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "list/diagnosis.h"

namespace caffe_multilabel {
namespace {

bool names_a_file(std::string_view field) {
  return field.find_first_of("./") != std::string_view::npos;
}

// Neither a label of the column nor what was meant as a number, or as an unknown one. A column may
// be called by a word that says yes or no, as "y" does.
bool is_word(std::string_view field, const LabelRule& rule) {
  if (is_numeric(field) || is_unknown(field)) return false;
  const bool is_called_so = field == rule.task || field == rule.part;
  return !rule.recognises(field) || (is_called_so && rule.names.count(field) == 0);
}

// A letter that says yes or no may as well be a name, where others beside it are names for sure;
// so may "NA" be, but no sign.
bool may_be_word(std::string_view field, const LabelRule& rule) {
  const bool is_letters = !field.empty() && field.front() >= 'A' && !is_numeric(field);
  return is_word(field, rule) || (is_letters && is_unknown(field)) ||
         (field.size() == 1 && read_truth(field) && rule.names.count(field) == 0);
}

// The rule of a column; those beyond the tasks' take any number.
const LabelRule& rule_of(const std::vector<LabelRule>& rules, size_t column) {
  static const LabelRule any;
  return column < rules.size() ? rules[column] : any;
}

template <typename Test>
size_t count_fields(const ListFields& fields, const std::vector<LabelRule>& rules, Test test) {
  size_t count = 0;
  for (size_t column = 0; column < fields.labels.size(); ++column) {
    count += test(fields.labels[column], rule_of(rules, column));
  }
  return count;
}

}  // namespace

bool is_header(const ListFields& fields, const std::vector<LabelRule>& rules) {
  // UTF-16 looks like names, but holds zero bytes.
  if (names_a_file(fields.path) || fields.path.find('\0') != std::string_view::npos) return false;
  if (std::any_of(fields.other_paths.begin(), fields.other_paths.end(), names_a_file)) return false;
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
  return count_fields(fields, rules, is_word) > 0 &&
         count_fields(fields, rules, may_be_word) == fields.labels.size();
}

bool may_be_header(const ListFields& fields, const std::vector<LabelRule>& rules) {
  return !names_a_file(fields.path) &&
         std::none_of(fields.other_paths.begin(), fields.other_paths.end(), names_a_file) &&
         count_fields(fields, rules, is_word) > 0;
}

std::string path_name(size_t image) { return "path_" + std::to_string(image + 1); }

std::optional<std::string> path_names_problem(const ListFields& header) {
  std::vector<std::string_view> names{header.path};
  names.insert(names.end(), header.other_paths.begin(), header.other_paths.end());
  const size_t images = names.size();
  if (images == 1) return std::nullopt;
  names.insert(names.end(), header.labels.begin(), header.labels.end());
  const auto place_of = [&](size_t image) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), path_name(image)) -
                               names.begin());
  };
  const auto headed = [&](size_t image) {
    return "column " + std::to_string(place_of(image) + 1) + " is headed " +
           in_quotes(path_name(image)) + ", ";
  };
  std::optional<size_t> named;
  std::optional<size_t> lacking;
  for (size_t image = 0; image < images; ++image) {
    (place_of(image) == names.size() ? lacking : named) = image;
    if (place_of(image) == image || place_of(image) == names.size()) continue;
    return headed(image) + "but the paths are the first " + std::to_string(images) + " columns";
  }
  if (!named || !lacking) return std::nullopt;
  return headed(*named) + "and none " + in_quotes(path_name(*lacking));
}

std::optional<std::string> header_problem(const std::vector<std::string>& header,
                                          const std::vector<LabelRule>& rules) {
  for (size_t column = 0; column < header.size(); ++column) {
    const auto is_named = [&](const LabelRule& rule) {
      return rule.task == header[column] || rule.part == header[column];
    };
    if (header[column].empty() || std::none_of(rules.begin(), rules.end(), is_named)) continue;
    if (column < rules.size() && is_named(rules[column])) continue;
    return "column " + std::to_string(column + 1) + " is headed " + in_quotes(header[column]) +
           ", but the task file gives it to " +
           (column < rules.size() && !rules[column].task.empty()
                ? "task " + in_quotes(rules[column].task) +
                      (rules[column].part.empty() ? "" : " (" + rules[column].part + ")")
                : "no task") +
           "; set `columns` of the tasks or reorder the list";
  }
  return std::nullopt;
}

}  // namespace caffe_multilabel
