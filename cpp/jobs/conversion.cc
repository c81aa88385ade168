#include "jobs/conversion.h"

#include <algorithm>
#include <climits>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "jobs/missing_image.h"
#include "pair/disk_space.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kKeptSlotBuffer = 1U << 20U;
// Caffe makes floats of labels, and the square of a difference is exact up to 2^24.
constexpr uint64_t kCanaryNumbers = 1U << 20U;

// A label as Caffe's int32: truncated; the nearest int32 of a number beyond, for which C++ has no
// rule.
int32_t to_int32(float label) {
  constexpr float kLimit = 2147483648.0F;
  if (label >= kLimit) return INT_MAX;
  return label < -kLimit ? INT_MIN : static_cast<int32_t>(label);
}

}  // namespace

// What a worker makes of one list position. Slots are reused with their buffers.
struct Conversion::Slot {
  uint64_t index = 0;
  std::string path;                // the first, as it stands in the list
  std::vector<std::string> files;  // of its images
  std::string problem;
  bool usable = false;
  ImageRecordBuilder::Result image;
  ImageDatum datum;
  PairRecord record;
};

Conversion::Conversion(const RecordList& records, const ConvertOptions& options,
                       const ConvertCallback& callback, const PairTarget& target)
    : records_(records),
      options_(options),
      callback_(callback),
      order_(record_order(records.size(), options.shuffle, options.seed)),
      writer_(target.image_partial(), target.label_partial(), [this] { tick(); }),
      start_(writer_.tally().next_index),
      next_(start_) {
  for (size_t i = 0; i < options.threads; ++i) builders_.emplace_back(options.image);
}

void Conversion::check_space(const PairTarget& target) const {
  if (options_.ignore_free_space) return;
  const size_t left = order_.size() - start_;
  const auto paths = [this](size_t i) { return this->paths(order_[start_ + i]); };
  check_free_space(left, records_.label_count(), options_.root, paths, options_.image,
                   target.image_partial(), target.label_partial());
}

void Conversion::run() {
  OrderedPipeline<Slot>::Limits limits;
  limits.threads = options_.threads;
  limits.slots = std::max<size_t>(64, 4 * options_.threads);
  OrderedPipeline<Slot>(limits).run(
      [this](Slot& slot) { return take(&slot); },
      [this](size_t worker, Slot& slot) { return work(worker, &slot); },
      [this](Slot& slot) { drain(&slot); }, [this] { report_progress(); });
  if (writer_.tally().records == 0) {
    const Reject& first = writer_.rejects().front();
    const uint32_t record = order_[first.index];
    std::string hint;
    for (const std::string& path : paths(record)) {
      if (hint.empty()) hint = missing_hint(options_.root, path);
    }
    const bool single = records_.images_per_record() == 1;
    throw Error(ErrorKind::kImage,
                "none of the " + std::to_string(order_.size()) + (single ? " images" : " records") +
                    " can be used; the first: " + where(record) + ": " + first.problem + hint,
                options_.root);
  }
  report_progress();
  writer_.finish();
}

void Conversion::report_progress() const {
  if (!callback_) return;
  callback_({writer_.tally().next_index, order_.size(), writer_.rejects().size(), start_});
}

std::vector<RejectedLine> Conversion::rejected_lines() const {
  std::vector<RejectedLine> lines;
  for (const Reject& reject : writer_.rejects()) {
    const uint32_t record = order_[reject.index];
    lines.push_back({records_.line(record), std::string(records_.path(record)), reject.problem});
  }
  return lines;
}

std::vector<std::string> Conversion::paths(uint32_t record) const {
  std::vector<std::string> paths;
  paths.reserve(records_.images_per_record());
  for (size_t image = 0; image < records_.images_per_record(); ++image) {
    paths.emplace_back(records_.path(record, image));
  }
  return paths;
}

bool Conversion::take(Slot* slot) {
  if (next_ == order_.size()) return false;
  slot->index = next_++;
  return true;
}

