// Advice to Linux and glibc on disk and memory. Nothing depends on it but speed, so a system that
// does not take it may have functions here that do nothing.
#pragma once

#include <cstddef>

namespace caffe_multilabel {

// Starts writing to the disk what was written to the file so far, so that a later sync finds little
// left to wait for, and lets go of older pages that are there already. A large file would otherwise
// push everything else out of memory.
void write_behind(int fd);

// The size of a huge page: memory of that alignment and more than that size may have some.
inline constexpr size_t kHugePage = size_t{2} << 20U;

// Asks for huge pages, before the memory is first touched.
void prefer_huge_pages(void* memory, size_t bytes);

// Keeps freed blocks of up to 16 MiB in the process. Otherwise each of them is taken from the
// kernel anew, at the cost of a page fault for every 4 KiB.
void keep_freed_memory();

}  // namespace caffe_multilabel
