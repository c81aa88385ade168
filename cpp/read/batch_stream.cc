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
#include <system_error>
#include <thread>
#include <utility>

#include "base/buffer_pool.h"
#include "base/error.h"
#include "read/label_array.h"

namespace caffe_multilabel {
namespace {

constexpr std::chrono::milliseconds kTick{100};

// Batches that are ready or in work. Small ones must not leave threads without work.
size_t ring_size(const BatchOptions& options) {
  return std::max<size_t>(3, 2 + 2 * options.threads / options.batch_size);
}

size_t batch_count(size_t records, const BatchOptions& options) {
  const size_t whole = records / options.batch_size;
  const bool rest = records % options.batch_size != 0;
  return rest && !options.drop_last ? whole + 1 : whole;
}

// What is wrong with a record. It becomes an Error only where it is thrown to the caller, since
// finding the record's key takes a while.
struct RecordProblem {
  const ValueSource* source;
  size_t position;
  std::string text;
};

// One record on its way into a batch.
struct Item {
  size_t batch = 0;
  size_t row = 0;
  size_t position = 0;
  std::string_view image;
  std::string_view label;
  Transformer::Draws draws;
  std::exception_ptr error;
};

// What a thread keeps between records.
struct Tools {
  explicit Tools(Decoding decoding) : image_parser(decoding) {}
  ValueParser image_parser;
  ValueParser label_parser;
  StoredValues image;
  std::vector<uint8_t> scratch;
};

}  // namespace

class BatchStream::Work {
 public:
  Work(ValueSource images, ValueSource labels, const BatchOptions& options)
      : options_(options),
        transformer_(options.transform),
        images_(std::move(images)),
        labels_(std::move(labels)),
        batches_(batch_count(images_.size(), options)),
        records_(std::min(images_.size(), batches_ * options.batch_size)),
        random_(options.seed),
        slots_(ring_size(options)),
        pool_(std::make_shared<BufferPool>(slots_.size())) {
    for (size_t thread = 0; thread < options_.threads; ++thread) {
      tools_.emplace_back(options_.decoding);
    }
    threads_.reserve(options_.threads);
  }
  ~Work() {
    stop();
    pool_->close();
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void start() {
    try {
      for (Tools& tools : tools_) threads_.emplace_back([this, &tools] { produce(&tools); });
    } catch (const std::system_error& error) {
      throw Error(ErrorKind::kOption, "only " + std::to_string(threads_.size()) + " of " +
                                          std::to_string(options_.threads) +
                                          " threads can be started: " + error.code().message());
    }
  }

  std::optional<Batch> next(const std::function<void()>& tick) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto at_end = [this] { return stop_ || given_ == batches_; };
    const auto may_go_on = [&] { return at_end() || slot_of(given_).is_done(); };
    while (!changed_.wait_for(lock, kTick, may_go_on)) {
      lock.unlock();
      tick();
      lock.lock();
    }
    if (at_end()) return std::nullopt;
    Slot& slot = slot_of(given_);
    if (slot.error) {
      stop_ = true;
      changed_.notify_all();
      raise(slot.error);
    }
    Batch batch = std::move(slot.batch);
    slot = {};
    ++given_;
    changed_.notify_all();
    return batch;
  }

  void stop() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      threads.swap(threads_);
    }
    changed_.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

 private:
  struct Slot {
    Batch batch;
    size_t left = 0;           // records that are still to be filled in
    bool is_shaped = false;    // batch.images is there, or will never be
    std::exception_ptr error;  // of the first record that has one
    size_t error_row = 0;

    bool is_done() const { return batch.records > 0 && left == 0; }
  };

  Slot& slot_of(size_t batch) { return slots_[batch % slots_.size()]; }

