// Where in a list the record with a key comes from, whoever wrote the key: the one rule for all
// jobs that hold a DB against a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace caffe_multilabel {

// What ties a record to a line of the list.
enum class PlacedBy {
  kPath,    // the path in its key, or the key itself
  kNumber,  // the number in its key
  kOrder,   // nothing but its place in the DB
};

struct ListPlace {
  PlacedBy by = PlacedBy::kOrder;
  std::string_view path;  // by path: points into the key
  // In the list. By path, what the number beside it says, for lines that share the path. Nothing
  // where the key tells none, or one beyond all lists.
  std::optional<size_t> position;
};

// Finds the places of the records of one DB, once it has seen all its keys. Then for use by any
// threads.
class ListPlaces {
 public:
  using HoldsPath = std::function<bool(std::string_view)>;

  // `holds` tells of the paths of the list, which has `lines`.
  ListPlaces(size_t lines, HoldsPath holds) : lines_(lines), holds_(std::move(holds)) {}

  void see(std::string_view key);

  // `record` is the position in the DB. Number n is line n + 1, as the converter counts. Keys may
  // be any bytes: where only some that hold no path begin with a number, it is chance.
  ListPlace find(std::string_view key, size_t record) const;

  // Whether numbers count from 1, as scripts may: none is 0, and the last line's is the highest.
  bool counts_from_one() const { return least_ > 0 && greatest_ == lines_; }

  // Whether they may, but need not: they begin with 1, and the list goes on after the highest.
  bool may_count_from_one() const { return least_ == 1 && greatest_ < lines_; }

 private:
  const size_t lines_;
  const HoldsPath holds_;
  // Of keys that hold no path.
  bool has_numbers_ = false;
  bool has_others_ = false;
  uint64_t least_ = UINT64_MAX;
  uint64_t greatest_ = 0;
};

// Of the keys of a record of a pair the one that tells its place: the label's, but where only the
// image's holds a path, as in a pair whose label DB another tool has made.
std::string_view telling_key(std::string_view image_key, std::string_view label_key);

}  // namespace caffe_multilabel
