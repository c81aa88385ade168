// Image files as bytes in memory, before anything looks into them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace caffe_multilabel {

// Whether an image may have so many bytes: there are some, and no more than a Datum, with its int32
// sizes, can hold. False with `*problem` when not.
bool is_image_size(size_t size, std::string* problem);

enum class FileRead {
  kWhole,
  kNotOpened,  // there is no regular file, or not for this process
  kUnusable,   // it cannot be read, or its size is not that of an image
};

// Reads the file `path` into the memory that `room(*size)` gives for it. What is not kWhole leaves
// `*problem`, without the path; `room` may not have been called then.
FileRead read_image_file(const std::string& path, const std::function<char*(size_t)>& room,
                         size_t* size, std::string* problem);

}  // namespace caffe_multilabel
