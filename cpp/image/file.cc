#include "image/file.h"

#include <climits>

#include "base/file.h"

namespace caffe_multilabel {

bool is_image_size(size_t size, std::string* problem) {
  if (size == 0) {
    *problem = "is empty";
  } else if (size > INT_MAX) {
    *problem = "has more than 2 GiB";
  } else {
    return true;
  }
  return false;
}

FileRead read_image_file(const std::string& path, const std::function<char*(size_t)>& room,
                         size_t* size, std::string* problem) {
  const FileDescriptor file = open_regular(path, size, problem);
  if (!file.valid()) return FileRead::kNotOpened;
  const bool whole =
      is_image_size(*size, problem) && read_exactly(file.get(), room(*size), *size, problem);
  return whole ? FileRead::kWhole : FileRead::kUnusable;
}

}  // namespace caffe_multilabel
