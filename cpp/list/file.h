// Reads a list of images with labels, strictly: a line that does not fit is an error, never a
// shift.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "list/format.h"
#include "list/header.h"
#include "list/record_list.h"
#include "list/rule.h"

namespace caffe_multilabel {

struct ListOptions {
  ListFormat format = ListFormat::kAuto;
  // Whether the first line that is not blank is a header.
  HeaderLine header = HeaderLine::kAuto;
  // Labels on each line; 0 lets the first line decide, or the second where the first is a header by
  // kYes.
  size_t label_count = 0;
  // One for each label column from the first on; columns beyond take any finite number.
  std::vector<LabelRule> rules;
  // Paths at the beginning of each line. Several want tabs or CSV, for blanks may stand in paths.
  size_t images_per_record = 1;
  // Called when a signal breaks a wait for input; may throw to stop.
  std::function<void()> on_signal = nullptr;
};

struct ParsedList {
  RecordList records;
  // The names over the label columns, when the list has a header line; else empty.
  std::vector<std::string> header;
  ListFormat format = ListFormat::kSpace;
};

// Reads `path` ("-" is standard input). Blank lines are passed over. All lines are read before an
// error is thrown: Error(kList) with the first 20 bad lines, each with its number.
ParsedList read_list(const std::string& path, const ListOptions& options);

// The same checks for records that come from a program. `paths` has those of each record's images,
// one record after another; `labels` holds a row of `label_count` for each record; the line in
// messages is the 1-based position.
RecordList make_list(const std::vector<std::string>& paths, const float* labels, size_t label_count,
                     const std::vector<LabelRule>& rules, size_t images_per_record = 1);

}  // namespace caffe_multilabel