size_t Conversion::work(size_t worker, Slot* slot) {
  const uint32_t list_record = order_[slot->index];
  const std::string_view path = records_.path(list_record);
  const float* labels = records_.labels(list_record);
  slot->path = path;
  slot->problem.clear();
  PairRecord& record = slot->record;
  record.index = slot->index;
  std::optional<int32_t> number;
  if (options_.canary) number = static_cast<int32_t>(slot->index % kCanaryNumbers);
  if (writer_.is_known(slot->index)) {
    const std::string* known = writer_.known_reject(slot->index);
    slot->usable = known == nullptr;
    if (known != nullptr) slot->problem = *known;
  } else {
    slot->usable = build(&builders_[worker], list_record, slot);
    if (slot->usable) {
      record.image_key = image_key(slot->index, path);
      record.image_value = slot->datum.finish(number.value_or(to_int32(labels[0])));
      record.image_digest = record_digest(record.image_key, record.image_value);
    }
  }
  if (!slot->usable) return 0;
  record.label_key = label_key(slot->index, path);
  write_label_datum(options_.label_shape, labels, number, &record.label_value);
  record.label_digest = record_digest(record.label_key, record.label_value);
  return record.image_value.size();
}

// Of several images the problem names the one that cannot be used.
bool Conversion::build(ImageRecordBuilder* builder, uint32_t record, Slot* slot) const {
  slot->files.resize(records_.images_per_record());
  for (size_t image = 0; image < slot->files.size(); ++image) {
    slot->files[image] = join_path(options_.root, records_.path(record, image));
  }
  if (builder->build(slot->files, &slot->datum, &slot->image, &slot->problem)) return true;
  const size_t failed = builder->failed_image();
  const std::string_view path = records_.path(record, failed);
  const std::string& tried = slot->files[failed];
  if (!builder->was_opened()) {
    if (tried != path) slot->problem = "cannot open " + printable(tried) + ": " + slot->problem;
    slot->problem += blanks_hint(options_.root, path);
  }
  if (slot->files.size() > 1) {
    slot->problem =
        "image " + std::to_string(failed + 1) + ", " + printable(path) + ": " + slot->problem;
  }
  return false;
}

void Conversion::drain(Slot* slot) {
  if (!slot->usable) return reject(*slot);
  if (!writer_.is_known(slot->index)) {
    slot->record.image = slot->image;
    if (writer_.tally().records > 0) compare_size(*slot);
  }
  writer_.put(slot->record);
  slot->record.image_value = {};
  slot->datum.release_if_above(kKeptSlotBuffer);
}

std::string Conversion::where(uint32_t record) const {
  return "line " + std::to_string(records_.line(record)) + ", " + printable(records_.path(record));
}

void Conversion::compare_size(const Slot& slot) {
  const Shape& first = writer_.tally().first_shape;
  if (slot.image.shape == first) return;
  ++other_sizes_;
  if (!options_.check_size) return;
  throw Error(ErrorKind::kImage,
              where(order_[slot.index]) + ": is " + to_string(slot.image.shape) +
                  ", but the first " + (records_.images_per_record() == 1 ? "image" : "record") +
                  " is " + to_string(first) +
                  " (channels x height x width); check_size wants one size",
              slot.path, records_.line(order_[slot.index]));
}

void Conversion::reject(const Slot& slot) {
  writer_.reject(slot.index, slot.problem);
  const size_t bad = writer_.rejects().size();
  const bool too_many = options_.max_bad != 0 && bad >= options_.max_bad;
  if (!options_.fail_on_bad_image && !too_many) return;
  std::string message = where(order_[slot.index]) + ": " + slot.problem;
  if (!options_.fail_on_bad_image) {
    message = "stopped after " + counted(bad, "bad image") + " (max_bad); the last: " + message;
  }
  throw Error(ErrorKind::kImage, message, slot.path, records_.line(order_[slot.index]));
}

// Sees an interruption while there is no progress to report yet. Called much oftener than a caller
// wants to be.
void Conversion::tick() {
  const auto now = std::chrono::steady_clock::now();
  if (!callback_ || now < next_tick_) return;
  next_tick_ = now + kTick;
  callback_({0, order_.size(), 0, 0});
}

}  // namespace caffe_multilabel
