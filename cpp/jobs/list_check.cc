#include "jobs/list_check.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "list/diagnosis.h"
#include "pair/rejects.h"

namespace caffe_multilabel {
namespace {

// Of the images that the conversion left out, made printable().
std::multiset<std::string> rejected_paths(const std::string& image_db) {
  std::multiset<std::string> paths;
  for (const RejectedLine& reject : read_rejects(image_db)) paths.insert(reject.path);
  return paths;
}

}  // namespace

ListCheck::ListCheck(const RecordList& list, const Manifest* manifest)
    : list_(list),
      matcher_(list),
      places_(list.size(), [this](std::string_view path) { return matcher_.holds(path); }) {
  if (list.images_per_record() == 1) return;
  numbered_.emplace(list,
                    manifest != nullptr ? converted_positions(*manifest) : std::vector<uint32_t>());
  has_manifest_ = manifest != nullptr;
  same_images_ = manifest != nullptr && lists_same_images(*manifest, list);
}

void ListCheck::see_keys(RecordReader* labels) {
  while (const auto record = labels->next()) places_.see(record->key);
  labels->rewind();
}

std::optional<std::string_view> ListCheck::path_of(std::string_view image_key,
                                                   size_t record) const {
  const ListPlace place = places_.find(image_key, record);
  if (place.by == PlacedBy::kPath) return place.path;
  const bool known = place.by == PlacedBy::kNumber && place.position;
  if (!known || *place.position >= list_.size()) return std::nullopt;
  return list_.path(*place.position);
}

std::vector<std::string_view> ListCheck::paths_of(std::string_view image_key,
                                                  std::string* problem) const {
  std::vector<std::string_view> paths;
  const auto position = numbered_->find(image_key, problem);
  if (!position) return paths;
  for (size_t image = 0; image < list_.images_per_record(); ++image) {
    paths.push_back(list_.path(*position, image));
  }
  return paths;
}

std::optional<std::string> ListCheck::take(std::string_view key, size_t record,
                                           const std::vector<float>& labels) {
  if (numbered_) {
    std::string problem;
    const auto position = numbered_->find(key, &problem);
    return position ? matcher_.take(std::nullopt, position, labels) : std::optional(problem);
  }
  const ListPlace place = places_.find(key, record);
  placed_by_order_ += place.by == PlacedBy::kOrder;
  const auto path = place.by == PlacedBy::kPath ? std::optional(place.path) : std::nullopt;
  auto problem = matcher_.take(path, place.position, labels);
  if (problem && !hinted_) {
    hinted_ = true;
    *problem += class_in_path_hint(list_.path(0));
  }
  return problem;
}

void ListCheck::report_places(VerifyReport* report) const {
  if (numbered_) {
    if (same_images_) return;
    const std::string message =
        std::string(has_manifest_
                        ? "the list does not begin with the lines of the conversion, with "
                          "the same paths in the same order"
                        : "there is no manifest that tells the paths of the conversion") +
        ", and a key holds the first of " + std::to_string(list_.images_per_record()) +
        " paths, so ";
    const uint64_t records = std::max(report->images, report->labels);
    if (report->compared == records * list_.images_per_record()) {
      return report->warn("list", "",
                          message +
                              "lines were taken by number, and their images tell whether "
                              "they are those of the records");
    }
    return report->add("list", "",
                       message +
                           "whether lines taken by number are those of the records cannot be "
                           "told; with all images read again (--root) it can");
  }
  if (placed_by_order_ > 0) {
    report->warn(
        "list", "",
        "the " + std::string(by_count(placed_by_order_, "key of ", "keys of ")) +
            counted(placed_by_order_, "record") + by_count(placed_by_order_, " tells", " tell") +
            " neither a path nor a number, so lines of the list were taken in their order");
  }
  if (places_.counts_from_one()) {
    report->warn("list", "",
                 "keys count from 1, so record number n was taken for line n of the list");
  }
}

void ListCheck::check_is_used_up(const std::string& image_db, VerifyReport* report) const {
  std::multiset<std::string> rejected = rejected_paths(image_db);
  std::vector<size_t> missing;
  for (const size_t record : matcher_.unused()) {
    const auto found = rejected.find(printable(list_.path(record)));
    if (found == rejected.end()) {
      missing.push_back(record);
    } else {
      rejected.erase(found);
    }
  }
  if (missing.empty()) return;
  report->add("list", "",
              counted(missing.size(), "line") + " of the list " +
                  by_count(missing.size(), "has no record and is", "have no record and are") +
                  " not among the rejected; the first is line " +
                  std::to_string(list_.line(missing.front())) + ", " +
                  printable(list_.path(missing.front())));
}

}  // namespace caffe_multilabel
