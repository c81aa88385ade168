#include "tests/stored_records.h"

#include <algorithm>
#include <numeric>

#include "record/key.h"
#include "store/lmdb.h"

namespace caffe_multilabel {

std::string write_records(const TemporaryDirectory& directory, std::string_view name,
                          const std::vector<std::string>& values) {
  const std::string folder = directory.folder(name);
  LmdbWriter writer(folder, 1 << 20);
  for (size_t i = 0; i < values.size(); ++i) writer.put(image_key(i, "x"), values[i]);
  writer.commit();
  return folder;
}

std::string raw_record(const Shape& shape, int first) {
  ImageDatum datum;
  uint8_t* bytes = datum.begin_raw(shape);
  std::iota(bytes, bytes + shape.size(), static_cast<uint8_t>(first));
  return std::string(datum.finish(0));
}

std::string encoded_record(std::string_view file) {
  ImageDatum datum;
  std::copy(file.begin(), file.end(), datum.begin_encoded(file.size()));
  return std::string(datum.finish(0));
}

std::string label_record(const std::vector<float>& labels) {
  std::string value;
  write_label_datum({static_cast<int>(labels.size()), 1, 1}, labels.data(), &value);
  return value;
}

}  // namespace caffe_multilabel
