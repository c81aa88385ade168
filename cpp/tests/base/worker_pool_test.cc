#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/ordered_ring.h"

namespace caffe_multilabel {
namespace {

using NumberRing = OrderedRing<size_t>;

constexpr std::chrono::seconds kPatience{20};

// A ring without an end whose items are numbers, each in `parts` parts.
class Numbers {
 public:
  Numbers(const std::shared_ptr<WorkerPool>& pool, size_t threads, size_t pool_threads,
          std::function<void()> part, size_t parts = 1)
      : ring_({threads, 3, SIZE_MAX}, pool) {
    ring_.start(
        [this, parts](size_t& slot) {
          slot = next_++;
          return parts;
        },
        [part = std::move(part)](size_t, size_t&, size_t) {
          part();
          return size_t{0};
        },
        pool_threads);
  }

  // The next number, or SIZE_MAX after a while without one.
  size_t pop() {
    if (ring_.wait(std::chrono::steady_clock::now() + kPatience) != NumberRing::Head::kReady)
      return SIZE_MAX;
    const size_t number = ring_.front();
    ring_.pop();
    return number;
  }

  void stop() { ring_.stop(); }

 private:
  size_t next_ = 0;
  NumberRing ring_;
};

// Holds threads until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  bool wait_for(size_t waiting) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return waiting_ >= waiting; });
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t waiting_ = 0;
  bool is_open_ = false;
};

TEST(WorkerPool, KeepsTheOrderOfEachQueueOnTheThreadsOfAll) {
  std::mutex mutex;
  std::set<std::thread::id> workers;
  const auto note = [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    workers.insert(std::this_thread::get_id());
  };
  const auto pool = std::make_shared<WorkerPool>();
  std::vector<std::unique_ptr<Numbers>> queues;
  for (size_t parts = 1; parts < 6; ++parts) {
    queues.push_back(std::make_unique<Numbers>(pool, 2, 3, note, parts));
  }
  for (size_t number = 0; number < 200; ++number) {
    for (const auto& queue : queues) ASSERT_EQ(queue->pop(), number);
  }
  EXPECT_LE(workers.size(), 3U);
}

TEST(WorkerPool, GivesEachQueueItsTurn) {
  // One thread, held until both queues have work for it without an end.
  Gate gate;
  std::vector<char> done;
  const auto pool = std::make_shared<WorkerPool>();
  Numbers first(pool, 1, 1, [&] { gate.pass(); });
  ASSERT_TRUE(gate.wait_for(1));
  Numbers a(pool, 1, 1, [&done] { done.push_back('a'); }, 100);
  Numbers b(pool, 1, 1, [&done] { done.push_back('b'); }, 100);
  gate.open();
  first.stop();
  ASSERT_EQ(a.pop(), 0U);
  ASSERT_EQ(b.pop(), 0U);
  a.stop();
  b.stop();
  ASSERT_GE(done.size(), 200U);
  int ahead = 0;  // a of b; that the first queue goes may shift the turns once
  for (size_t i = 0; i < 200; ++i) {
    ahead += done[i] == 'a' ? 1 : -1;
    ASSERT_LE(std::abs(ahead), 2);
  }
}

TEST(WorkerPool, GoesOnWhereOneQueueIsFullOrHeldUp) {
  Gate gate;
  const auto pool = std::make_shared<WorkerPool>();
  Numbers full(pool, 2, 2, [] {});  // nobody pops from it
  Numbers held(pool, 1, 2, [&gate] { gate.pass(); });
  Numbers other(pool, 2, 2, [] {});
  ASSERT_TRUE(gate.wait_for(1));
  for (size_t number = 0; number < 50; ++number) ASSERT_EQ(other.pop(), number);
  gate.open();
  EXPECT_EQ(full.pop(), 0U);
  EXPECT_EQ(held.pop(), 0U);
}

TEST(WorkerPool, StopsAQueueWhoseWorkWaitsForAThread) {
  Gate gate;
  const auto pool = std::make_shared<WorkerPool>();
  Numbers held(pool, 1, 1, [&gate] { gate.pass(); });
  ASSERT_TRUE(gate.wait_for(1));
  std::atomic<size_t> done{0};
  Numbers waiting(pool, 1, 1, [&done] { ++done; });
  waiting.stop();
  EXPECT_EQ(done, 0U);
  gate.open();
  EXPECT_EQ(held.pop(), 0U);
  EXPECT_EQ(done, 0U);
}

TEST(WorkerPool, HasNoMoreAtWorkInAQueueThanItAllows) {
  std::atomic<int> working{0};
  std::atomic<bool> exceeded{false};
  const auto pool = std::make_shared<WorkerPool>();
  Numbers limited(
      pool, 2, 8,
      [&] {
        if (++working > 2) exceeded = true;
        std::this_thread::yield();
        --working;
      },
      20);
  Numbers other(pool, 8, 8, [] {}, 20);
  for (size_t number = 0; number < 100; ++number) {
    ASSERT_EQ(limited.pop(), number);
    ASSERT_EQ(other.pop(), number);
  }
  EXPECT_FALSE(exceeded);
}

TEST(WorkerPool, GrowsToWhatAQueueAsksFor) {
  Gate gate;
  const auto pool = std::make_shared<WorkerPool>();
  Numbers small(pool, 1, 1, [] {});
  ASSERT_EQ(small.pop(), 0U);
  Numbers large(pool, 6, 6, [&gate] { gate.pass(); }, 6);
  EXPECT_TRUE(gate.wait_for(6));  // all of them at once
  gate.open();
  EXPECT_EQ(large.pop(), 0U);
}

TEST(WorkerPool, TakesQueuesThatComeAndGo) {
  const auto pool = std::make_shared<WorkerPool>();
  std::vector<std::thread> users;
  std::atomic<size_t> wrong{0};
  for (size_t user = 0; user < 4; ++user) {
    users.emplace_back([&, user] {
      for (size_t round = 0; round < 50; ++round) {
        Numbers numbers(pool, 1 + user % 2, 2, [] {}, 1 + user);
        for (size_t number = 0; number < user + 1; ++number) {
          if (numbers.pop() != number) ++wrong;
        }
      }
    });
  }
  for (std::thread& user : users) user.join();
  EXPECT_EQ(wrong, 0U);
}

TEST(WorkerPool, IsOneForTheProcessWhileItIsUsed) {
  const std::shared_ptr<WorkerPool> pool = WorkerPool::of_process();
  EXPECT_EQ(WorkerPool::of_process(), pool);
}

}  // namespace
}  // namespace caffe_multilabel
