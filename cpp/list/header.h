// The line of names that a list may begin with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "list/format.h"
#include "list/rule.h"

namespace caffe_multilabel {

enum class HeaderLine {
  kAuto,  // told from the first line of a tab or CSV list, see is_header()
  kYes,   // whatever the first line says, in lists of every format
  kNo,    // the first line is a record
};

// A header is a first line of names: its first field names no file, and no field after it is
// empty, a label, or a number that no label can be. Where labels may be names themselves, it must
// name a task, or a misspelt first record would be taken for one. `rules` are those of all columns.
bool is_header(const ListFields& fields, const std::vector<LabelRule>& rules);

// Whether a first line that is no good record could be a header whose names only its writer knows:
// its first field names no file, and a label of it is a word.
bool may_be_header(const ListFields& fields, const std::vector<LabelRule>& rules);

// The names that a header may give the columns of paths, where a record has several images:
// "path_1" and so on.
std::string path_name(size_t image);

// Such a name over another column means that the paths are not in front, or in another order.
std::optional<std::string> path_names_problem(const ListFields& header);

// A header that names a task, or a value of one, over a column of another means that the columns
// are in another order than the task file says.
std::optional<std::string> header_problem(const std::vector<std::string>& header,
                                          const std::vector<LabelRule>& rules);

}  // namespace caffe_multilabel
