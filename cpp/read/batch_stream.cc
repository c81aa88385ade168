#include "read/batch_stream.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer_pool.h"
#include "base/error.h"
#include "base/ordered_ring.h"
#include "base/worker_pool.h"
#include "read/record_rows.h"

namespace caffe_multilabel {
namespace {

using Clock = std::chrono::steady_clock;

// Batches that are ready or in work. Small ones must not leave threads without work.
size_t ring_size(const BatchOptions& options) {
  return std::max<size_t>(3, 2 + 2 * options.threads / options.batch_size);
}

std::shared_ptr<WorkerPool> pool_for(const BatchOptions& options) {
  return options.shared_threads > 0 ? WorkerPool::of_process() : std::make_shared<WorkerPool>();
}

// How many records all batches hold together.
size_t record_count(size_t records, const BatchOptions& options) {
  if (options.endless) return SIZE_MAX;
  return options.drop_last ? records - records % options.batch_size : records;
}

// What is wrong with a row. It becomes an Error only where it is thrown to the caller, since
// finding a record's key takes a while.
struct RecordProblem {
  size_t position;
  std::string text;
};

struct Place {
  Row row;
  std::exception_ptr error;  // the row was not found
};

struct Slot {
  std::vector<Place> rows;
  Batch batch;
  bool is_shaped = false;    // batch.numbers is there, or will never be
  std::exception_ptr error;  // of the first record that has one
  size_t error_row = BatchStream::kNoRow;
};

}  // namespace

// An item of the ring is a batch, and its parts are the records in it.
class BatchStream::Work {
 public:
  Work(std::unique_ptr<RowSource> source, const BatchOptions& options)
      : options_(options),
        source_(std::move(source)),
        left_(record_count(source_->size(), options)),
        buffers_(std::make_shared<BufferPool>(ring_size(options))),
        ring_({options.threads, ring_size(options), SIZE_MAX}, pool_for(options)) {
    for (size_t worker = 0; worker < std::max<size_t>(1, options_.threads); ++worker) {
      makers_.push_back(source_->maker());
    }
  }
  ~Work() {
    ring_.stop();
    buffers_->close();
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void start() {
    ring_.start([this](Slot& slot) { return take(&slot); },
                [this](size_t worker, Slot& slot, size_t row) {
                  make_row(makers_[worker].get(), &slot, row);
                  return size_t{0};  // rings of batches are short
                },
                options_.shared_threads);
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
      throw source_->error(problem.position, problem.text);
    }
  }

  // The rows of the next batch; none when there are no more.
  size_t take(Slot* slot) {
    const size_t count = std::min(left_, options_.batch_size);
    *slot = {};
    slot->rows.resize(count);
    slot->batch.records = count;
    slot->batch.crops.resize(count);
    slot->batch.datum_labels.resize(count);
    slot->batch.positions.resize(count);
    std::exception_ptr error;
    for (Place& place : slot->rows) {
      try {
        if (!error) place.row = source_->next();
      } catch (...) {  // carried to the calling thread, whatever it is
        error = std::current_exception();
      }
      place.error = error;
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
    const auto& [row, error] = slot->rows[number];
    if (error) std::rethrow_exception(error);
    Shape shape;
    std::string problem;
    if (!maker->read(row, &shape, &problem)) throw RecordProblem{row.position, problem};
    Batch& batch = slot->batch;
    if (!wait_for_room(slot, number, shape)) return;
    if (shape != batch.shape) {
      throw RecordProblem{row.position, "its shape is " + to_string(shape) +
                                            ", that of the first image in its batch " +
                                            to_string(batch.shape)};
    }
    batch.positions[number] = static_cast<uint32_t>(row.position);
    maker->write(row, number, &batch);
  }

  // The first record of a batch makes room for all; the others wait for it, which it never does
  // itself. False when the first one cannot be used.
  bool wait_for_room(Slot* slot, size_t row, const Shape& shape) {
    Batch& batch = slot->batch;
    std::unique_lock<std::mutex> lock(shaping_);
    if (row == 0) {
      const bool are_bytes = options_.output == BatchOutput::kStored;
      batch.shape = shape;
      batch.numbers =
          buffers_->take(batch.records * shape.size() * (are_bytes ? 1 : sizeof(float)));
      slot->is_shaped = true;
      shaped_.notify_all();
    }
    shaped_.wait(lock, [slot] { return slot->is_shaped; });
    return batch.numbers != nullptr;
  }

  const BatchOptions options_;
  const std::unique_ptr<RowSource> source_;
  std::vector<std::unique_ptr<RowMaker>> makers_;  // one a worker

  size_t left_;  // rows that were not taken

  std::mutex shaping_;  // of all slots
  std::condition_variable shaped_;
  std::shared_ptr<BufferPool> buffers_;
  std::mutex taking_;  // the head of the ring
  Ring ring_;
};

BatchStream::BatchStream(ValueSource records, const BatchOptions& options)
    : BatchStream(std::make_unique<RecordRows>(std::move(records), options), options) {}

BatchStream::BatchStream(std::unique_ptr<RowSource> source, const BatchOptions& options)
    : output_(options.output) {
  if (options.endless && source->size() == 0) {
    throw Error(ErrorKind::kDatabase, source->path() + ": holds no record, so no batch ends",
                source->path());
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
