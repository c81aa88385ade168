// Large pieces of memory that are used again, since the kernel takes its time to hand out fresh
// memory.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/process.h"

namespace caffe_multilabel {

// For use by any threads. Made by std::make_shared: buffers in use keep their pool alive.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  // Keeps so many buffers that are not in use.
  explicit BufferPool(size_t most_idle) : most_idle_(most_idle) {}

  // So many bytes with any content, aligned for any type. They come back to the pool when their
  // last owner goes.
  std::shared_ptr<void> take(size_t size);

  // Frees what is not in use, and from now on all that comes back.
  void close();

 private:
  struct Freer {
    void operator()(void* memory) const;
  };
  using Buffer = std::unique_ptr<void, Freer>;

  static Buffer allocate(size_t size);

  void give_back(size_t size, Buffer buffer);

  OwnerProcess owner_;
  std::mutex mutex_;
  size_t most_idle_;
  size_t size_ = 0;  // of each idle buffer
  std::vector<Buffer> idle_;
};

}  // namespace caffe_multilabel
