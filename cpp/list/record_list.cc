#include "list/record_list.h"

#include <numeric>
#include <random>
#include <unordered_set>
#include <utility>

namespace caffe_multilabel {

void RecordList::add(std::string_view path, const float* labels, uint32_t line) {
  arena_ += path;
  ends_.push_back(arena_.size());
  labels_.insert(labels_.end(), labels, labels + label_count_);
  lines_.push_back(line);
}

std::string_view RecordList::path(size_t record) const {
  const uint64_t begin = record == 0 ? 0 : ends_[record - 1];
  return std::string_view(arena_).substr(begin, ends_[record] - begin);
}

Digest RecordList::digest() const {
  Digest digest{};
  for (size_t record = 0; record < size(); ++record) {
    const auto* bytes = reinterpret_cast<const char*>(labels(record));
    digest = chain(digest, record_digest(path(record), {bytes, label_count_ * sizeof(float)}));
  }
  return digest;
}

size_t RecordList::repeated_paths() const {
  std::unordered_set<std::string_view> seen;
  seen.reserve(size());
  for (size_t record = 0; record < size(); ++record) seen.insert(path(record));
  return size() - seen.size();
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
