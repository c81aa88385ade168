#include "read/batch_stream.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer_pool.h"
#include "base/error.h"
#include "base/ordered_ring.h"
#include "read/label_array.h"

namespace caffe_multilabel {
namespace {

using Clock = std::chrono::steady_clock;

// Batches that are ready or in work. Small ones must not leave threads without work.
size_t ring_size(const BatchOptions& options) {
  return std::max<size_t>(3, 2 + 2 * options.threads / options.batch_size);
}

// How many records all batches hold together.
size_t record_count(size_t records, const BatchOptions& options) {
  if (options.endless) return SIZE_MAX;
  return options.drop_last ? records - records % options.batch_size : records;
}

// What is wrong with a record. It becomes an Error only where it is thrown to the caller, since
// finding the record's key takes a while.
struct RecordProblem {
  size_t position;
  std::string text;
};

// One record on its way into a batch.
struct Row {
  size_t position = 0;
  std::string_view value;
  Transformer::Draws draws;
  std::exception_ptr error;  // it was not found
};

struct Slot {
  std::vector<Row> rows;
  Batch batch;
  bool is_shaped = false;    // batch.numbers is there, or will never be
  std::exception_ptr error;  // of the first record that has one
  size_t error_row = BatchStream::kNoRow;
};

// Makes rows of records; what a worker keeps between them.
class RowMaker {
 public:
  RowMaker(const BatchOptions* options, const Transformer* transformer)
      : options_(*options), transformer_(*transformer), parser_(options->decoding) {}

  // Takes a record apart. False with `*problem` when it cannot be used; else `*shape` is what it
  // will be in the batch.
  bool parse(std::string_view value, Shape* shape, std::string* problem) {
    if (!parser_.parse(value, &values_, problem)) return false;
    if (options_.output == BatchOutput::kLabels) {
      *shape = {static_cast<int>(options_.label_count), 1, 1};
      return has_label_count(values_, options_.label_count, problem);
    }
    if (!transformer_.output_shape(values_.shape, shape, problem)) return false;
    if (options_.output == BatchOutput::kTransformed) return true;
    *shape = values_.shape;
    if (values_.are_floats()) *problem = "it holds floats, and bytes are wanted";
    return !values_.are_floats();
  }

  // Writes the record that was parsed last as the row of a batch.
  void write(const Transformer::Draws& draws, size_t row, Batch* batch) {
    const size_t at = row * batch->shape.size();
    batch->datum_labels[row] = parser_.datum().label;
    switch (options_.output) {
      case BatchOutput::kTransformed:
        transformer_.transform(values_, draws, &scratch_, batch->floats() + at);
        break;
      case BatchOutput::kStored:
        values_.copy_to(batch->bytes() + at);
        break;
      case BatchOutput::kLabels:
        return values_.copy_to(batch->floats() + at);
    }
    batch->crops[row] = transformer_.crop(values_.shape, draws);
  }

