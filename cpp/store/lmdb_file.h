// The file of an LMDB, read without LMDB: what lies on its pages, and the header with which it all
// begins. Facts of format 1, LMDB 0.9, on a 64-bit little-endian machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/file.h"

namespace caffe_multilabel {

namespace lmdb_page {

static_assert(sizeof(size_t) == 8 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "LMDB files are read as they lie on the disk");

struct Header {
  uint64_t page;
  uint16_t unused;
  uint16_t flags;
  uint16_t lower;  // end of the list of node offsets; low half of the page count of a large value
  uint16_t upper;  // begin of the nodes; high half of the page count
};
inline constexpr uint16_t kBranch = 0x01;
inline constexpr uint16_t kLeaf = 0x02;
inline constexpr uint16_t kLarge = 0x04;
inline constexpr uint16_t kMeta = 0x08;
// With the kinds of databases that have several values for a key.
inline constexpr uint16_t kPageKinds = kBranch | kLeaf | kLarge | kMeta | 0x20 | 0x40;

struct Node {
  uint16_t size_low;  // of the value; in a branch the low bits of the child's page
  uint16_t size_high;
  uint16_t flags;  // in a branch the high bits of the child's page
  uint16_t key_size;
};
inline constexpr uint16_t kLargeNode = 0x01;

struct Tree {
  uint32_t page_size;  // in the tree of free pages only
  uint16_t flags;
  uint16_t depth;
  uint64_t branch_pages;
  uint64_t leaf_pages;
  uint64_t large_pages;
  uint64_t entries;
  uint64_t root;
};
inline constexpr uint64_t kNoRoot = ~uint64_t{0};

struct Meta {
  uint32_t magic;
  uint32_t version;
  uint64_t address;
  uint64_t map_size;
  Tree free;
  Tree records;
  uint64_t last_page;
  uint64_t transaction;
};
inline constexpr uint64_t kMetaPages = 2;

static_assert(sizeof(Header) == 16 && sizeof(Node) == 8 && sizeof(Tree) == 48);
static_assert(sizeof(Meta) == 136);

template <typename T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace lmdb_page

// What a record takes in a file that LMDB makes and records are appended to: its value in pages of
// its own where it is larger than about half a page, and a share of a leaf page, which then is all
// but full.
uint64_t lmdb_stored_size(uint64_t key_size, uint64_t value_size);

// An open data.mdb with a header that is right by itself. Every failure is an Error(kDatabase) with
// the folder of the file as its path.
class LmdbFile {
 public:
  explicit LmdbFile(const std::string& file);

  // The newer of the two headers, which is the one that LMDB goes by, and its page.
  const lmdb_page::Meta& meta() const { return meta_; }
  uint64_t meta_page() const { return meta_page_; }
  size_t page_size() const { return page_size_; }
  // One past the last page.
  uint64_t pages() const { return meta_.last_page + 1; }
  // So many of them lie whole in the file. Only free pages may be missing: LMDB does not write a
  // page that was taken and given back in one transaction.
  uint64_t stored_pages() const;

  void read(uint64_t at, char* to, size_t size) const;
  // Throws "<file>: is damaged: page N <problem>".
  [[noreturn]] void damaged(uint64_t page, const std::string& problem) const;
  // Throws "<file>: is cut off ...".
  [[noreturn]] void cut_off() const;

 private:
  lmdb_page::Meta read_meta(uint64_t page) const;
  [[noreturn]] void fail(const std::string& problem) const;

  std::string file_;
  FileDescriptor fd_;
  size_t size_ = 0;
  size_t page_size_ = 0;
  uint64_t meta_page_ = 0;
  lmdb_page::Meta meta_{};
};

}  // namespace caffe_multilabel
