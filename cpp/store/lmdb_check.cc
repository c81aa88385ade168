#include "store/lmdb_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "store/lmdb_file.h"

namespace caffe_multilabel {
namespace {

using lmdb_page::Header;
using lmdb_page::kBranch;
using lmdb_page::kLarge;
using lmdb_page::kLargeNode;
using lmdb_page::kLeaf;
using lmdb_page::kMetaPages;
using lmdb_page::kNoRoot;
using lmdb_page::kPageKinds;
using lmdb_page::load;
using lmdb_page::Node;
using lmdb_page::Tree;

constexpr uint16_t kMaxDepth = 32;  // of LMDB's cursors

class PageCheck {
 public:
  PageCheck(const std::string& file, LargeValues large)
      : file_(file), large_(large), page_size_(file_.page_size()), used_(file_.stored_pages()) {}

  void run() {
    if (file_.meta().records.flags != 0) {
      file_.damaged(file_.meta_page(), "tells of a kind of database that Caffe cannot read");
    }
    take(0, kMetaPages);
    walk(file_.meta().records, false);
    walk(file_.meta().free, true);
    if (used_.size() + free_unstored_ < file_.pages()) file_.cut_off();
  }

 private:
  // Each page has one use. With that and the order of the keys the walk ends.
  void take(uint64_t first, uint64_t count) {
    if (first + count > used_.size()) file_.cut_off();
    for (uint64_t page = first; page < first + count; ++page) {
      if (used_[page]) file_.damaged(page, "is used twice");
      used_[page] = true;
    }
  }

  void walk(const Tree& tree, bool is_free) {
    is_free_ = is_free;
    entries_ = 0;
    last_key_.clear();
    last_is_bound_ = true;
    if (tree.depth > kMaxDepth) {
      file_.damaged(file_.meta_page(), "tells of a tree " + counted(tree.depth, "page") + " deep");
    }
    if (tree.root != kNoRoot) {
      levels_.assign(tree.depth, std::vector<char>(page_size_));
      visit(tree.root, file_.meta_page(), 0);
    } else if (tree.depth != 0) {
      file_.damaged(file_.meta_page(), "tells of a tree without a root");
    }
    if (tree.entries != entries_) {
      file_.damaged(file_.meta_page(), "tells of " + counted(tree.entries, "record") +
                                           ", there are " + std::to_string(entries_));
    }
  }

  void visit(uint64_t page, uint64_t parent, size_t level) {
    if (level == levels_.size()) file_.damaged(parent, "has pages below the depth of the tree");
    if (page >= file_.pages()) file_.damaged(parent, "points to page " + std::to_string(page));
    take(page, 1);
    const char* const bytes = levels_[level].data();
    file_.read(page * page_size_, levels_[level].data(), page_size_);
    const auto header = load<Header>(bytes);
    const bool is_leaf = level + 1 == levels_.size();
    const size_t count = check_header(page, header, is_leaf);
    for (size_t i = 0; i < count; ++i) {
      const auto at = load<uint16_t>(bytes + sizeof(Header) + i * sizeof(uint16_t));
      if (at < header.upper || at + sizeof(Node) > page_size_) damaged_entry(page, i);
      const Node node = load<Node>(bytes + at);
      const size_t value_at = at + sizeof(Node) + node.key_size;
      if (value_at > page_size_) damaged_entry(page, i);
      const std::string_view key(bytes + at + sizeof(Node), node.key_size);
      const uint64_t low_bits = node.size_low | uint64_t{node.size_high} << 16U;
      if (is_leaf) {
        check_order(page, i, key, false);
        check_value(page, i, node.flags, value_at, low_bits);
        ++entries_;
      } else {
        // The first child has all that is smaller; its key means nothing.
        if (i > 0) check_order(page, i, key, true);
        visit(low_bits | uint64_t{node.flags} << 32U, page, level + 1);
      }
    }
  }

  // Gives the number of entries.
  size_t check_header(uint64_t page, const Header& header, bool is_leaf) const {
    if (header.page != page) file_.damaged(page, "has the number " + std::to_string(header.page));
    if ((header.flags & kPageKinds) != (is_leaf ? kLeaf : kBranch)) {
      file_.damaged(page, is_leaf ? "is no leaf of the tree" : "is no branch of the tree");
    }
    if (header.lower < sizeof(Header) || header.lower % 2 != 0 || header.lower > header.upper ||
        header.upper > page_size_) {
      file_.damaged(page, "has its free space from " + std::to_string(header.lower) + " to " +
                              std::to_string(header.upper));
    }
    const size_t count = (header.lower - sizeof(Header)) / sizeof(uint16_t);
    // LMDB aborts at a branch of records with one child; among free pages there may be such.
    const size_t least = is_leaf || is_free_ ? 1 : 2;
    if (count < least) file_.damaged(page, "has " + counted(count, "entry", "entries"));
    return count;
  }

