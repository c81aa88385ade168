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

// BVLC's convert_imageset writes image keys, so a label DB made with it has those too.
enum class KeyKind { kImage, kLabel };

// A key taken apart.
struct ParsedKey {
  KeyKind kind;
  uint64_t index;         // the number in it, that of the record in the list
  std::string_view path;  // points into the key
};

// Nothing when the key has neither form. This is the only place that knows the forms; Python asks
// it as `_core.parse_key`.
std::optional<ParsedKey> parse_key(std::string_view key);

// The number that a key begins with, without zeros before it, so that keys of any width compare:
// "12" of "00000012_a.jpg", "000012", "12" and "12.png". Nothing where a key begins with no digit,
// nor where a letter or later more digits follow, which may be what tells its record from others,
// as in "3f" and "5_17"; a key of the forms above may go on as it likes.
std::optional<std::string_view> key_number(std::string_view key);

// The name of a file without the extension that it ends in: ".jpg" and ".jp2" are one, and what
// follows the point in "v1.2" is none.
std::string_view without_extension(std::string_view name);

// A name that ends in a number, taken apart: "img_" and "12" of "img_00012" and "img_12.jpg".
struct NumberedName {
  std::string_view stem;    // may be empty
  std::string_view number;  // without zeros before it
};

// Nothing where no digit stands at the end of the key, or before the extension that it ends in.
std::optional<NumberedName> numbered_name(std::string_view key);

// Whether two keys are of one record of a pair, whatever their kinds.
inline bool same_record(const ParsedKey& a, const ParsedKey& b) {
  return a.index == b.index && a.path == b.path;
}

}  // namespace caffe_multilabel
