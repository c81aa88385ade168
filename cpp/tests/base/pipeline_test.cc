#include "base/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

struct PipelineItem {
  int item = 0;
  int result = 0;
};

using Pipeline = OrderedPipeline<PipelineItem>;
using Items = std::vector<int>;

// A run over the items 0, 1, ... `count` - 1. Each hook may be replaced.
class PipelineTest : public testing::TestWithParam<size_t> {
 protected:
  PipelineTest() { limits_.threads = GetParam(); }

  void run() {
    Pipeline pipeline(limits_);
    run(&pipeline);
  }

  void run(Pipeline* pipeline) {
    next_ = 0;
    pipeline->run(
        [this](PipelineItem& slot) {
          on_take(next_);
          if (next_ == count_) return false;
          slot.item = next_++;
          const int ahead = next_ - drained_count_;
          most_ahead_ = std::max(most_ahead_, ahead);
          return true;
        },
        [this](size_t worker, PipelineItem& slot) {
          EXPECT_LT(worker, limits_.threads);
          const Counted counted(&working_);
          slot.result = 3 * slot.item;
          return on_work(slot.item);
        },
        [this](PipelineItem& slot) {
          EXPECT_EQ(std::this_thread::get_id(), caller_);
          EXPECT_EQ(slot.result, 3 * slot.item);
          on_drain(slot.item);
          drained_.push_back(slot.item);
          ++drained_count_;
        },
        [this] {
          EXPECT_EQ(std::this_thread::get_id(), caller_);
          ++ticks_;
          on_tick();
        });
    EXPECT_EQ(working_, 0);
  }

  static Items first(int count) {
    Items items(static_cast<size_t>(count));
    std::iota(items.begin(), items.end(), 0);
    return items;
  }

