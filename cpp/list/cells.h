// Records of a table whose columns keep each text once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "list/record_list.h"
#include "list/rule.h"

namespace caffe_multilabel {

// The cells of one label column: of each record the index of its text.
struct CellColumn {
  std::string name;  // for messages; may be empty
  LabelRule rule;
  std::vector<std::string> texts;
  const int32_t* codes = nullptr;
};

// Where the records of a table stand.
struct CellSource {
  std::string name;           // of a file, or "records"
  std::string unit = "line";  // what `lines` count
  const uint32_t* lines = nullptr;
};

// Reads each text once, by the rule of its column. `paths` has those of each record's images, one
// record after another. Throws Error(kList) with the first 20 records that do not fit.
RecordList make_list(const CellSource& source, const std::vector<std::string>& paths,
                     const std::vector<CellColumn>& columns, size_t images_per_record = 1);

}  // namespace caffe_multilabel
