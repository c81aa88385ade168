#include "read/label_array.h"

#include <optional>
#include <string>
#include <vector>

#include "base/pipeline.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kChunk = 4096;  // records; much cheaper than a slot for each

struct Slot {
  ValueChunk chunk;
  std::optional<size_t> bad;  // the first record that cannot be used
  std::string problem;
};

}  // namespace

bool has_label_count(const StoredValues& values, size_t label_count, std::string* problem) {
  if (values.shape.size() == label_count) return true;
  *problem = "it has " + std::to_string(values.shape.size()) + " labels, the first record " +
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

void read_labels(ValueSource source, size_t label_count, size_t threads, float* labels,
                 const std::function<void()>& tick) {
  configure_opencv();
  std::vector<ValueParser> parsers(threads);
  const auto take = [&](Slot& slot) { return source.next_chunk(kChunk, &slot.chunk); };
  const auto work = [&](size_t worker, Slot& slot) -> size_t {
    const std::vector<std::string_view>& values = slot.chunk.values;
    for (size_t i = 0; i < values.size() && !slot.bad; ++i) {
      const size_t number = slot.chunk.first + i;
      if (!read_label_record(values[i], label_count, &parsers[worker],
                             labels + number * label_count, &slot.problem)) {
        slot.bad = number;
      }
    }
    return 0;  // values stay in the map
  };
  const auto drain = [&](const Slot& slot) {
    if (!slot.bad) return;
    throw_record_error(source.directory(), source.position(*slot.bad), slot.problem);
  };
  OrderedPipeline<Slot>::Limits limits;
  limits.threads = threads;
  limits.slots = 2 * threads;
  OrderedPipeline<Slot>(limits).run(take, work, drain, tick);
}

}  // namespace caffe_multilabel
