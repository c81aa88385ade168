#include "list_match.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace caffe_multilabel {
namespace {

constexpr size_t kShownLabels = 8;

std::string text_of(const float* labels, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(count, kShownLabels); ++i) {
    char number[32];
    const auto end = std::to_chars(number, number + sizeof number, labels[i]).ptr;
    text += (i == 0 ? "" : " ") + std::string(number, end);
  }
  return text + (count > kShownLabels ? " ..." : "");
}

}  // namespace

ListMatcher::ListMatcher(const RecordList& list)
    : list_(list), by_path_(list.size()), used_(list.size()) {
  std::iota(by_path_.begin(), by_path_.end(), 0U);
  std::stable_sort(by_path_.begin(), by_path_.end(),
                   [&list](uint32_t a, uint32_t b) { return list.path(a) < list.path(b); });
}

std::optional<std::string> ListMatcher::take(std::optional<std::string_view> path, size_t position,
                                             const std::vector<float>& labels) {
  if (labels.size() != list_.label_count()) {
    return "has " + std::to_string(labels.size()) + " labels, the list has " +
           std::to_string(list_.label_count());
  }
  const auto same_labels = [&](size_t record) {
    return std::equal(labels.begin(), labels.end(), list_.labels(record));
  };
  std::vector<size_t> candidates;
  if (!path) {
    if (position < list_.size()) candidates.push_back(position);
  } else {
    auto at = std::lower_bound(
        by_path_.begin(), by_path_.end(), *path,
        [this](uint32_t record, std::string_view wanted) { return list_.path(record) < wanted; });
    for (; at != by_path_.end() && list_.path(*at) == *path; ++at) {
      if (!used_[*at]) candidates.push_back(*at);
    }
  }
  if (candidates.empty()) return "is not in the list, or more often than there";
  const auto match = std::find_if(candidates.begin(), candidates.end(), same_labels);
  const size_t taken = match == candidates.end() ? candidates.front() : *match;
  used_[taken] = true;
  if (match != candidates.end()) return std::nullopt;
  return "labels are " + text_of(labels.data(), labels.size()) + ", the list's line " +
         std::to_string(list_.line(taken)) + " says " +
         text_of(list_.labels(taken), list_.label_count());
}

std::vector<size_t> ListMatcher::unused() const {
  std::vector<size_t> positions;
  for (size_t i = 0; i < used_.size(); ++i) {
    if (!used_[i]) positions.push_back(i);
  }
  return positions;
}

}  // namespace caffe_multilabel
