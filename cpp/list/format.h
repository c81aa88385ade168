// How a list line is cut into a path and label fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace caffe_multilabel {

enum class ListFormat {
  kAuto,   // told from the file name and the first line, see detect_format
  kSpace,  // path, then labels, between blanks; the labels are the last fields
  kTab,    // fields between tabs
  kCsv,    // fields between commas, quoted as in RFC 4180, on one line
};

// A line taken apart. The views point into the line, or into `unquoted` where CSV quotes were
// resolved; reuse one object for many lines.
struct ListFields {
  std::string_view path;
  std::vector<std::string_view> other_paths;  // of further images, see part_paths()
  std::vector<std::string_view> labels;
  std::vector<std::string> unquoted;
};

// A name ending in .csv or .tsv decides; else a tab before a last single field means kTab, a comma
// before one kCsv, and everything else is kSpace.
ListFormat detect_format(std::string_view file_name, std::string_view first_line);

// Whether `text`, in small letters or large ones, ends in `end`, which is in small letters.
bool ends_with(std::string_view text, std::string_view end);

std::string_view trim(std::string_view text);

// All blank-separated fields of a line.
std::vector<std::string_view> blank_fields(std::string_view line);

// Cuts `line`. In kSpace the last `label_count` fields are labels and all before them is the path,
// blanks included. False with `*problem` when the line cannot be cut; the number of labels in kTab
// and kCsv is left to the caller to compare.
bool cut_line(std::string_view line, ListFormat format, size_t label_count, ListFields* fields,
              std::string* problem);

// Makes the first fields that cut_line() took for labels paths, where a record has several images.
// False with `*problem` where there are too few fields.
bool part_paths(size_t images_per_record, ListFields* fields, std::string* problem);

}  // namespace caffe_multilabel