  [[noreturn]] static void raise(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const RecordProblem& problem) {
      throw_record_error(problem.source->directory(), problem.position, problem.text);
    }
  }

  void produce(Tools* tools) {
    for (Item item; take(&item);) {
      std::exception_ptr error;
      try {
        fill(item, tools);
      } catch (...) {  // carried to the calling thread, whatever it is
        error = std::current_exception();
      }
      finish(item, error);
    }
  }

  // The next record of both sources, once there is a slot for it; false when there is nothing more
  // to do.
  bool take(Item* item) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] {
      return stop_ || taken_ == records_ || taken_ / options_.batch_size < given_ + slots_.size();
    });
    if (stop_ || taken_ == records_) return false;
    *item = {};
    item->batch = taken_ / options_.batch_size;
    item->row = taken_ % options_.batch_size;
    item->position = images_.position(taken_);
    item->draws = transformer_.draw(&random_);
    if (item->row == 0) {
      Slot& slot = slot_of(item->batch);
      slot.left = std::min(options_.batch_size, records_ - taken_);
      slot.batch.records = slot.left;
    }
    ++taken_;
    try {
      item->image = images_.next();
      item->label = labels_.next();
    } catch (...) {  // as in produce()
      item->error = std::current_exception();
    }
    return true;
  }

  void fill(const Item& item, Tools* tools) {
    if (item.error) std::rethrow_exception(item.error);
    const auto fail = [&item](const ValueSource& source, const std::string& text) {
      throw RecordProblem{&source, item.position, text};
    };
    std::string problem;
    StoredValues& image = tools->image;
    Shape shape;
    if (!tools->image_parser.parse(item.image, &image, &problem) ||
        !transformer_.output_shape(image.shape, &shape, &problem)) {
      fail(images_, problem);
    }
    Slot& slot = slot_of(item.batch);
    if (!wait_for_room(&slot, item.row, shape)) return;
    if (shape != slot.batch.shape) {
      fail(images_, "its shape is " + to_string(shape) +
                        ", that of the first picture in its batch " + to_string(slot.batch.shape));
    }
    transformer_.transform(image, item.draws, &tools->scratch,
                           slot.batch.images.get() + item.row * shape.size());
    if (!read_label_record(item.label, options_.label_count, &tools->label_parser,
                           slot.batch.labels.data() + item.row * options_.label_count, &problem)) {
      fail(labels_, problem);
    }
  }

  // The first record of a batch makes room for all; the others wait for it. False when the first
  // one cannot be used.
  bool wait_for_room(Slot* slot, size_t row, const Shape& shape) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (row == 0) {
      slot->batch.shape = shape;
      slot->batch.labels.resize(slot->batch.records * options_.label_count);
      slot->batch.images = pool_->take(slot->batch.records * shape.size());
      slot->is_shaped = true;
      changed_.notify_all();
    }
    changed_.wait(lock, [this, slot] { return stop_ || slot->is_shaped; });
    return slot->batch.images != nullptr;
  }

  void finish(const Item& item, const std::exception_ptr& error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Slot& slot = slot_of(item.batch);
    if (error && (!slot.error || item.row < slot.error_row)) {
      slot.error = error;
      slot.error_row = item.row;
    }
    if (item.row == 0) slot.is_shaped = true;
    if (--slot.left == 0 || item.row == 0) changed_.notify_all();
  }

  const BatchOptions options_;
  const Transformer transformer_;
  ValueSource images_;
  ValueSource labels_;
  const size_t batches_;
  const size_t records_;  // in them

  std::mutex mutex_;
  std::condition_variable changed_;
  std::mt19937 random_;  // as in Caffe's DataTransformer
  std::vector<Slot> slots_;
  std::shared_ptr<BufferPool> pool_;
  size_t taken_ = 0;  // records
  size_t given_ = 0;  // batches
  bool stop_ = false;
  std::deque<Tools> tools_;  // one a thread
  std::vector<std::thread> threads_;
};

BatchStream::BatchStream(ValueSource images, ValueSource labels, const BatchOptions& options) {
  configure_opencv();
  work_ = std::make_unique<Work>(std::move(images), std::move(labels), options);
  work_->start();
}

BatchStream::~BatchStream() {
  // In a child process there are no threads to join, and waiting for them would not end.
  if (!owner_.is_this()) static_cast<void>(work_.release());
}

void BatchStream::close() {
  if (owner_.is_this()) work_->stop();
}

std::optional<Batch> BatchStream::next(const std::function<void()>& tick) {
  if (!owner_.is_this()) {
    throw Error(ErrorKind::kOption,
                "batches were made in another process; make them after the fork, in the process "
                "that takes them");
  }
  return work_->next(tick);
}

}  // namespace caffe_multilabel
