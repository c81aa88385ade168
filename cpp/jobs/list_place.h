// Where in a list the record with a key comes from, whoever wrote the key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "list/matching.h"
#include "list/record_list.h"
#include "store/store.h"

namespace caffe_multilabel {

// What ties a record to a line of the list.
enum class PlacedBy {
  kPath,    // the path in its key, or the key itself
  kNumber,  // the number in its key
  kOrder,   // nothing but its place in the DB
};

struct ListPlace {
  PlacedBy by = PlacedBy::kOrder;
  std::string_view path;           // by path: points into the key
  std::optional<size_t> position;  // else: in the list, unless the number is beyond all lists
};

// Finds the places of the records of one DB. For use by any threads.
class ListPlaces {
 public:
  // Walks over the keys of `records`, which stands at its beginning before and after.
  ListPlaces(const ListMatcher& matcher, RecordReader* records);

  // `record` is the position in the DB. Number n is line n + 1, as the converter counts.
  ListPlace find(std::string_view key, size_t record) const;

  // Whether numbers count from 1, as scripts may: none is 0, and the last line's is the highest.
  bool counts_from_one() const { return first_number_ == 1; }

 private:
  const ListMatcher& matcher_;
  uint64_t first_number_ = 0;
};

}  // namespace caffe_multilabel
