#include "pair/key_pairing.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

// Both are in the order of their keys, so one walk finds what they have in common.
bool share_a_name(RecordReader* a, RecordReader* b) {
  a->rewind();
  b->rewind();
  auto of_a = a->next();
  auto of_b = b->next();
  while (of_a && of_b) {
    const int order = of_a->key.compare(of_b->key);
    if (order == 0 && !key_number(of_a->key)) return true;
    if (order <= 0) of_a = a->next();
    if (order >= 0) of_b = b->next();
  }
  return false;
}

}  // namespace

std::optional<Mispaired> KeyPairing::add(std::string_view image_key, std::string_view label_key) {
  const uint64_t position = position_++;
  const auto here = [&] {
    return Mispaired{position, printable(image_key), printable(label_key), 1};
  };
  const auto image = parse_key(image_key);
  const auto label = parse_key(label_key);
  if (image && label) {
    compared(PairedBy::kPath);
    return same_record(*image, *label) ? std::nullopt : std::optional(here());
  }
  const auto image_number = key_number(image_key);
  const auto label_number = key_number(label_key);
  if (image_number && label_number) {
    compared(PairedBy::kNumber);
    return *image_number == *label_number ? std::nullopt : std::optional(here());
  }
  if (image_key == label_key) {
    has_equal_names_ = true;
    compared(PairedBy::kName);
    return std::nullopt;
  }
  const bool are_names = !image_number && !label_number;
  const auto image_name = numbered_name(image_key);
  const auto label_name = numbered_name(label_key);
  const bool share_a_stem =
      are_names && image_name && label_name && image_name->stem == label_name->stem;
  if (share_a_stem && image_name->number == label_name->number) {
    compared(PairedBy::kNumber);
    return std::nullopt;
  }
  if (!first_by_order_) first_by_order_ = here();
  if (!are_names) {
    ++incomparable_;
  } else if (unlike_names_.records++ == 0) {
    unlike_names_ = here();
  }
  unlike_numbers_ += share_a_stem;
  return std::nullopt;
}

std::optional<Mispaired> KeyPairing::finish(RecordReader* images, RecordReader* labels) {
  if (unlike_names_.records == 0 || !are_of_one_kind(images, labels)) return std::nullopt;
  return std::exchange(unlike_names_, Mispaired{0, "", "", 0});
}

bool KeyPairing::are_of_one_kind(RecordReader* images, RecordReader* labels) const {
  const bool all_have_numbers = incomparable_ == 0 && unlike_numbers_ == unlike_names_.records;
  if (all_have_numbers && position_ > 1) return true;
  return has_equal_names_ || share_a_name(images, labels);
}

void KeyPairing::compared(PairedBy by) { weakest_ = std::min(by, weakest_.value_or(by)); }

std::optional<Mispaired> find_mispaired(RecordReader* images, RecordReader* labels,
                                        LoneNumbers lone_numbers, const PairVisitor& visit) {
  KeyPairing pairing;
  std::optional<Mispaired> wrong;
  for (;;) {
    const auto image = images->next();
    const auto label = labels->next();
    if (!image || !label) break;
    if (visit) visit(*image, *label);
    const auto here = pairing.add(image->key, label->key);
    if (!wrong) wrong = here;
  }
  const auto unlike_names = pairing.finish(images, labels);
  if (!wrong) wrong = unlike_names;
  images->rewind();
  labels->rewind();
  const bool lone = pairing.by_order() > 0 || pairing.records() == 1;
  return lone && lone_numbers == LoneNumbers::kIgnored ? std::nullopt : wrong;
}

void require_paired_keys(RecordReader* images, RecordReader* labels, LoneNumbers lone_numbers,
                         const PairVisitor& visit) {
  const auto wrong = find_mispaired(images, labels, lone_numbers, visit);
  if (!wrong) return;
  throw Error(ErrorKind::kDatabase,
              labels->directory() + ": its record " + wrong->label_key + " stands beside " +
                  wrong->image_key + " of " + images->directory() +
                  "; the DBs do not pair, and caffe-multilabel verify tells more",
              labels->directory(), 0, wrong->label_key);
}

}  // namespace caffe_multilabel