  // Waits for another thread, but not for ever.
  template <typename Condition>
  static void wait_until(const Condition& condition) {
    for (int left = 10'000; !condition(); --left) {
      if (left == 0) throw std::logic_error("waited in vain");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // Counts workers inside work().
  class Counted {
   public:
    explicit Counted(std::atomic<int>* count) : count_(count) { ++*count_; }
    ~Counted() { --*count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

   private:
    std::atomic<int>* count_;
  };

  Pipeline::Limits limits_;
  int count_ = 500;
  std::function<void(int)> on_take = [](int) {};
  std::function<size_t(int)> on_work = [](int) { return size_t{1}; };
  std::function<void(int)> on_drain = [](int) {};
  std::function<void()> on_tick = [] {};

  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<int> next_{0};
  int most_ahead_ = 0;
  std::atomic<int> working_{0};
  std::atomic<int> drained_count_{0};
  Items drained_;
  std::atomic<int> ticks_{0};
};

TEST_P(PipelineTest, DrainsInOrder) {
  on_work = [](int item) {
    if (item % 17 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return size_t{1};
  };
  run();
  EXPECT_EQ(drained_, first(500));
}

TEST_P(PipelineTest, EndsOnNoItemsAndOnFewerThanThreads) {
  for (const int count : {0, 1, 2}) {
    count_ = count;
    drained_.clear();
    drained_count_ = 0;
    run();
    EXPECT_EQ(drained_, first(count));
  }
}

TEST(PipelineLimitsTest, WantThreads) {
  Pipeline::Limits limits;
  limits.threads = 0;
  const Error error = error_of([&limits] { const Pipeline pipeline(limits); });
  EXPECT_EQ(error.kind(), ErrorKind::kOption);
  EXPECT_TRUE(mentions(error.what(), "threads must be 1 or more"));
}

TEST_P(PipelineTest, RunsAgain) {
  Pipeline pipeline(limits_);
  run(&pipeline);
  drained_.clear();
  drained_count_ = 0;
  run(&pipeline);
  EXPECT_EQ(drained_, first(500));
}

TEST_P(PipelineTest, TakesAsManyAsTheRingHoldsAndNoMore) {
  limits_.slots = 16;
  const int ring = std::max(16, static_cast<int>(limits_.threads));
  on_drain = [&](int item) {
    if (item % 100 == 0) wait_until([&] { return next_ == std::min(item + ring, count_); });
  };
  run();
  EXPECT_EQ(drained_, first(500));
  EXPECT_EQ(most_ahead_, ring);
}

TEST_P(PipelineTest, TakesNoMoreThanOneAThreadWhenManyBytesWait) {
  limits_.waiting_bytes = 100;
  on_work = [](int) { return size_t{100}; };
  on_drain = [](int item) {
    if (item % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  run();
  EXPECT_EQ(drained_, first(500));
  EXPECT_LE(most_ahead_, static_cast<int>(limits_.threads));
}

TEST_P(PipelineTest, WorksOnSeveralThreadsAtOnce) {
  count_ = static_cast<int>(limits_.threads);
  std::atomic<int> arrived{0};
  on_work = [&](int) {
    ++arrived;
    wait_until([&] { return arrived == count_; });
    return size_t{1};
  };
  run();
}

TEST_P(PipelineTest, TicksWhileItWaits) {
  limits_.tick = std::chrono::milliseconds(1);
  count_ = 1;
  on_work = [this](int) {
    wait_until([this] { return ticks_ >= 3; });
    return size_t{1};
  };
  run();
}

TEST_P(PipelineTest, TicksBetweenItems) {
  limits_.tick = std::chrono::milliseconds(0);
  run();
  EXPECT_GE(ticks_, 500);
}

class PipelineErrorTest : public PipelineTest {
 protected:
  void expect_error() {
    try {
      run();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "planned");
    }
    EXPECT_EQ(working_, 0);  // all are joined
    EXPECT_EQ(drained_, first(drained_count_));
  }

  static void fail_at(int wanted, int item) {
    if (item == wanted) throw std::runtime_error("planned");
  }
};

TEST_P(PipelineErrorTest, FromTakeIsThrown) {
  for (const int at : {0, 100, 500}) {
    drained_.clear();
    drained_count_ = 0;
    on_take = [at](int item) { fail_at(at, item); };
    expect_error();
  }
}

TEST_P(PipelineErrorTest, FromWorkIsThrown) {
  for (const int at : {0, 100, 499}) {
    drained_.clear();
    drained_count_ = 0;
    on_work = [at](int item) {
      fail_at(at, item);
      return size_t{1};
    };
    expect_error();
    EXPECT_LE(drained_count_, at);
  }
}

TEST_P(PipelineErrorTest, FromDrainIsThrown) {
  for (const int at : {0, 100, 499}) {
    drained_.clear();
    drained_count_ = 0;
    on_drain = [at](int item) { fail_at(at, item); };
    expect_error();
    EXPECT_EQ(drained_count_, at);
  }
}

TEST_P(PipelineErrorTest, FromTickIsThrown) {
  limits_.tick = std::chrono::milliseconds(0);
  on_tick = [this] {
    if (ticks_ == 50) throw std::runtime_error("planned");
  };
  expect_error();
}

TEST_P(PipelineErrorTest, FromTickIsThrownWhileWorkersAreBusy) {
  limits_.tick = std::chrono::milliseconds(1);
  std::promise<void> failed;
  const std::shared_future<void> done = failed.get_future().share();
  on_work = [&](int) {
    done.wait();
    return size_t{1};
  };
  on_tick = [&] {
    failed.set_value();
    throw std::runtime_error("planned");
  };
  expect_error();
}

TEST_P(PipelineErrorTest, FromEveryWorkerIsThrownOnce) {
  on_work = [](int) -> size_t { throw std::runtime_error("planned"); };
  expect_error();
}

TEST_P(PipelineErrorTest, LeavesThePipelineUsable) {
  Pipeline pipeline(limits_);
  on_drain = [](int item) { fail_at(50, item); };
  EXPECT_THROW(run(&pipeline), std::runtime_error);
  on_drain = [](int) {};
  drained_.clear();
  drained_count_ = 0;
  run(&pipeline);
  EXPECT_EQ(drained_, first(500));
}

INSTANTIATE_TEST_SUITE_P(Threads, PipelineTest, testing::Values(1, 2, 8, 33));
INSTANTIATE_TEST_SUITE_P(Threads, PipelineErrorTest, testing::Values(1, 2, 8, 33));

}  // namespace
}  // namespace caffe_multilabel
