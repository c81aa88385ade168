// Items made on several threads and consumed on the calling thread in their order.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/error.h"
#include "base/ordered_ring.h"

namespace caffe_multilabel {

// What every pipeline asks of its number of threads, for whoever must know before it makes one.
// Throws Error(kOption).
inline void check_threads(size_t threads) {
  if (threads == 0) throw Error(ErrorKind::kOption, "threads must be 1 or more");
}

// One run over all items of an input, through an OrderedRing whose slots hold one item each.
template <typename Slot>
class OrderedPipeline {
 public:
  struct Limits : OrderedRing<Slot>::Limits {  // no thread goes without a slot
    std::chrono::milliseconds tick = kTick;
  };

  // Throws what check_threads() throws.
  explicit OrderedPipeline(const Limits& limits)
      : tick_(limits.tick),
        ring_({limits.threads, std::max(limits.slots, limits.threads), limits.waiting_bytes}) {
    check_threads(limits.threads);
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
    using Head = typename OrderedRing<Slot>::Head;
    const Stopper stopper(&ring_);
    ring_.start([&take](Slot& slot) { return static_cast<size_t>(take(slot)); },
                [&work](size_t worker, Slot& slot, size_t) { return work(worker, slot); });
    auto next_tick = std::chrono::steady_clock::now() + tick_;
    for (;;) {
      const Head head = ring_.wait(next_tick);
      if (head == Head::kEnd) return;
      if (head == Head::kReady) {
        drain(ring_.front());
        ring_.pop();
      }
      if (const auto now = std::chrono::steady_clock::now(); now >= next_tick) {
        tick();
        next_tick = now + tick_;
      }
    }
  }

 private:
  // Joins on every way out of run(), an exception from drain() or tick() included.
  class Stopper {
   public:
    explicit Stopper(OrderedRing<Slot>* ring) : ring_(ring) {}
    Stopper(const Stopper&) = delete;
    Stopper& operator=(const Stopper&) = delete;
    ~Stopper() { ring_->stop(); }

   private:
    OrderedRing<Slot>* ring_;
  };

  const std::chrono::milliseconds tick_;
  OrderedRing<Slot> ring_;
};

}  // namespace caffe_multilabel
