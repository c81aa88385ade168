// Threads that several queues of work share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/process.h"

namespace caffe_multilabel {

// Each queue has its turn, so that none waits for another one to run dry. Threads are there as long
// as there is a queue, and sleep where none has work. For use by any threads.
class WorkerPool {
 public:
  using Lock = std::unique_lock<std::mutex>;

  // Pieces of work. What it is made of is guarded by mutex().
  class Queue {
   public:
    Queue() = default;
    virtual ~Queue() = default;
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    // With the lock: whether work() would find a piece that may be begun.
    virtual bool has_work() const = 0;
    // With the lock, which it gives up meanwhile and has again at its end: does one piece, and
    // calls wake() once that is no longer among what may be begun. Throws nothing.
    virtual void work(Lock* lock) = 0;
  };

  WorkerPool() = default;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The pool of this process, for queues that are to share its CPUs: another one after a fork.
  static std::shared_ptr<WorkerPool> of_process();

  std::mutex& mutex() { return mutex_; }

  // Works on a queue from now on. There are as many threads as the most that was asked for since
  // the pool was empty. Throws Error(kOption) when they cannot be started; the queue is not in it
  // then.
  void add(Queue* queue, size_t threads);

  // Begins no piece of a queue any more; those in work go on. Joins the threads with the last one.
  void remove(Queue* queue);

  // With the lock: wakes a thread if there is work in a queue. That one will wake the next.
  void wake();

 private:
  void run(size_t generation);
  Queue* next_queue();

  OwnerProcess owner_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Queue*> queues_;
  size_t turn_ = 0;    // where in queues_ the next piece is looked for first
  size_t asleep_ = 0;  // threads
  std::vector<std::thread> threads_;
  size_t generation_ = 0;  // of the threads; those of an earlier one end
};

}  // namespace caffe_multilabel
