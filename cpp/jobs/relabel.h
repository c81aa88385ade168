// New labels for the records of a label DB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/shape.h"
#include "jobs/progress.h"
#include "list/list_place.h"
#include "list/record_list.h"
#include "pair/label_target.h"

namespace caffe_multilabel {

struct RelabelOptions {
  // Keys of these images are the records, and must pair with the label DB's; the manifest in it is
  // written anew too, where it can be. Empty: the label DB's own keys.
  std::string image_db;
  // Lines of the list may be left over, beyond those whose images the conversion rejected.
  bool allow_extra = false;
  // Shape of a label Datum. All 0 keeps the one there is; N x 1 x 1 follows the number of labels.
  Shape label_shape;
  // As in ConvertOptions.
  std::string label_schema = "null";
  std::vector<std::string> label_names;
  // For each new label column the old one to compare it with; a number beyond the old columns is
  // none.
  std::vector<size_t> old_columns;
  // Sets of new columns, for RelabelReport::changed_groups.
  std::vector<std::vector<size_t>> groups;
};

struct RelabelReport {
  uint64_t records = 0;
  uint64_t changed_records = 0;  // with at least one changed label
  size_t old_label_count = 0;
  Shape label_shape;
  std::vector<uint64_t> changed_columns;  // records whose label changed, for each new column
  std::vector<uint64_t> changed_groups;   // records with a change in the group
  uint64_t extra_lines = 0;               // of the list, without a record
  PlacedBy lines_by = PlacedBy::kOrder;   // what told each record's line
  bool counts_from_one = false;           // by number, and number n is line n
  // The DBs have manifests of one conversion. The image DB's may be read-only; then it still tells
  // of the labels before, which the label DB's manifest knows to be its own.
  bool image_manifest_written = false;
};

// Gives each record of `label_db` the labels of its line in `list` and publishes the DB through
// `target`, which was made for the same path; with no target only counts. Throws Error, and then
// nothing has changed.
RelabelReport relabel(const RecordList& list, const std::string& label_db, LabelTarget* target,
                      const RelabelOptions& options, const JobProgress& progress);

}  // namespace caffe_multilabel
