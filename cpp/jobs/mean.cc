#include "jobs/mean.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/pipeline.h"
#include "read/stored_values.h"
#include "store/value_source.h"

namespace caffe_multilabel {
namespace {

// So many bytes can be added up in 16 bits.
constexpr size_t kImagesInChunk = 257;

// The sums of one chunk. Chunks are the same for any number of threads, and so is the rounding of
// floats.
struct ChunkSums {
  ValueChunk chunk;
  std::vector<uint16_t> bytes;  // sum of each value; empty where there are none
  std::vector<double> floats;
  std::vector<double> squares;  // a channel
  std::optional<size_t> bad;    // the first record that cannot be used
  std::string problem;
};

template <typename Sum, typename Number>
void add(const Number* numbers, size_t count, std::vector<Sum>* sums) {
  sums->resize(count);
  Sum* sum = sums->data();
  for (size_t i = 0; i < count; ++i) sum[i] = static_cast<Sum>(sum[i] + numbers[i]);
}

double squares_of(const float* numbers, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<double>(numbers[i]) * numbers[i];
  return sum;
}

double squares_of(const uint8_t* numbers, size_t count) {
  constexpr size_t kBlock = 1U << 16U;  // of squares that 32 bits can hold
  uint64_t sum = 0;
  for (size_t first = 0; first < count; first += kBlock) {
    uint32_t block = 0;
    const size_t end = std::min(count, first + kBlock);
    for (size_t i = first; i < end; ++i) block += uint32_t{numbers[i]} * numbers[i];
    sum += block;
  }
  return static_cast<double>(sum);
}

template <typename Number>
void add_squares(const Number* numbers, const Shape& shape, std::vector<double>* squares) {
  const size_t plane = static_cast<size_t>(shape.height) * static_cast<size_t>(shape.width);
  squares->resize(static_cast<size_t>(shape.channels));
  for (double& channel : *squares) {
    channel += squares_of(numbers, plane);
    numbers += plane;
  }
}

class MeanWorker {
 public:
  void add_image(const StoredValues& image, ChunkSums* slot) {
    const size_t size = image.shape.size();
    if (const auto* floats = std::get_if<const float*>(&image.numbers)) {
      add(*floats, size, &slot->floats);
      add_squares(*floats, image.shape, &slot->squares);
      return;
    }
    const auto* bytes = std::get_if<const uint8_t*>(&image.numbers);
    if (bytes == nullptr) {
      planes_.resize(size);
      image.copy_to(planes_.data());
    }
    const uint8_t* planes = bytes == nullptr ? planes_.data() : *bytes;
    add(planes, size, &slot->bytes);
    add_squares(planes, image.shape, &slot->squares);
  }

  void add_chunk(const Shape& shape, ChunkSums* slot) {
    slot->bytes.clear();
    slot->floats.clear();
    slot->squares.clear();
    StoredValues image;
    for (size_t i = 0; i < slot->chunk.values.size() && !slot->bad; ++i) {
      if (!parser_.parse(slot->chunk.values[i], &image, &slot->problem)) {
        slot->bad = slot->chunk.first + i;
      } else if (image.shape != shape) {
        slot->bad = slot->chunk.first + i;
        slot->problem = "its shape is " + to_string(image.shape) + ", that of the first image " +
                        to_string(shape) + "; a mean wants one size";
      } else {
        add_image(image, slot);
      }
    }
  }

 private:
  ValueParser parser_;
  std::vector<uint8_t> planes_;
};

Shape first_shape(RecordIndex* index) {
  const std::string& directory = index->directory();
  if (index->size() == 0) {
    throw Error(ErrorKind::kDatabase, directory + ": holds no record, so it has no mean",
                directory);
  }
  ValueParser parser;
  StoredValues image;
  std::string problem;
  if (!parser.parse(index->value(0), &image, &problem)) throw_record_error(directory, 0, problem);
  return image.shape;
}

template <typename Sum>
void add_to(const std::vector<Sum>& sums, std::vector<double>* totals) {
  for (size_t i = 0; i < sums.size(); ++i) (*totals)[i] += sums[i];
}

}  // namespace

ImageSums sum_images(const std::string& directory, size_t threads, const JobProgress& progress) {
  const auto index = std::make_shared<RecordIndex>(directory);
  ImageSums sums;
  sums.shape = first_shape(index.get());
  sums.values.assign(sums.shape.size(), 0);
  sums.squares.assign(static_cast<size_t>(sums.shape.channels), 0);
  ValueSource source(index);
  std::vector<MeanWorker> workers(threads);
  const auto take = [&](ChunkSums& slot) { return source.next_chunk(kImagesInChunk, &slot.chunk); };
  const auto work = [&](size_t worker, ChunkSums& slot) -> size_t {
    workers[worker].add_chunk(sums.shape, &slot);
    return 0;
  };
  const auto drain = [&](const ChunkSums& slot) {
    if (slot.bad) throw_record_error(directory, *slot.bad, slot.problem);
    sums.count += slot.chunk.values.size();
    add_to(slot.bytes, &sums.values);
    add_to(slot.floats, &sums.values);
    add_to(slot.squares, &sums.squares);
  };
  const auto report_progress = [&] {
    if (progress) progress(sums.count, source.size());
  };
  OrderedPipeline<ChunkSums>::Limits limits;
  limits.threads = threads;
  limits.slots = 2 * threads;
  OrderedPipeline<ChunkSums>(limits).run(take, work, drain, report_progress);
  report_progress();
  return sums;
}

}  // namespace caffe_multilabel
