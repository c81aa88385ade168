// Slots that several threads fill in any order and one after another is emptied in their order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace caffe_multilabel {

// How often whoever waits for threads, or reads for long, calls back: for a look at Ctrl-C.
inline constexpr std::chrono::milliseconds kTick{100};

// A ring of `Slot`s and the threads that fill them. A slot is the place of one item at a time, and
// an item has one part or several, which different threads may work on at once. How far the threads
// run ahead of the head, the first item that was not popped, is bounded twice: by the ring's length
// and by the bytes that wait in it. Slots are reused, so that their buffers are too.
template <typename Slot>
class OrderedRing {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    size_t threads = 1;                        // none: whoever waits does the work
    size_t slots = 64;                         // length of the ring
    size_t waiting_bytes = size_t{64} << 20U;  // reached: only `threads` items ahead of the head
  };

  enum class Head {
    kInWork,
    kReady,  // it may be emptied
    kEnd,    // there is no item any more, or the ring was stopped
  };

  explicit OrderedRing(Limits limits) : limits_(limits), slots_(limits.slots) {}
  ~OrderedRing() { stop(); }
  OrderedRing(const OrderedRing&) = delete;
  OrderedRing& operator=(const OrderedRing&) = delete;

  // In order, one thread at a time: puts the next item into the slot and gives the number of its
  // parts; 0 ends the input.
  using Take = std::function<size_t(Slot&)>;
  // Once for each part, begun in order, worker < threads; returns the bytes that the slot holds
  // more for it.
  using Work = std::function<size_t(size_t worker, Slot&, size_t part)>;

  // Starts the threads, on an empty ring. Their first exception stops them all and comes out of
  // wait(). Throws Error(kOption) when not all can be started; those that can are running then.
  void start(Take take, Work work) {
    take_ = std::move(take);
    work_ = std::move(work);
    taken_ = popped_ = 0;
    parts_ = next_part_ = 0;
    waiting_bytes_ = 0;
    at_end_ = stop_ = false;
    error_ = nullptr;
    states_.assign(slots_.size(), {});
    threads_.reserve(limits_.threads);
    try {
      for (size_t worker = 0; worker < limits_.threads; ++worker) {
        threads_.emplace_back([this, worker] {
          while (work_on_part(worker)) {
          }
        });
      }
    } catch (const std::system_error& error) {
      throw Error(ErrorKind::kOption, "only " + std::to_string(threads_.size()) + " of " +
                                          std::to_string(limits_.threads) +
                                          " threads can be started: " + error.code().message());
    }
  }

  // Waits until the head is no longer in work, or until `deadline`. For use by any threads. Throws
  // the exception of a thread, once. In a ring without threads it makes the head itself.
  Head wait(Time deadline) {
    if (limits_.threads == 0) make_head();
    std::unique_lock<std::mutex> lock(mutex_);
    head_ready_.wait_until(lock, deadline, [this] { return stop_ || head() != Head::kInWork; });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return stop_ ? Head::kEnd : head();
  }

  // The head that is ready. Whoever looks at it and pops it must be alone.
  Slot& front() { return slots_[popped_ % slots_.size()]; }

  // Gives the slot of the head to the threads again.
  void pop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    State& state = states_[popped_ % slots_.size()];
    waiting_bytes_ -= state.bytes;
    state = {};
    ++popped_;
    room_.notify_all();
  }

  // Stops the threads, whatever they have done, and joins them. For use by any threads.
  void stop() {
    stop_all(nullptr);
    std::vector<std::thread> threads;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
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

  void stop_all(std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stop_) error_ = std::move(error);
    stop_ = true;
    room_.notify_all();
    head_ready_.notify_all();
  }

  // The next part that may be begun, once there is one; false when there will be none.
  bool work_on_part(size_t worker) {
    try {
      std::unique_lock<std::mutex> lock(mutex_);
      const auto has_part = [this] { return next_part_ < parts_; };
      room_.wait(lock, [&] { return stop_ || at_end_ || has_part() || may_take(); });
      if (stop_ || (!has_part() && (at_end_ || !begin_item()))) return false;
      const size_t item = taken_ - 1;
      const size_t part = next_part_++;
      lock.unlock();
      const size_t at = item % slots_.size();
      const size_t bytes = work_(worker, slots_[at], part);
      lock.lock();
      states_[at].bytes += bytes;
      waiting_bytes_ += bytes;
      if (--states_[at].left == 0 && item == popped_) head_ready_.notify_all();
      return true;
    } catch (...) {  // carried to whoever waits, whatever it is
      stop_all(std::current_exception());
      return false;
    }
  }

  // With the lock. False at the end of the input.
  bool begin_item() {
    const size_t at = taken_ % slots_.size();
    parts_ = take_(slots_[at]);
    next_part_ = 0;
    at_end_ = parts_ == 0;
    if (at_end_) {
      head_ready_.notify_all();
    } else {
      states_[at].left = parts_;
      ++taken_;
    }
    if (parts_ != 1) room_.notify_all();  // there is work for others, or there will be none
    return !at_end_;
  }

  // Of those who wait one is the worker; nothing but the head is made, so there is always room.
  void make_head() {
    const std::lock_guard<std::mutex> alone(making_);
    const auto is_in_work = [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return !stop_ && head() == Head::kInWork;
    };
    while (is_in_work() && work_on_part(0)) {
    }
  }

  const Limits limits_;
  Take take_;
  Work work_;
  std::vector<Slot> slots_;
  std::vector<State> states_;

  std::mutex making_;  // the head, without threads
  std::mutex mutex_;
  std::condition_variable room_;        // a part may be begun, or there is none left
  std::condition_variable head_ready_;  // the head can be emptied, or there is none left
  size_t taken_ = 0;
  size_t popped_ = 0;
  size_t parts_ = 0;  // of the item taken last
  size_t next_part_ = 0;
  size_t waiting_bytes_ = 0;
  bool at_end_ = false;
  bool stop_ = true;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace caffe_multilabel
