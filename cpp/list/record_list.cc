#include "list/record_list.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <random>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {

RecordList::RecordList(size_t label_count, size_t images_per_record)
    : label_count_(label_count), images_per_record_(images_per_record) {
  if (images_per_record >= 1 && images_per_record <= kMaxImagesPerRecord) return;
  throw Error(ErrorKind::kOption, "images_per_record is " + std::to_string(images_per_record) +
                                      ", must be from 1 to " + std::to_string(kMaxImagesPerRecord));
}

void RecordList::add(const std::string_view* paths, const float* labels, uint32_t line) {
  for (size_t image = 0; image < images_per_record_; ++image) {
    if (image > 0) arena_.push_back('\0');
    arena_ += paths[image];
    ends_.push_back(arena_.size());
  }
  labels_.insert(labels_.end(), labels, labels + label_count_);
  lines_.push_back(line);
}

std::string_view RecordList::path(size_t record, size_t image) const {
  const size_t at = record * images_per_record_ + image;
  const uint64_t begin = at == 0 ? 0 : ends_[at - 1] + (image > 0 ? 1 : 0);
  return std::string_view(arena_).substr(begin, ends_[at] - begin);
}

std::string_view RecordList::paths(size_t record) const {
  const size_t next = (record + 1) * images_per_record_;
  const uint64_t begin = record == 0 ? 0 : ends_[record * images_per_record_ - 1];
  return std::string_view(arena_).substr(begin, ends_[next - 1] - begin);
}

Digest RecordList::digest() const {
  Digest digest{};
  for (size_t record = 0; record < size(); ++record) {
    const auto* bytes = reinterpret_cast<const char*>(labels(record));
    digest = chain(digest, record_digest(paths(record), {bytes, label_count_ * sizeof(float)}));
  }
  return digest;
}

Digest RecordList::path_digest(size_t records) const {
  Digest digest{};
  for (size_t record = 0; record < records; ++record) {
    digest = chain(digest, record_digest(paths(record), {}));
  }
  return digest;
}

size_t RecordList::repeated_paths() const {
  // 16 bytes a record, for the list may be most of what the memory holds.
  std::vector<std::pair<size_t, uint32_t>> hashed(size());
  for (size_t record = 0; record < size(); ++record) {
    hashed[record] = {std::hash<std::string_view>{}(paths(record)), static_cast<uint32_t>(record)};
  }
  std::sort(hashed.begin(), hashed.end());
  size_t repeated = 0;
  std::vector<std::string_view> alike;
  for (auto begin = hashed.begin(); begin != hashed.end();) {
    const auto end = std::find_if(begin, hashed.end(),
                                  [&](const auto& each) { return each.first != begin->first; });
    if (end - begin > 1) {
      alike.clear();
      std::transform(begin, end, std::back_inserter(alike),
                     [&](const auto& each) { return paths(each.second); });
      std::sort(alike.begin(), alike.end());
      const auto distinct = std::unique(alike.begin(), alike.end()) - alike.begin();
      repeated += static_cast<size_t>(end - begin - distinct);
    }
    begin = end;
  }
  return repeated;
}

size_t RecordList::rows_of_bits() const {
  constexpr float kFourDigits = 1000;
  constexpr float kMost = 16777216;  // above, a float32 does not hold each whole number
  if (label_count_ != 1 || size() == 0) return 0;
  const auto has_bits = [](float label) {
    if (!(label >= 0 && label < kMost) || std::trunc(label) != label) return false;
    auto left = static_cast<uint32_t>(label);
    while (left % 10 < 2 && left > 0) left /= 10;
    return left == 0;
  };
  const bool all = std::all_of(labels_.begin(), labels_.end(), has_bits);
  return all && *std::max_element(labels_.begin(), labels_.end()) >= kFourDigits ? size() : 0;
}

std::vector<uint32_t> record_order(size_t count, bool shuffle, uint64_t seed) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  if (!shuffle) return order;
  std::mt19937_64 random(seed);
  for (size_t left = count; left > 1; --left) {
    // Draws above the largest multiple of `left` are thrown away, so that all slots are equal.
    const uint64_t limit = UINT64_MAX - UINT64_MAX % left;
    uint64_t draw = random();
    while (draw >= limit) draw = random();
    std::swap(order[left - 1], order[draw % left]);
  }
  return order;
}

}  // namespace caffe_multilabel
