#include "base/worker_pool.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {

std::shared_ptr<WorkerPool> WorkerPool::of_process() {
  static std::mutex finding;
  static std::weak_ptr<WorkerPool> last;
  const std::lock_guard<std::mutex> lock(finding);
  std::shared_ptr<WorkerPool> found = last.lock();
  if (!found || !found->owner_.is_this()) last = found = std::make_shared<WorkerPool>();
  return found;
}

void WorkerPool::add(Queue* queue, size_t threads) {
  std::string problem;
  size_t started = 0;
  {
    const Lock lock(mutex_);
    queues_.push_back(queue);
    try {
      while (threads_.size() < threads) {
        threads_.emplace_back([this, generation = generation_] { run(generation); });
      }
      wake();
      return;
    } catch (const std::system_error& error) {
      problem = error.code().message();
      started = threads_.size();
    }
  }
  remove(queue);
  throw Error(ErrorKind::kOption, "only " + std::to_string(started) + " of " +
                                      std::to_string(threads) +
                                      " threads can be started: " + problem);
}

void WorkerPool::remove(Queue* queue) {
  std::vector<std::thread> to_join;
  {
    const Lock lock(mutex_);
    queues_.erase(std::remove(queues_.begin(), queues_.end(), queue), queues_.end());
    if (!queues_.empty()) return;
    ++generation_;
    to_join.swap(threads_);
    work_.notify_all();
  }
  for (std::thread& thread : to_join) thread.join();
}

void WorkerPool::wake() {
  if (asleep_ == 0) return;
  const auto has_work = [](const Queue* queue) { return queue->has_work(); };
  if (std::any_of(queues_.begin(), queues_.end(), has_work)) work_.notify_one();
}

WorkerPool::Queue* WorkerPool::next_queue() {
  for (size_t tried = 0; tried < queues_.size(); ++tried) {
    Queue* const queue = queues_[(turn_ + tried) % queues_.size()];
    if (!queue->has_work()) continue;
    turn_ += tried + 1;
    return queue;
  }
  return nullptr;
}

void WorkerPool::run(size_t generation) {
  Lock lock(mutex_);
  while (generation == generation_) {
    Queue* const queue = next_queue();
    if (queue == nullptr) {
      ++asleep_;
      work_.wait(lock);
      --asleep_;
      continue;
    }
    queue->work(&lock);
  }
}

}  // namespace caffe_multilabel
