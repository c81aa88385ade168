#include "base/platform.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace caffe_multilabel {

void write_behind(int fd) {
  constexpr off_t kKept = off_t{32} << 20U;
  constexpr off_t kLooked = off_t{256} << 20U;  // what was still on its way at an earlier call
  struct stat info{};
  if (::fstat(fd, &info) != 0) return;
  ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  const off_t end = info.st_size - kKept;
  const off_t begin = std::max<off_t>(0, end - kLooked);
  if (end > 0) ::posix_fadvise(fd, begin, end - begin, POSIX_FADV_DONTNEED);
}

void prefer_huge_pages(void* memory, size_t bytes) { ::madvise(memory, bytes, MADV_HUGEPAGE); }

// glibc stops giving blocks back to the kernel for sizes up to that of the largest one that it has
// seen freed.
void keep_freed_memory() {
  constexpr size_t kBlock = size_t{16} << 20U;
  void* volatile block = std::malloc(kBlock);  // volatile: or the compiler drops the pair
  std::free(block);
}

}  // namespace caffe_multilabel
