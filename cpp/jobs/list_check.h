// The records of a pair held against the list that they were made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/verify.h"
#include "list/list_place.h"
#include "list/matching.h"
#include "list/numbered_lines.h"
#include "pair/manifest.h"
#include "store/store.h"

namespace caffe_multilabel {

// Gives each record its line, and knows at the end which lines got none.
class ListCheck {
 public:
  // `manifest` is the pair's; may be null. For lists of records of several images.
  ListCheck(const RecordList& list, const Manifest* manifest);
  ListCheck(const ListCheck&) = delete;
  ListCheck& operator=(const ListCheck&) = delete;

  // Must have seen all keys of the label DB before it is asked for a place. The reader stands at
  // its beginning, before and after.
  void see_keys(RecordReader* labels);

  // The path on the line of a record, by the key of its image; nothing where that does not tell it.
  // For use by any threads.
  std::optional<std::string_view> path_of(std::string_view image_key, size_t record) const;

  // The same of all images of a record that has several; empty, with `*problem`, where the key does
  // not tell them.
  std::vector<std::string_view> paths_of(std::string_view image_key, std::string* problem) const;

  // Takes the line of a record, by its telling_key(). Gives what is wrong with its labels; the
  // first time also what may be wrong with the list.
  std::optional<std::string> take(std::string_view key, size_t record,
                                  const std::vector<float>& labels);

  // How the lines were found, where nobody may have meant it. Of records of several images it is a
  // problem where nothing proves that they were made of all the paths on their lines: neither the
  // manifest nor the images, of which `report->compared` tells.
  void report_places(VerifyReport* report) const;

  // Lines without a record, but for those of images that the conversion left out.
  void check_is_used_up(const std::string& image_db, VerifyReport* report) const;

 private:
  const RecordList& list_;
  ListMatcher matcher_;
  ListPlaces places_;
  std::optional<NumberedLines> numbered_;  // of records of several images
  bool has_manifest_ = false;
  bool same_images_ = false;      // the list has the paths of the conversion
  uint64_t placed_by_order_ = 0;  // records
  bool hinted_ = false;           // of what the paths of the list may be
};

}  // namespace caffe_multilabel
