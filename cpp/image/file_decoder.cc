#include "image/file_decoder.h"

namespace caffe_multilabel {

bool FileDecoder::read(const std::string& path, std::vector<uint8_t>* bytes, std::string* problem) {
  const auto room = [bytes](size_t size) {
    bytes->resize(size);
    return bytes->data();
  };
  size_t size = 0;
  bool lacked_end = false;
  const FileRead outcome = decoder_.read_file(path, room, &size, &lacked_end, problem);
  if (outcome == FileRead::kNotOpened) *problem = "cannot be opened: " + *problem;
  return outcome == FileRead::kWhole;
}

}  // namespace caffe_multilabel
