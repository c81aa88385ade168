#include "base/buffer_pool.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/platform.h"

namespace caffe_multilabel {

void BufferPool::Freer::operator()(void* memory) const { std::free(memory); }

// Large ones in huge pages where the system has them: a fresh batch otherwise costs a page fault
// for every 4 KiB, and those take about as long as the transform.
BufferPool::Buffer BufferPool::allocate(size_t size) {
  if (size > SIZE_MAX - kHugePage) throw std::bad_alloc();
  const bool large = size >= kHugePage;
  const size_t unit = large ? kHugePage : alignof(std::max_align_t);
  const size_t bytes = (size + unit - 1) / unit * unit;
  Buffer buffer(std::aligned_alloc(unit, bytes));
  if (!buffer) throw std::bad_alloc();
  if (large) prefer_huge_pages(buffer.get(), bytes);
  return buffer;
}

std::shared_ptr<void> BufferPool::take(size_t size) {
  Buffer buffer;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (size != size_) idle_.clear();
    size_ = size;
    if (!idle_.empty()) {
      buffer = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!buffer) buffer = allocate(size);
  return {buffer.release(), [pool = shared_from_this(), size](void* memory) {
            pool->give_back(size, Buffer(memory));
          }};
}

void BufferPool::give_back(size_t size, Buffer buffer) {
  if (!owner_.is_this()) {
    static_cast<void>(buffer.release());  // the lock may be held by a thread that is not here
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (size == size_ && idle_.size() < most_idle_) idle_.push_back(std::move(buffer));
}

void BufferPool::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  most_idle_ = 0;
  idle_.clear();
}

}  // namespace caffe_multilabel
