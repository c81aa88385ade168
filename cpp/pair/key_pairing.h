// Do the keys of two DBs say that their records pair? The one place that says which keys can be
// compared at all, whoever wrote them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace caffe_multilabel {

// What ties two records to each other, the weakest first.
enum class PairedBy {
  kOrder,   // nothing but their places
  kName,    // keys without a number are the same
  kNumber,  // the numbers in the keys are the same, however wide, and what names hold before them
  kPath,    // keys of the converter's form, with the same number and path
};

// Two records that stand beside each other and are no pair.
struct Mispaired {
  uint64_t position = 0;
  std::string image_key;  // printable
  std::string label_key;
  uint64_t records = 1;  // how many such pairs there are, where they were found together
};

// Fed with the keys of both DBs, record by record in their order. Keys can be compared where both
// begin with a number (see key_number()), or where both are names of one kind: where at least one
// record of each DB has the same name; or where both have one stem with a number at its end (see
// numbered_name()). All others say nothing about their records, and such numbers contradict each
// other only where there are several records, all with keys that can be compared.
class KeyPairing {
 public:
  // Gives the pair if its keys contradict each other.
  std::optional<Mispaired> add(std::string_view image_key, std::string_view label_key);

  // To be called after the last pair. Whether names that differ contradict each other shows only
  // here; gives the first such pair. Walks both DBs anew if it must.
  std::optional<Mispaired> finish(RecordReader* images, RecordReader* labels);

  // The weakest of what was compared; kOrder if the keys of no two records could be.
  PairedBy paired_by() const { return weakest_.value_or(PairedBy::kOrder); }
  // Pairs of records that nothing ties but their order.
  uint64_t by_order() const { return incomparable_ + unlike_names_.records; }
  // Pairs taken so far.
  uint64_t records() const { return position_; }
  // The first of those by order.
  const std::optional<Mispaired>& first_by_order() const { return first_by_order_; }

 private:
  void compared(PairedBy by);
  bool are_of_one_kind(RecordReader* images, RecordReader* labels) const;

  uint64_t position_ = 0;  // of the next pair
  std::optional<PairedBy> weakest_;
  uint64_t incomparable_ = 0;
  std::optional<Mispaired> first_by_order_;
  bool has_equal_names_ = false;
  Mispaired unlike_names_{0, "", "", 0};  // the first one, and how many
  uint64_t unlike_numbers_ = 0;           // of those, with one stem
};

// What a contradiction counts for whom keys are no matter, as they are none for Caffe. Keys may be
// any bytes, and a number in them chance: where keys beside it hold none, or where it is alone.
enum class LoneNumbers { kCount, kIgnored };

// For who needs the records too: gets both of each position, in their order.
using PairVisitor = std::function<void(const StoredRecord& image, const StoredRecord& label)>;

// The first records that do not pair by their keys. Both readers stand at their beginning, before
// and after.
std::optional<Mispaired> find_mispaired(RecordReader* images, RecordReader* labels,
                                        LoneNumbers lone_numbers, const PairVisitor& visit = {});

// Throws Error(kDatabase) for what find_mispaired() finds.
void require_paired_keys(RecordReader* images, RecordReader* labels, LoneNumbers lone_numbers,
                         const PairVisitor& visit = {});

}  // namespace caffe_multilabel
