// Record keys: "%08d_<path>" in the image DB, "%08dlabel_<path>" in the label DB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caffe_multilabel {

// Eight digits sort as bytes up to here; a ninth would break the order of the DB.
inline constexpr uint64_t kMaxRecords = 100'000'000;
// What LMDB takes in its usual build.
inline constexpr size_t kMaxKeySize = 511;

std::string image_key(uint64_t index, std::string_view path);
std::string label_key(uint64_t index, std::string_view path);

// A key taken apart. `path` points into the key.
struct ParsedKey {
  uint64_t index;
  std::string_view path;
};

// Nothing when the key has another form. BVLC's convert_imageset writes image keys, so a label DB
// made with it is parsed by `parse_image_key` too.
std::optional<ParsedKey> parse_image_key(std::string_view key);
std::optional<ParsedKey> parse_label_key(std::string_view key);

// Bytes as text for messages: control characters are written as \xNN, the rest is left alone.
std::string printable(std::string_view bytes);

}  // namespace caffe_multilabel
