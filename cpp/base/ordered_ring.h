// Slots that several threads fill in any order and one after another is emptied in their order.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "base/worker_pool.h"

namespace caffe_multilabel {

// How often whoever waits for threads, or reads for long, calls back: for a look at Ctrl-C.
inline constexpr std::chrono::milliseconds kTick{100};

// A ring of `Slot`s that the threads of a pool fill. A slot is the place of one item at a time, and
// an item has one part or several, which different threads may work on at once. How far the threads
// run ahead of the head, the first item that was not popped, is bounded twice: by the ring's length
// and by the bytes that wait in it. Slots are reused, so that their buffers are too.
template <typename Slot>
class OrderedRing : private WorkerPool::Queue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    size_t threads = 1;                        // at work at once; none: whoever waits does it
    size_t slots = 64;                         // length of the ring
    size_t waiting_bytes = size_t{64} << 20U;  // reached: only `threads` items ahead of the head
  };

  enum class Head {
    kInWork,
    kReady,  // it may be emptied
    kEnd,    // there is no item any more, or the ring was stopped
  };

  // In a pool of its own.
  explicit OrderedRing(Limits limits) : OrderedRing(limits, std::make_shared<WorkerPool>()) {}
  OrderedRing(Limits limits, std::shared_ptr<WorkerPool> pool)
      : limits_(limits), pool_(std::move(pool)), slots_(limits.slots) {}
  ~OrderedRing() override { stop(); }
  OrderedRing(const OrderedRing&) = delete;
  OrderedRing& operator=(const OrderedRing&) = delete;

  // In order, one thread at a time: puts the next item into the slot and gives the number of its
  // parts; 0 ends the input.
  using Take = std::function<size_t(Slot&)>;
  // Once for each part, begun in order, worker < threads, and each of these by one thread at a
  // time; returns the bytes that the slot holds more for it.
  using Work = std::function<size_t(size_t worker, Slot&, size_t part)>;

  // Has the pool work on an empty ring, with `pool_threads` threads at least, and no fewer than may
  // be at work in the ring. The first exception in there stops the ring and comes out of wait().
  // Throws what WorkerPool::add() throws.
  void start(Take take, Work work, size_t pool_threads = 0) {
    take_ = std::move(take);
    work_ = std::move(work);
    taken_ = popped_ = 0;
    parts_ = next_part_ = 0;
    waiting_bytes_ = 0;
    at_end_ = stop_ = is_taking_ = false;
    error_ = nullptr;
    states_.assign(slots_.size(), {});
    workers_.resize(std::max<size_t>(1, limits_.threads));
    std::iota(workers_.begin(), workers_.end(), size_t{0});
    if (limits_.threads > 0) pool_->add(this, std::max(limits_.threads, pool_threads));
  }

  // Waits until the head is no longer in work, or until `deadline`. For use by any threads. Throws
  // the exception of a thread, once. In a ring without threads it makes the head itself.
  Head wait(Time deadline) {
    if (limits_.threads == 0) make_head();
    Lock lock(pool_->mutex());
    head_ready_.wait_until(lock, deadline, [this] { return stop_ || head() != Head::kInWork; });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return stop_ ? Head::kEnd : head();
  }

  // The head that is ready. Whoever looks at it and pops it must be alone.
  Slot& front() { return slots_[popped_ % slots_.size()]; }

  // Gives the slot of the head to the threads again.
  void pop() {
    const Lock lock(pool_->mutex());
    State& state = states_[popped_ % slots_.size()];
    waiting_bytes_ -= state.bytes;
    state = {};
    ++popped_;
    pool_->wake();
  }

  // Stops the work, whatever was done of it, and waits for the parts in hand. For use by any
  // threads but those of the pool.
  void stop() {
    Lock lock(pool_->mutex());
    stop_all(nullptr);
    lock.unlock();
    pool_->remove(this);
    lock.lock();
    left_.wait(lock, [this] { return at_work_ == 0; });
  }

 private:
  using Lock = WorkerPool::Lock;

  struct State {
    size_t left = 0;  // parts that are in work or not begun
    size_t bytes = 0;
  };

  Head head() const {
    if (popped_ == taken_) return at_end_ ? Head::kEnd : Head::kInWork;
    return states_[popped_ % slots_.size()].left == 0 ? Head::kReady : Head::kInWork;
  }

  bool may_take() const {
    const size_t ahead = taken_ - popped_;
    return ahead < slots_.size() &&
           (ahead < limits_.threads || waiting_bytes_ < limits_.waiting_bytes);
  }

  // All from here on with the lock.

  void stop_all(std::exception_ptr error) {
    if (!stop_) error_ = std::move(error);
    stop_ = true;
    head_ready_.notify_all();
  }

  bool has_part() const { return next_part_ < parts_; }

  bool has_work() const override {
    return !stop_ && !workers_.empty() && !is_taking_ && (has_part() || (!at_end_ && may_take()));
  }

  void work(Lock* lock) override {
    const size_t worker = workers_.back();
    workers_.pop_back();
    ++at_work_;
    try {
      if (has_part() || begin_item(lock)) work_on_part(worker, lock);
    } catch (...) {  // carried to whoever waits, whatever it is
      if (!lock->owns_lock()) lock->lock();
      stop_all(std::current_exception());
    }
    workers_.push_back(worker);
    if (--at_work_ == 0) left_.notify_all();
  }

  // False at the end of the input, and where the ring was stopped meanwhile.
  bool begin_item(Lock* lock) {
    const size_t at = taken_ % slots_.size();
    is_taking_ = true;
    pool_->wake();  // for other queues
    lock->unlock();
    const size_t parts = take_(slots_[at]);
    lock->lock();
    is_taking_ = false;
    parts_ = parts;
    next_part_ = 0;
    at_end_ = parts == 0;
    if (at_end_) {
      head_ready_.notify_all();
    } else {
      states_[at].left = parts;
      ++taken_;
    }
    return !at_end_ && !stop_;
  }

  void work_on_part(size_t worker, Lock* lock) {
    const size_t item = taken_ - 1;
    const size_t part = next_part_++;
    pool_->wake();  // for the next part
    lock->unlock();
    const size_t at = item % slots_.size();
    const size_t bytes = work_(worker, slots_[at], part);
    lock->lock();
    states_[at].bytes += bytes;
    waiting_bytes_ += bytes;
    if (--states_[at].left == 0 && item == popped_) head_ready_.notify_all();
  }

  // Of those who wait one is the worker; nothing but the head is made, so there is always room.
  void make_head() {
    const std::lock_guard<std::mutex> alone(making_);
    Lock lock(pool_->mutex());
    while (head() == Head::kInWork && has_work()) work(&lock);
  }

  const Limits limits_;
  const std::shared_ptr<WorkerPool> pool_;
  Take take_;
  Work work_;
  std::vector<Slot> slots_;

  std::mutex making_;  // the head, without threads
  // The lock of the pool is for all below.
  std::condition_variable head_ready_;  // the head can be emptied, or there is none left
  std::condition_variable left_;        // nobody is at work
  std::vector<State> states_;
  std::vector<size_t> workers_;  // numbers that nobody works under
  size_t at_work_ = 0;
  bool is_taking_ = false;
  size_t taken_ = 0;
  size_t popped_ = 0;
  size_t parts_ = 0;  // of the item taken last
  size_t next_part_ = 0;
  size_t waiting_bytes_ = 0;
  bool at_end_ = false;
  bool stop_ = true;
  std::exception_ptr error_;
};

}  // namespace caffe_multilabel
