// Image files as bytes in memory, before anything looks into them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace caffe_multilabel {

// Whether an image may have so many bytes: there are some, and no more than a Datum, with its int32
// sizes, can hold. False with `*problem` when not.
bool is_image_size(size_t size, std::string* problem);

// Reads the file `path` into the memory that `room(*size)` gives for it. False with `*problem`,
// without the path, when it is no regular file, cannot be read, or its size is not that of an
// image; `room` may not have been called then. `*size` is left alone where there is no regular
// file.
bool read_image_file(const std::string& path, const std::function<char*(size_t)>& room,
                     size_t* size, std::string* problem);

}  // namespace caffe_multilabel
