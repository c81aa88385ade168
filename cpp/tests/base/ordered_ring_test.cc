#include "base/ordered_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace caffe_multilabel {
namespace {

struct RingItem {
  size_t item = 0;
  std::vector<size_t> parts;  // what was made of each
};

using Ring = OrderedRing<RingItem>;

constexpr std::chrono::seconds kLong{20};

// Items 0, 1, ... with 1 + item % 4 parts each. What items have one part only, base/pipeline_test
// looks at.
class OrderedRingTest : public testing::TestWithParam<size_t> {
 protected:
  static size_t parts_of(size_t item) { return 1 + item % 4; }

  Ring::Limits limits(size_t slots) const { return {GetParam(), slots, SIZE_MAX}; }

  void start(Ring* ring, size_t count) {
    ring->start(
        [this, count](RingItem& slot) -> size_t {
          if (next_ == count) return 0;
          slot.item = next_++;
          slot.parts.assign(parts_of(slot.item), 0);
          return slot.parts.size();
        },
        [this](size_t worker, RingItem& slot, size_t part) -> size_t {
          EXPECT_LT(worker, GetParam());
          slot.parts[part] += slot.item + part;
          ++worked_;
          return 1;
        });
  }

  static Ring::Head wait(Ring* ring) {
    return ring->wait(std::chrono::steady_clock::now() + kLong);
  }

  std::atomic<size_t> next_{0};
  std::atomic<size_t> worked_{0};
};

TEST_P(OrderedRingTest, IsEmptiedInOrderWithAllParts) {
  for (const size_t slots : {1, 2, 5}) {
    next_ = 0;
    Ring ring(limits(slots));
    start(&ring, 300);
    for (size_t item = 0; item < 300; ++item) {
      ASSERT_EQ(wait(&ring), Ring::Head::kReady);
      ASSERT_EQ(ring.front().item, item);
      std::vector<size_t> wanted;
      for (size_t part = 0; part < parts_of(item); ++part) wanted.push_back(item + part);
      ASSERT_EQ(ring.front().parts, wanted);
      ASSERT_LE(next_, item + slots);
      ring.pop();
    }
    EXPECT_EQ(wait(&ring), Ring::Head::kEnd);
  }
}

TEST_P(OrderedRingTest, WorksOnThePartsOfOneItemAtOnce) {
  std::atomic<size_t> arrived{0};
  const size_t threads = GetParam();
  Ring ring(limits(1));
  ring.start([&](RingItem&) -> size_t { return next_++ == 0 ? threads : 0; },
             [&](size_t, RingItem&, size_t) -> size_t {
               ++arrived;
               for (int left = 10'000; arrived < threads; --left) {
                 if (left == 0) throw std::logic_error("waited in vain");
                 std::this_thread::sleep_for(std::chrono::milliseconds(1));
               }
               return 0;
             });
  EXPECT_EQ(wait(&ring), Ring::Head::kReady);
}

TEST_P(OrderedRingTest, DoesNotWaitBeyondTheDeadline) {
  Ring ring(limits(2));
  std::atomic<bool> go{false};
  ring.start([&](RingItem&) -> size_t { return next_++ == 0 ? 1 : 0; },
             [&](size_t, RingItem&, size_t) -> size_t {
               while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
               return 0;
             });
  EXPECT_EQ(ring.wait(std::chrono::steady_clock::now()), Ring::Head::kInWork);
  go = true;
  EXPECT_EQ(wait(&ring), Ring::Head::kReady);
}

TEST_P(OrderedRingTest, IsAtItsEndOnceItIsStopped) {
  Ring ring(limits(4));
  EXPECT_EQ(wait(&ring), Ring::Head::kEnd);  // not started
  start(&ring, SIZE_MAX);
  ASSERT_EQ(wait(&ring), Ring::Head::kReady);
  std::thread other([&ring] { ring.stop(); });
  ring.stop();
  other.join();
  EXPECT_EQ(wait(&ring), Ring::Head::kEnd);
  const size_t worked = worked_;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(worked_, worked);
}

TEST_P(OrderedRingTest, ThrowsOnceWhatAThreadThrew) {
  for (const bool in_take : {true, false}) {
    Ring ring(limits(4));
    ring.start(
        [in_take](RingItem&) -> size_t {
          if (in_take) throw std::runtime_error("planned");
          return 3;
        },
        [](size_t, RingItem&, size_t) -> size_t { throw std::runtime_error("planned"); });
    EXPECT_THROW(wait(&ring), std::runtime_error);
    EXPECT_EQ(wait(&ring), Ring::Head::kEnd);
  }
}

// Without threads those who wait do the work.
TEST(OrderedRingWithoutThreads, MakesTheHeadWhereItIsWaitedFor) {
  size_t next = 0;
  std::thread::id worker;
  Ring ring({0, 2, SIZE_MAX});
  ring.start([&next](RingItem& slot) -> size_t { return (slot.item = next++) < 5 ? 3 : 0; },
             [&worker](size_t number, RingItem&, size_t) -> size_t {
               EXPECT_EQ(number, 0U);
               worker = std::this_thread::get_id();
               return 1;
             });
  for (size_t item = 0; item < 5; ++item) {
    ASSERT_EQ(ring.wait(std::chrono::steady_clock::now()), Ring::Head::kReady);
    EXPECT_EQ(ring.front().item, item);
    EXPECT_EQ(next, item + 1);  // nothing is made ahead
    ring.pop();
  }
  EXPECT_EQ(worker, std::this_thread::get_id());
  EXPECT_EQ(ring.wait(std::chrono::steady_clock::now()), Ring::Head::kEnd);
}

TEST(OrderedRingWithoutThreads, ServesManyWhoWait) {
  std::atomic<int> working{0};
  size_t next = 0;
  Ring ring({0, 2, SIZE_MAX});
  ring.start([&next](RingItem&) -> size_t { return next++ < 200 ? 2 : 0; },
             [&working](size_t, RingItem&, size_t) -> size_t {
               EXPECT_EQ(++working, 1);
               --working;
               return 1;
             });
  std::mutex taking;
  std::atomic<size_t> taken{0};
  std::vector<std::thread> consumers;
  for (int consumer = 0; consumer < 3; ++consumer) {
    consumers.emplace_back([&] {
      for (;;) {
        const std::lock_guard<std::mutex> lock(taking);
        if (ring.wait(std::chrono::steady_clock::now() + kLong) == Ring::Head::kEnd) return;
        ring.pop();
        ++taken;
      }
    });
    consumers.emplace_back([&] {
      while (ring.wait(std::chrono::steady_clock::now() + kLong) != Ring::Head::kEnd) {
      }
    });
  }
  for (std::thread& consumer : consumers) consumer.join();
  EXPECT_EQ(taken, 200U);
}

TEST(OrderedRingWithoutThreads, ThrowsWhatTheWorkThrew) {
  Ring ring({0, 2, SIZE_MAX});
  ring.start([](RingItem&) -> size_t { return 1; },
             [](size_t, RingItem&, size_t) -> size_t { throw std::runtime_error("planned"); });
  EXPECT_THROW(ring.wait(std::chrono::steady_clock::now()), std::runtime_error);
  EXPECT_EQ(ring.wait(std::chrono::steady_clock::now()), Ring::Head::kEnd);
}

INSTANTIATE_TEST_SUITE_P(Threads, OrderedRingTest, testing::Values(1, 2, 8, 33));

}  // namespace
}  // namespace caffe_multilabel