  [[noreturn]] void damaged_entry(uint64_t page, size_t entry) const {
    file_.damaged(page, "has an entry that does not fit, number " + std::to_string(entry));
  }

  // A branch's key is a bound: larger than the keys before it, and not than the one after it.
  void check_order(uint64_t page, size_t entry, std::string_view key, bool is_bound) {
    if (key.empty() || (is_free_ && key.size() != sizeof(uint64_t))) damaged_entry(page, entry);
    key_.assign(key);
    if (is_free_) std::reverse(key_.begin(), key_.end());  // a number, compared as one
    const int order = last_key_.compare(key_);
    if (order > 0 || (order == 0 && (is_bound || !last_is_bound_))) {
      file_.damaged(page, "has a key out of order, number " + std::to_string(entry));
    }
    last_key_.swap(key_);
    last_is_bound_ = is_bound;
  }

  // `at` is inside the page.
  void check_value(uint64_t page, size_t entry, uint16_t flags, size_t at, uint64_t size) {
    if ((flags & ~kLargeNode) != 0) {
      file_.damaged(page, "holds another database, or several values for a key");
    }
    const bool is_large = flags == kLargeNode;
    if (at + (is_large ? sizeof(uint64_t) : size) > page_size_) damaged_entry(page, entry);
    uint64_t value_begin = page * page_size_ + at;
    if (is_large) value_begin = check_large(page, load<uint64_t>(levels_.back().data() + at), size);
    if (is_free_) check_free_pages(page, value_begin, size);
  }

  // Gives the byte of the file where the value begins.
  uint64_t check_large(uint64_t page, uint64_t first, uint64_t size) {
    uint64_t count = (sizeof(Header) + size + page_size_ - 1) / page_size_;
    const uint64_t end = file_.pages();
    if (first >= end || count > end - first) {
      file_.damaged(page, "points to a value at page " + std::to_string(first));
    }
    if (large_ == LargeValues::kHeaders) {
      char bytes[sizeof(Header)];
      file_.read(first * page_size_, bytes, sizeof(bytes));
      const auto header = load<Header>(bytes);
      const uint64_t pages = header.lower | uint64_t{header.upper} << 16U;
      // A value that was replaced by a smaller one leaves pages over.
      if ((header.flags & kPageKinds) != kLarge || header.page != first || pages < count ||
          pages > end - first) {
        file_.damaged(first, "is not the begin of a large value");
      }
      count = pages;
    }
    take(first, count);
    return first * page_size_ + sizeof(Header);
  }

  // A count, then so many pages, the last one first.
  void check_free_pages(uint64_t page, uint64_t begin, uint64_t size) {
    constexpr size_t kChunk = 512;
    uint64_t count = 0;
    if (size < sizeof(count)) file_.damaged(page, "has a list of free pages without a count");
    file_.read(begin, reinterpret_cast<char*>(&count), sizeof(count));
    if (count > size / sizeof(count) - 1) file_.damaged(page, "has a cut list of free pages");
    uint64_t before = file_.pages();
    for (uint64_t i = 0; i < count; ++i) {
      if (i % kChunk == 0) {
        chunk_.resize(std::min<uint64_t>(kChunk, count - i));
        file_.read(begin + (i + 1) * sizeof(count), reinterpret_cast<char*>(chunk_.data()),
                   chunk_.size() * sizeof(count));
      }
      const uint64_t number = chunk_[i % kChunk];
      if (number >= before) file_.damaged(page, "has free pages out of order");
      if (number < used_.size()) {
        take(number, 1);
      } else {
        ++free_unstored_;
      }
      before = number;
    }
  }

  LmdbFile file_;
  LargeValues large_;
  size_t page_size_;
  std::vector<bool> used_;  // of the pages that the file has
  uint64_t free_unstored_ = 0;
  std::vector<uint64_t> chunk_;            // of a list of free pages
  std::vector<std::vector<char>> levels_;  // the page that is walked, at each depth

  // Of the tree that is walked.
  bool is_free_ = false;
  uint64_t entries_ = 0;
  std::string last_key_;
  std::string key_;
  bool last_is_bound_ = true;  // so that the first key may be any
};

}  // namespace

void check_pages(const std::string& file, LargeValues large) { PageCheck(file, large).run(); }

}  // namespace caffe_multilabel
