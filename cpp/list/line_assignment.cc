#include "list/line_assignment.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "list/diagnosis.h"

namespace caffe_multilabel {
namespace {

constexpr uint32_t kNoLine = UINT32_MAX;

const char* told(PlacedBy by) {
  switch (by) {
    case PlacedBy::kPath:
      return "a path";
    case PlacedBy::kNumber:
      return "a number";
    case PlacedBy::kOrder:
      break;
  }
  return "neither a path nor a number";
}

}  // namespace

LineAssignment::LineAssignment(const RecordList& list, std::vector<uint32_t> positions)
    : list_(list), positions_(std::move(positions)), by_path_(list.size()), taken_(list.size()) {
  std::iota(by_path_.begin(), by_path_.end(), 0U);
  std::stable_sort(by_path_.begin(), by_path_.end(),
                   [&list](uint32_t a, uint32_t b) { return list.path(a) < list.path(b); });
}

void LineAssignment::add(const ListPlace& place, std::string_view key) {
  if (lines_.empty()) placed_by_ = place.by;
  if (place.by != placed_by_) {
    throw Error(ErrorKind::kDatabase, "the key " + printable(key) + " tells " + told(place.by) +
                                          ", unlike the first one, which tells " +
                                          told(placed_by_));
  }
  const auto record = static_cast<uint32_t>(lines_.size());
  lines_.push_back(kNoLine);
  if (place.by == PlacedBy::kPath) return claim_path(record, place, key);
  claim_line(record, place.position, key);
}

void LineAssignment::claim_line(uint32_t record, std::optional<size_t> position,
                                std::string_view key) {
  if (!position || *position >= list_.size()) return add_problem(printable(key), 1);
  if (taken_[*position]) {
    return add_problem(printable(key) + ", another record has its number", 1);
  }
  taken_[*position] = true;
  lines_[record] = static_cast<uint32_t>(*position);
}

void LineAssignment::claim_path(uint32_t record, const ListPlace& place, std::string_view key) {
  const auto found = find(place.path);
  if (found == by_path_.end()) return add_problem(printable(key), 1);
  const size_t number = place.position.value_or(record);
  const auto position =
      number < positions_.size() ? positions_[number] : static_cast<uint32_t>(number);
  claims_.push_back({static_cast<uint32_t>(found - by_path_.begin()), position, record});
}

LineAssignment::Lines::const_iterator LineAssignment::find(std::string_view path) const {
  const auto found = std::lower_bound(
      by_path_.begin(), by_path_.end(), path,
      [this](uint32_t line, std::string_view wanted) { return list_.path(line) < wanted; });
  return found == by_path_.end() || list_.path(*found) != path ? by_path_.end() : found;
}

bool LineAssignment::holds(std::string_view path) const { return find(path) != by_path_.end(); }

std::vector<uint32_t> LineAssignment::finish() {
  std::sort(claims_.begin(), claims_.end(), [](const Claim& a, const Claim& b) {
    return std::tie(a.group, a.position, a.record) < std::tie(b.group, b.position, b.record);
  });
  for (auto begin = claims_.begin(); begin != claims_.end();) {
    const auto end = std::find_if(
        begin, claims_.end(), [begin](const Claim& claim) { return claim.group != begin->group; });
    resolve({begin, end});
    begin = end;
  }
  throw_if_problems();
  return std::move(lines_);
}

// Gives the records of one path its lines.
void LineAssignment::resolve(const std::vector<Claim>& claims) {
  const auto first = by_path_.begin() + claims.front().group;
  const auto last =
      std::find_if(first, by_path_.end(), [&](uint32_t line) { return !same_path(line, *first); });
  const std::vector<uint32_t> candidates(first, last);
  const auto described = [&] {
    return printable(list_.path(*first)) + " is on " + counted(candidates.size(), "line") +
           ", but " + counted(claims.size(), "record") +
           by_count(claims.size(), " has it", " have it");
  };
  if (candidates.size() < claims.size()) {
    return add_problem(described(), claims.size() - candidates.size());
  }
  const auto take = [&](const auto& line_of) {
    for (size_t i = 0; i < claims.size(); ++i) lines_[claims[i].record] = line_of(i);
  };
  if (candidates.size() == claims.size()) return take([&](size_t i) { return candidates[i]; });
  // More lines than records. Those lines are meant that stand where the records came from.
  const bool in_place = std::all_of(claims.begin(), claims.end(), [&](const Claim& claim) {
    return std::binary_search(candidates.begin(), candidates.end(), claim.position);
  });
  if (in_place) return take([&](size_t i) { return claims[i].position; });
  const auto same_labels = [&](uint32_t line) {
    const float* labels = list_.labels(line);
    return std::equal(labels, labels + list_.label_count(), list_.labels(*first));
  };
  if (std::all_of(first, last, same_labels)) return take([&](size_t i) { return candidates[i]; });
  add_problem(described() + ", and the lines' labels differ", claims.size());
}

void LineAssignment::add_problem(const std::string& text, size_t records) {
  without_line_ += records;
  problems_.add([&] { return text; });
}

void LineAssignment::throw_if_problems() const {
  if (problems_.count() == 0) return;
  throw Error(ErrorKind::kList,
              counted(without_line_, "record") +
                  by_count(without_line_, " has no line of its", " have no line of their") +
                  " own in the list, nothing was written" + class_in_path_hint(list_.path(0)) +
                  problems_.text());
}

}  // namespace caffe_multilabel