 private:
  const BatchOptions& options_;
  const Transformer& transformer_;
  ValueParser parser_;
  StoredValues values_;
  std::vector<uint8_t> scratch_;
};

}  // namespace

// An item of the ring is a batch, and its parts are the records in it.
class BatchStream::Work {
 public:
  Work(ValueSource source, const BatchOptions& options)
      : options_(options),
        transformer_(options.transform),
        source_(std::move(source)),
        left_(record_count(source_.size(), options)),
        next_(options.taken % std::max<size_t>(1, source_.size())),
        random_(options.seed),
        pool_(std::make_shared<BufferPool>(ring_size(options))),
        ring_({options.threads, ring_size(options), SIZE_MAX}) {
    for (size_t worker = 0; worker < std::max<size_t>(1, options_.threads); ++worker) {
      makers_.emplace_back(&options_, &transformer_);
    }
    random_.discard(options.taken * transformer_.draw_count());
  }
  ~Work() {
    ring_.stop();
    pool_->close();
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void start() {
    ring_.start([this](Slot& slot) { return take(&slot); },
                [this](size_t worker, Slot& slot, size_t row) {
                  make_row(&makers_[worker], &slot, row);
                  return size_t{0};  // rings of batches are short
                });
  }

  void stop() { ring_.stop(); }

  void wait(const Tick& tick) {
    while (ring_.wait(Clock::now() + kTick) == Ring::Head::kInWork) tick();
  }

  std::optional<size_t> peek() {
    const std::lock_guard<std::mutex> lock(taking_);
    const Ring::Head head = ring_.wait(Clock::now());
    if (head == Ring::Head::kInWork) return std::nullopt;
    return head == Ring::Head::kReady ? ring_.front().error_row : kNoRow;
  }

  std::optional<Batch> next(const Tick& tick) {
    for (;;) {
      wait(tick);
      std::unique_lock<std::mutex> lock(taking_);
      const Ring::Head head = ring_.wait(Clock::now());
      if (head == Ring::Head::kInWork) continue;  // another thread was faster
      if (head == Ring::Head::kEnd) return std::nullopt;
      Slot& slot = ring_.front();
      const std::exception_ptr error = slot.error;
      Batch batch = std::move(slot.batch);
      ring_.pop();
      if (!error) return batch;
      ring_.stop();
      raise(error);
    }
  }

 private:
  using Ring = OrderedRing<Slot>;

  [[noreturn]] void raise(const std::exception_ptr& error) const {
    try {
      std::rethrow_exception(error);
    } catch (const RecordProblem& problem) {
      throw_record_error(source_.directory(), problem.position, problem.text);
    }
  }

  // The records of the next batch; none when there are no more. Their random numbers are drawn
  // here, in their order.
  size_t take(Slot* slot) {
    const size_t count = std::min(left_, options_.batch_size);
    *slot = {};
    slot->rows.resize(count);
    slot->batch.records = count;
    slot->batch.crops.resize(count);
    slot->batch.datum_labels.resize(count);
    std::exception_ptr error;
    for (Row& row : slot->rows) {
      if (next_ == source_.size()) next_ = 0;
      row.position = source_.position(next_);
      row.draws = transformer_.draw(&random_);
      try {
        if (!error) row.value = source_.value(next_);
      } catch (...) {  // carried to the calling thread, whatever it is
        error = std::current_exception();
      }
      row.error = error;
      ++next_;
    }
    if (!options_.endless) left_ -= count;
    return count;
  }

  void make_row(RowMaker* maker, Slot* slot, size_t row) {
    std::exception_ptr error;
    try {
      fill(maker, slot, row);
    } catch (...) {  // as in take()
      error = std::current_exception();
    }
    if (!error && row != 0) return;
    const std::lock_guard<std::mutex> lock(shaping_);
    if (error && row < slot->error_row) {
      slot->error = error;
      slot->error_row = row;
    }
    if (row != 0) return;
    slot->is_shaped = true;
    shaped_.notify_all();
  }

  void fill(RowMaker* maker, Slot* slot, size_t number) {
    const Row& row = slot->rows[number];
    if (row.error) std::rethrow_exception(row.error);
    Shape shape;
    std::string problem;
    if (!maker->parse(row.value, &shape, &problem)) throw RecordProblem{row.position, problem};
    Batch& batch = slot->batch;
    if (!wait_for_room(slot, number, shape)) return;
    if (shape != batch.shape) {
      throw RecordProblem{row.position, "its shape is " + to_string(shape) +
                                            ", that of the first image in its batch " +
                                            to_string(batch.shape)};
    }
    maker->write(row.draws, number, &batch);
  }

  // The first record of a batch makes room for all; the others wait for it, which it never does
  // itself. False when the first one cannot be used.
  bool wait_for_room(Slot* slot, size_t row, const Shape& shape) {
    Batch& batch = slot->batch;
    std::unique_lock<std::mutex> lock(shaping_);
    if (row == 0) {
      const bool are_bytes = options_.output == BatchOutput::kStored;
      batch.shape = shape;
      batch.numbers = pool_->take(batch.records * shape.size() * (are_bytes ? 1 : sizeof(float)));
      slot->is_shaped = true;
      shaped_.notify_all();
    }
    shaped_.wait(lock, [slot] { return slot->is_shaped; });
    return batch.numbers != nullptr;
  }

  const BatchOptions options_;
  const Transformer transformer_;
  ValueSource source_;
  std::deque<RowMaker> makers_;  // one a worker

  // Of take().
  size_t left_;          // records that were not taken
  size_t next_;          // in the source
  std::mt19937 random_;  // as in Caffe's DataTransformer

  std::mutex shaping_;  // of all slots
  std::condition_variable shaped_;
  std::shared_ptr<BufferPool> pool_;
  std::mutex taking_;  // the head of the ring
  Ring ring_;
};

BatchStream::BatchStream(ValueSource source, const BatchOptions& options)
    : output_(options.output) {
  if (options.endless && source.size() == 0) {
    throw Error(ErrorKind::kDatabase, source.directory() + ": holds no record, so no batch ends",
                source.directory());
  }
  work_ = std::make_unique<Work>(std::move(source), options);
  work_->start();
}

BatchStream::~BatchStream() {
  // In a child process there are no threads to join, and waiting for them would not end.
  if (!owner_.is_this()) static_cast<void>(work_.release());
}

BatchStream::Work& BatchStream::work() const {
  if (owner_.is_this()) return *work_;
  throw Error(ErrorKind::kOption,
              "batches were made in another process; make them after the fork, in the process "
              "that takes them");
}

std::optional<Batch> BatchStream::next(const Tick& tick) { return work().next(tick); }

void BatchStream::wait(const Tick& tick) { work().wait(tick); }

std::optional<size_t> BatchStream::peek() { return work().peek(); }

void BatchStream::close() {
  if (owner_.is_this()) work_->stop();
}

}  // namespace caffe_multilabel
