#include "store/lmdb_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace caffe_multilabel {
namespace {

using lmdb_page::Header;
using lmdb_page::load;
using lmdb_page::Meta;

constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kVersion = 1;
// LMDB takes the system's, up to the largest that its 16-bit offsets allow.
constexpr size_t kMinPage = 4096;
constexpr size_t kMaxPage = 32768;
constexpr uint64_t kMaxPages = uint64_t{1} << 48U;  // the bits that a branch has for a page

}  // namespace

uint64_t lmdb_stored_size(uint64_t key_size, uint64_t value_size) {
  const uint64_t page =
      std::clamp(static_cast<size_t>(::sysconf(_SC_PAGESIZE)), kMinPage, kMaxPage);
  const uint64_t node = sizeof(lmdb_page::Node) + key_size;
  if (value_size < page / 2) return node + value_size;
  const uint64_t pages = (value_size + sizeof(Header) + page - 1) / page;
  return pages * page + node + sizeof(uint64_t);  // the number of the first of them
}

LmdbFile::LmdbFile(const std::string& file) : file_(file) {
  std::string problem;
  fd_ = open_regular(file, &size_, &problem);
  if (!fd_.valid()) fail(problem);
  meta_ = read_meta(0);
  page_size_ = meta_.free.page_size;
  if (page_size_ < kMinPage || page_size_ > kMaxPage || (page_size_ & (page_size_ - 1)) != 0) {
    damaged(0, "gives " + std::to_string(page_size_) + " as the page size");
  }
  const Meta second = read_meta(1);
  if (second.free.page_size != page_size_) damaged(1, "gives another page size than page 0");
  if (second.transaction > meta_.transaction) {
    meta_page_ = 1;
    meta_ = second;
  }
  if (meta_.last_page < 1 || meta_.last_page >= kMaxPages) {
    damaged(meta_page_, "gives " + std::to_string(meta_.last_page) + " as the last page");
  }
  if (stored_pages() < lmdb_page::kMetaPages) cut_off();
}

uint64_t LmdbFile::stored_pages() const { return std::min(pages(), size_ / page_size_); }

// LMDB wants both headers to be whole, whichever it uses.
Meta LmdbFile::read_meta(uint64_t page) const {
  char bytes[sizeof(Header) + sizeof(Meta)];
  if (size_ < sizeof(bytes)) fail("is no LMDB, it has " + counted(size_, "byte"));
  read(page * page_size_, bytes, sizeof(bytes));
  const Meta meta = load<Meta>(bytes + sizeof(Header));
  if ((load<Header>(bytes).flags & lmdb_page::kMeta) == 0 || meta.magic != kMagic) {
    if (page == 0) fail("is no LMDB, it does not begin as one");
    damaged(page, "is no header");
  }
  if (meta.version != kVersion) {
    fail("is of version " + std::to_string(meta.version) + " of LMDB's format; 1 is read");
  }
  return meta;
}

void LmdbFile::read(uint64_t at, char* to, size_t size) const {
  while (size > 0) {
    const ssize_t got = ::pread(fd_.get(), to, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("byte " + std::to_string(at) + ": " + errno_text(errno));
    if (got == 0) cut_off();
    at += static_cast<uint64_t>(got);
    to += got;
    size -= static_cast<size_t>(got);
  }
}

void LmdbFile::cut_off() const {
  fail("is cut off, it has " + counted(size_, "byte") + " of at least " +
       std::to_string(pages() * page_size_));
}

void LmdbFile::damaged(uint64_t page, const std::string& problem) const {
  fail("is damaged: page " + std::to_string(page) + " " + problem);
}

void LmdbFile::fail(const std::string& problem) const {
  throw Error(ErrorKind::kDatabase, file_ + ": " + problem,
              std::filesystem::path(file_).parent_path().string());
}

}  // namespace caffe_multilabel
