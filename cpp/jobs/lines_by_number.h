// The lines of a list that a pair of records of several images was converted from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "list/numbered_lines.h"
#include "list/record_list.h"
#include "pair/manifest.h"

namespace caffe_multilabel {

// Keys hold the first path of a record alone: that it was made of all those on a line is known only
// where the list has the paths of the conversion in their order. Throws Error(kList) where not, or
// where there is no manifest to tell; `consequence` ends its message. `label_db` is for it as well.
NumberedLines lines_by_number(const RecordList& list, const std::optional<Manifest>& manifest,
                              const std::string& label_db, const std::string& consequence = "");

// The paths of a record's images, by its key in the image DB or the label DB. Throws as above, and
// for a key that tells no line.
std::vector<std::string> paths_of_record(const RecordList& list, const std::string& label_db,
                                         std::string_view key);

}  // namespace caffe_multilabel
