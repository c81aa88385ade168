// Whether a pair will fit on the disk, told before the conversion starts.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "image/record_builder.h"

namespace caffe_multilabel {

// Makes up to 16 evenly spread records of `count` to learn their size, and compares what all of
// them will take, LMDB's whole pages included, with the free space in the folders where they are
// built. An estimate: raw records of one size differ from it by their keys only. Throws
// Error(kOutput) when they do not fit. `paths(i)` are the paths of the images of record i below
// `root`, as they stand in the list; the first is in the keys; i < count.
void check_free_space(size_t count, size_t label_count, const std::string& root,
                      const std::function<std::vector<std::string>(size_t)>& paths,
                      const ImageOptions& options, const std::string& image_directory,
                      const std::string& label_directory);

}  // namespace caffe_multilabel
