#include "list/line_assignment.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

constexpr uint32_t kNoLine = UINT32_MAX;

}  // namespace

LineAssignment::LineAssignment(const RecordList& list, std::vector<uint32_t> positions)
    : list_(list), positions_(std::move(positions)), by_path_(list.size()) {
  std::iota(by_path_.begin(), by_path_.end(), 0U);
  std::stable_sort(by_path_.begin(), by_path_.end(),
                   [&list](uint32_t a, uint32_t b) { return list.path(a) < list.path(b); });
}

void LineAssignment::add(std::string_view key) {
  const auto parsed = parse_key(key);
  if (records_ == 0) paths_in_keys_ = parsed.has_value();
  if (parsed.has_value() != paths_in_keys_) {
    throw Error(ErrorKind::kDatabase, "the key " + printable(key) +
                                          (paths_in_keys_ ? " holds no path" : " holds a path") +
                                          ", unlike the first one");
  }
  const uint32_t record = records_++;
  if (!parsed) {
    if (record >= list_.size()) add_problem(printable(key), 1);
    return;
  }
  const auto found = std::lower_bound(
      by_path_.begin(), by_path_.end(), parsed->path,
      [this](uint32_t line, std::string_view wanted) { return list_.path(line) < wanted; });
  if (found == by_path_.end() || list_.path(*found) != parsed->path) {
    return add_problem(printable(key), 1);
  }
  const auto number = static_cast<uint32_t>(parsed->index);
  const uint32_t position = number < positions_.size() ? positions_[number] : number;
  claims_.push_back({static_cast<uint32_t>(found - by_path_.begin()), position, record});
}

std::vector<uint32_t> LineAssignment::finish() {
  std::vector<uint32_t> lines(records_, kNoLine);
  if (!paths_in_keys_) std::iota(lines.begin(), lines.end(), 0U);
  std::sort(claims_.begin(), claims_.end(), [](const Claim& a, const Claim& b) {
    return std::tie(a.group, a.position, a.record) < std::tie(b.group, b.position, b.record);
  });
  for (auto begin = claims_.begin(); begin != claims_.end();) {
    const auto end = std::find_if(
        begin, claims_.end(), [begin](const Claim& claim) { return claim.group != begin->group; });
    resolve({begin, end}, &lines);
    begin = end;
  }
  throw_if_problems();
  return lines;
}

// Gives the records of one path its lines.
void LineAssignment::resolve(const std::vector<Claim>& claims, std::vector<uint32_t>* lines) {
  const auto first = by_path_.begin() + claims.front().group;
  const auto last =
      std::find_if(first, by_path_.end(), [&](uint32_t line) { return !same_path(line, *first); });
  const std::vector<uint32_t> candidates(first, last);
  const auto described = [&] {
    return printable(list_.path(*first)) + " is on " + std::to_string(candidates.size()) +
           (candidates.size() == 1 ? " line" : " lines") + ", but " +
           std::to_string(claims.size()) +
           (claims.size() == 1 ? " record has it" : " records have it");
  };
  if (candidates.size() < claims.size()) {
    return add_problem(described(), claims.size() - candidates.size());
  }
  const auto take = [&](const auto& line_of) {
    for (size_t i = 0; i < claims.size(); ++i) (*lines)[claims[i].record] = line_of(i);
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
  throw Error(ErrorKind::kList, std::to_string(without_line_) +
                                    (without_line_ == 1 ? " record has" : " records have") +
                                    " no line of their own in the list, nothing was written" +
                                    problems_.text());
}

}  // namespace caffe_multilabel
