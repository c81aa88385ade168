// Items made on several threads and consumed on the calling thread in their order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace caffe_multilabel {

// A ring of `Slot`s. Workers take items in order and fill their slots in any order; the calling
// thread drains the ring from its head. How far workers may run ahead is bounded twice: by the
// ring's length and by the bytes that wait in it. Slots are reused, so that their buffers are too.
template <typename Slot>
class OrderedPipeline {
 public:
  struct Limits {
    size_t threads = 1;
    size_t slots = 64;                         // length of the ring
    size_t waiting_bytes = size_t{64} << 20U;  // reached: only `threads` items ahead of the head
    std::chrono::milliseconds tick{100};
  };

  explicit OrderedPipeline(Limits limits) : limits_(limits), slots_(limits.slots) {
    if (slots_.size() < limits_.threads) slots_.resize(limits_.threads);
  }

  // For each item:
  //   take(slot) -> bool      in order, one thread at a time; false ends the input
  //   work(worker, slot)      on any worker, worker < threads; returns the bytes the slot now holds
  //   drain(slot)             in order, on the calling thread
  // and `tick()` on the calling thread, about every limits.tick, also while it waits.
  //
  // The first exception, from anywhere, stops all threads, and is thrown once they are joined.
  template <typename Take, typename Work, typename Drain, typename Tick>
  void run(const Take& take, const Work& work, const Drain& drain, const Tick& tick) {
    taken_ = drained_ = 0;
    waiting_bytes_ = 0;
    at_end_ = stop_ = false;
    error_ = nullptr;
    states_.assign(slots_.size(), {});
    std::vector<std::thread> workers;
    const Joiner joiner(this, &workers);
    for (size_t worker = 0; worker < limits_.threads; ++worker) {
      start(&workers, [this, worker, &take, &work] { produce(worker, take, work); });
    }
    consume(drain, tick);
  }

 private:
  struct State {
    bool ready = false;
    size_t bytes = 0;
  };

  template <typename Body>
  void start(std::vector<std::thread>* workers, Body body) const {
    try {
      workers->emplace_back(std::move(body));
    } catch (const std::system_error& error) {
      throw Error(ErrorKind::kOption, "only " + std::to_string(workers->size()) + " of " +
                                          std::to_string(limits_.threads) +
                                          " threads can be started: " + error.code().message());
    }
  }

  // Joins on every way out of run(), an exception from drain() or tick() included.
  class Joiner {
   public:
    Joiner(OrderedPipeline* pipeline, std::vector<std::thread>* workers)
        : pipeline_(pipeline), workers_(workers) {}
    Joiner(const Joiner&) = delete;
    Joiner& operator=(const Joiner&) = delete;
    ~Joiner() {
      pipeline_->stop_all(nullptr);
      for (std::thread& worker : *workers_) worker.join();
    }

   private:
    OrderedPipeline* pipeline_;
    std::vector<std::thread>* workers_;
  };

  bool may_take() const {
    const size_t ahead = taken_ - drained_;
    return ahead < slots_.size() &&
           (ahead < limits_.threads || waiting_bytes_ < limits_.waiting_bytes);
  }

  void stop_all(std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = std::move(error);
    stop_ = true;
    room_.notify_all();
    head_ready_.notify_all();
  }

  template <typename Take, typename Work>
  void produce(size_t worker, const Take& take, const Work& work) {
    try {
      for (;;) {
        std::unique_lock<std::mutex> lock(mutex_);
        room_.wait(lock, [this] { return stop_ || at_end_ || may_take(); });
        if (stop_ || at_end_) return;
        const size_t item = taken_;
        const size_t at = item % slots_.size();
        if (!take(slots_[at])) {
          at_end_ = true;
          room_.notify_all();
          head_ready_.notify_all();
          return;
        }
        ++taken_;
        lock.unlock();
        const size_t bytes = work(worker, slots_[at]);
        lock.lock();
        states_[at] = {true, bytes};
        waiting_bytes_ += bytes;
        if (item == drained_) head_ready_.notify_all();
      }
    } catch (...) {  // carried to the calling thread, whatever it is
      stop_all(std::current_exception());
    }
  }

  template <typename Drain, typename Tick>
  void consume(const Drain& drain, const Tick& tick) {
    auto next_tick = std::chrono::steady_clock::now() + limits_.tick;
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      const size_t at = drained_ % slots_.size();
      head_ready_.wait_until(lock, next_tick, [this, at] {
        return stop_ || states_[at].ready || (at_end_ && drained_ == taken_);
      });
      if (error_) std::rethrow_exception(error_);
      const bool ready = states_[at].ready;
      if (!ready && at_end_ && drained_ == taken_) return;
      lock.unlock();
      if (ready) {
        drain(slots_[at]);
        lock.lock();
        waiting_bytes_ -= states_[at].bytes;
        states_[at] = {};
        ++drained_;
        room_.notify_all();
        lock.unlock();
      }
      if (const auto now = std::chrono::steady_clock::now(); now >= next_tick) {
        tick();
        next_tick = now + limits_.tick;
      }
    }
  }

  const Limits limits_;
  std::vector<Slot> slots_;
  std::vector<State> states_;

  std::mutex mutex_;
  std::condition_variable room_;        // an item may be taken, or there is none left
  std::condition_variable head_ready_;  // the head of the ring can be drained
  size_t taken_ = 0;
  size_t drained_ = 0;
  size_t waiting_bytes_ = 0;
  bool at_end_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
};

}  // namespace caffe_multilabel
