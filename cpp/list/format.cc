#include "list/format.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace caffe_multilabel {
namespace {

constexpr std::string_view kFieldBlanks = " \t\v\f";

// Whether the field after the last `separator` is there and holds no blank.
bool last_field_is_single(std::string_view line, char separator) {
  const size_t at = line.find_last_of(separator);
  if (at == std::string_view::npos) return false;
  const std::string_view last = trim(line.substr(at + 1));
  return !last.empty() && last.find_first_of(kFieldBlanks) == std::string_view::npos;
}

void cut_separated(std::string_view line, char separator, ListFields* fields) {
  size_t begin = 0;
  bool is_path = true;
  while (begin <= line.size()) {
    const size_t end = std::min(line.find(separator, begin), line.size());
    const std::string_view field = trim(line.substr(begin, end - begin));
    if (is_path) {
      fields->path = field;
    } else {
      fields->labels.push_back(field);
    }
    is_path = false;
    begin = end + 1;
  }
}

bool cut_csv(std::string_view line, ListFields* fields, std::string* problem) {
  if (line.find('"') == std::string_view::npos) {
    cut_separated(line, ',', fields);
    return true;
  }
  fields->unquoted.clear();
  size_t at = 0;
  for (;;) {
    std::string field;
    while (at < line.size() && kFieldBlanks.find(line[at]) != std::string_view::npos) ++at;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) {
          *problem = "a quote is not closed on its line";
          return false;
        }
        if (line[at] == '"' && !(at + 1 < line.size() && line[at + 1] == '"')) break;
        if (line[at] == '"') ++at;
        field += line[at];
      }
      const size_t comma = std::min(line.find(',', ++at), line.size());
      if (!trim(line.substr(at, comma - at)).empty()) {
        *problem = "text follows a closing quote";
        return false;
      }
      at = comma;
    } else {
      const size_t comma = std::min(line.find(',', at), line.size());
      field = trim(line.substr(at, comma - at));
      at = comma;
    }
    fields->unquoted.push_back(std::move(field));
    if (at >= line.size()) break;
    ++at;
  }
  fields->path = fields->unquoted.front();
  fields->labels.assign(fields->unquoted.begin() + 1, fields->unquoted.end());
  return true;
}

bool cut_spaced(std::string_view line, size_t label_count, ListFields* fields,
                std::string* problem) {
  line = trim(line);
  fields->labels.resize(label_count);
  for (size_t left = label_count; left-- > 0;) {
    const size_t blank = line.find_last_of(kFieldBlanks);
    if (blank == std::string_view::npos) {
      *problem = "has " + counted(label_count - left - 1, "label") + ", want " +
                 std::to_string(label_count);
      return false;
    }
    fields->labels[left] = line.substr(blank + 1);
    line = trim(line.substr(0, blank));
  }
  fields->path = line;
  return true;
}

}  // namespace

bool ends_with(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  return std::equal(end.begin(), end.end(), text.end() - static_cast<std::ptrdiff_t>(end.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kFieldBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kFieldBlanks) - begin + 1);
}

std::vector<std::string_view> blank_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t begin = line.find_first_not_of(kFieldBlanks); begin != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kFieldBlanks, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kFieldBlanks, end);
  }
  return fields;
}

ListFormat detect_format(std::string_view file_name, std::string_view first_line) {
  if (ends_with(file_name, ".csv")) return ListFormat::kCsv;
  if (ends_with(file_name, ".tsv")) return ListFormat::kTab;
  if (last_field_is_single(first_line, '\t')) return ListFormat::kTab;
  if (last_field_is_single(first_line, ',')) return ListFormat::kCsv;
  return ListFormat::kSpace;
}

bool cut_line(std::string_view line, ListFormat format, size_t label_count, ListFields* fields,
              std::string* problem) {
  fields->labels.clear();
  switch (format) {
    case ListFormat::kTab:
      cut_separated(line, '\t', fields);
      return true;
    case ListFormat::kCsv:
      return cut_csv(line, fields, problem);
    default:
      return cut_spaced(line, label_count, fields, problem);
  }
}

bool part_paths(size_t images_per_record, ListFields* fields, std::string* problem) {
  const size_t others = images_per_record - 1;
  fields->other_paths.clear();
  if (others == 0) return true;
  if (fields->labels.size() < others) {
    *problem = "has " + counted(fields->labels.size() + 1, "field") + ", want " +
               std::to_string(images_per_record) + " paths, then labels";
    return false;
  }
  const auto end = fields->labels.begin() + static_cast<std::ptrdiff_t>(others);
  fields->other_paths.assign(fields->labels.begin(), end);
  fields->labels.erase(fields->labels.begin(), end);
  return true;
}

}  // namespace caffe_multilabel
