// Whether a pair will fit on the disk, told before the conversion starts.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "picture_record.h"

namespace caffe_multilabel {

// Makes up to 16 evenly spread records of `count` to learn their size, and compares what all of
// them will take, LMDB's whole pages included, with the free space where the DBs will be. Exact for
// raw records of one size, an estimate otherwise. Throws Error(kOutput) when they do not fit.
// `picture_path(i)` is the path of picture i, i < count.
void check_free_space(size_t count, size_t label_count,
                      const std::function<std::string(size_t)>& picture_path,
                      const PictureOptions& options, const std::string& image_db,
                      const std::string& label_db);

}  // namespace caffe_multilabel
