#include "read/label_array.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/pipeline.h"
#include "base/text.h"
#include "record/datum.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kRecordsInChunk = 4096;  // records; much cheaper than a slot for each

struct LabelChunk {
  ValueChunk chunk;
  std::optional<size_t> refused;  // the first value that was not taken
  size_t values = 0;              // what it holds, if it is only of another length
  Shape shape;                    // what it is, if it is only of another shape
  std::string problem;            // else what is wrong with it
};

// Calls take_value(worker, number, value, slot) for the values on several threads, up to the first
// one for which it gives false, and then refuse(slot) for that one. Of those behind it some may
// have been taken by then.
template <typename TakeValue, typename Refuse>
void go_through(ValueSource* source, size_t threads, const std::function<void()>& tick,
                const TakeValue& take_value, const Refuse& refuse) {
  std::atomic<bool> stop{false};  // chunks are begun in order: no earlier one is left out
  const auto take = [&](LabelChunk& slot) {
    return !stop && source->next_chunk(kRecordsInChunk, &slot.chunk);
  };
  const auto work = [&](size_t worker, LabelChunk& slot) -> size_t {
    slot.refused.reset();
    const std::vector<std::string_view>& values = slot.chunk.values;
    for (size_t i = 0; i < values.size() && !slot.refused; ++i) {
      const size_t number = slot.chunk.first + i;
      if (!take_value(worker, number, values[i], &slot)) slot.refused = number;
    }
    if (slot.refused) stop = true;
    return 0;  // values stay in the map
  };
  bool refused = false;
  const auto drain = [&](const LabelChunk& slot) {
    if (slot.refused && !std::exchange(refused, true)) refuse(slot);
  };
  OrderedPipeline<LabelChunk>::Limits limits;
  limits.threads = threads;
  limits.slots = 2 * threads;
  OrderedPipeline<LabelChunk>(limits).run(take, work, drain, tick);
}

[[noreturn]] void throw_refused(const ValueSource& source, const LabelChunk& slot) {
  throw_record_error(source.directory(), source.position(*slot.refused), slot.problem);
}

}  // namespace

bool has_label_count(const StoredValues& values, size_t label_count, std::string* problem) {
  if (values.shape.size() == label_count) return true;
  *problem = "it has " + counted(values.shape.size(), "label") + ", the first record " +
             std::to_string(label_count);
  return false;
}

bool read_label_record(std::string_view value, size_t label_count, ValueParser* parser,
                       float* labels, std::string* problem) {
  StoredValues values;
  if (!parser->parse(value, &values, problem)) return false;
  if (!has_label_count(values, label_count, problem)) return false;
  values.copy_to(labels);
  return true;
}

std::optional<OddRecord> read_stored_values(ValueSource source, size_t value_count, size_t threads,
                                            float* rows, const std::function<void()>& tick) {
  std::vector<DatumView> datums(threads);
  const auto take_value = [&](size_t worker, size_t number, std::string_view value,
                              LabelChunk* slot) {
    DatumView& datum = datums[worker];
    slot->problem.clear();
    if (!parse_datum(value, &datum, &slot->problem)) {
      slot->problem.insert(0, "it ");
      return false;
    }
    slot->values = datum.value_count();
    if (slot->values != value_count) return false;
    if (rows != nullptr) datum.copy_values(rows + number * value_count);
    return true;
  };
  std::optional<OddRecord> odd;
  const auto refuse = [&](const LabelChunk& slot) {
    if (!slot.problem.empty()) throw_refused(source, slot);
    odd = OddRecord{source.position(*slot.refused), slot.values};
  };
  go_through(&source, threads, tick, take_value, refuse);
  return odd;
}

std::optional<OddShape> find_odd_shape(ValueSource source, const Shape& first, size_t threads,
                                       const std::function<void()>& tick) {
  std::vector<DatumView> datums(threads);
  const auto take_value = [&](size_t worker, size_t, std::string_view value, LabelChunk* slot) {
    DatumView& datum = datums[worker];
    slot->problem.clear();
    if (!parse_datum(value, &datum, &slot->problem)) {
      slot->problem.insert(0, "it ");
      return false;
    }
    slot->shape = datum.shape;
    return datum.encoded || slot->shape == first;
  };
  std::optional<OddShape> odd;
  const auto refuse = [&](const LabelChunk& slot) {
    if (!slot.problem.empty()) throw_refused(source, slot);
    odd = OddShape{source.position(*slot.refused), slot.shape};
  };
  go_through(&source, threads, tick, take_value, refuse);
  return odd;
}

void read_labels(ValueSource source, size_t label_count, size_t threads, float* labels,
                 const std::function<void()>& tick) {
  std::vector<ValueParser> parsers(threads);
  const auto take_value = [&](size_t worker, size_t number, std::string_view value,
                              LabelChunk* slot) {
    return read_label_record(value, label_count, &parsers[worker], labels + number * label_count,
                             &slot->problem);
  };
  go_through(&source, threads, tick, take_value,
             [&](const LabelChunk& slot) { throw_refused(source, slot); });
}

}  // namespace caffe_multilabel
