#include "list/matching.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kShownLabels = 8;

std::string text_of(const float* labels, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(count, kShownLabels); ++i) {
    text += (i == 0 ? "" : " ") + number_text(labels[i]);
  }
  return text + (count > kShownLabels ? " ..." : "");
}

}  // namespace

ListMatcher::ListMatcher(const RecordList& list)
    : list_(list), sorted_(list.size()), next_(list.size() + 1), used_(list.size()) {
  std::iota(sorted_.begin(), sorted_.end(), 0U);
  std::stable_sort(sorted_.begin(), sorted_.end(), [this](uint32_t a, uint32_t b) {
    return compare(a, list_.path(b), list_.labels(b)) < 0;
  });
  std::iota(next_.begin(), next_.end(), 0U);
}

int ListMatcher::compare(size_t record, std::string_view path, const float* labels) const {
  if (const int by_path = list_.path(record).compare(path); by_path != 0) return by_path;
  if (labels == nullptr) return 0;
  const float* own = list_.labels(record);
  for (size_t i = 0; i < list_.label_count(); ++i) {
    if (own[i] != labels[i]) return own[i] < labels[i] ? -1 : 1;
  }
  return 0;
}

// Those that are used are skipped in one step, however many there are.
size_t ListMatcher::first_unused(size_t index) {
  size_t free = index;
  while (next_[free] != free) free = next_[free];
  while (next_[index] != free) {
    const size_t following = next_[index];
    next_[index] = static_cast<uint32_t>(free);
    index = following;
  }
  return free;
}

size_t ListMatcher::lower_bound(std::string_view path, const float* labels) const {
  const auto at = std::lower_bound(
      sorted_.begin(), sorted_.end(), path,
      [&](uint32_t record, std::string_view) { return compare(record, path, labels) < 0; });
  return static_cast<size_t>(at - sorted_.begin());
}

bool ListMatcher::holds(std::string_view path) const {
  const size_t index = lower_bound(path, nullptr);
  return index < sorted_.size() && compare(sorted_[index], path, nullptr) == 0;
}

std::optional<size_t> ListMatcher::find(std::string_view path, const float* labels) {
  const size_t index = first_unused(lower_bound(path, labels));
  if (index == sorted_.size() || compare(sorted_[index], path, labels) != 0) return std::nullopt;
  return index;
}

std::optional<std::string> ListMatcher::take(std::optional<std::string_view> path,
                                             std::optional<size_t> position,
                                             const std::vector<float>& labels) {
  if (labels.size() != list_.label_count()) {
    return "has " + counted(labels.size(), "label") + ", the list has " +
           std::to_string(list_.label_count());
  }
  std::optional<size_t> record;
  if (path) {
    if (const auto index = find(*path, labels.data())) {
      next_[*index] = static_cast<uint32_t>(*index + 1);
      record = sorted_[*index];
    } else if (const auto other = find(*path, nullptr)) {
      record = sorted_[*other];
      // Of several lines with this path another record may yet want this one.
      const bool alone =
          *other + 1 == sorted_.size() || compare(sorted_[*other + 1], *path, nullptr) != 0;
      if (!alone) return mismatch(*record, labels);
      next_[*other] = static_cast<uint32_t>(*other + 1);
    }
  } else if (position && *position < list_.size() && !used_[*position]) {
    record = position;
  }
  if (!record) return "is not in the list, or more often than there";
  used_[*record] = true;
  if (std::equal(labels.begin(), labels.end(), list_.labels(*record))) return std::nullopt;
  return mismatch(*record, labels);
}

std::string ListMatcher::mismatch(size_t record, const std::vector<float>& labels) const {
  return "labels are " + text_of(labels.data(), labels.size()) + ", the list's line " +
         std::to_string(list_.line(record)) + " says " +
         text_of(list_.labels(record), list_.label_count());
}

std::vector<size_t> ListMatcher::unused() const {
  std::vector<size_t> positions;
  for (size_t i = 0; i < used_.size(); ++i) {
    if (!used_[i]) positions.push_back(i);
  }
  return positions;
}

}  // namespace caffe_multilabel
