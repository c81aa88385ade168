#include "image/file_decoder.h"

#include <string_view>

#include "image/file.h"

namespace caffe_multilabel {

bool FileDecoder::read(const std::string& path, std::vector<uint8_t>* bytes, std::string* problem) {
  const auto room = [bytes](size_t size) {
    bytes->resize(size);
    return reinterpret_cast<char*>(bytes->data());
  };
  size_t size = 0;
  switch (read_image_file(path, room, &size, problem)) {
    case FileRead::kWhole:
      break;
    case FileRead::kNotOpened:
      *problem = "cannot be opened: " + *problem;
      return false;
    case FileRead::kUnusable:
      return false;
  }
  const std::string_view end = decoder_.missing_end(bytes->data(), bytes->size());
  bytes->insert(bytes->end(), end.begin(), end.end());
  return true;
}

}  // namespace caffe_multilabel
