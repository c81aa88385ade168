// POSIX files: owned descriptors, whole-file reads that cannot hang, durable writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace caffe_multilabel {

// Owns a file descriptor. Movable, not copyable.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// What the system says of an errno.
std::string errno_text(int error);

// "<path>: <what errno says>"
std::string describe_errno(const std::string& path, int error);

// `root` and `path` joined by exactly one added '/', none where root is empty or ends in one.
// This is Caffe's plain concatenation for every root that works there: an absolute `path` is
// taken below `root`, and "../" is left to the file system.
std::string join_path(std::string_view root, std::string_view path);

// Opens a regular file for reading and tells its size. Never waits: a FIFO, device or directory
// is refused. On failure the descriptor is invalid and `*problem` says why, without the path; when
// the process is out of descriptors or memory, throws Error(kOutput).
FileDescriptor open_regular(const std::string& path, size_t* size, std::string* problem);

// Fills `buffer[0, size)` from the start of `fd`. False with `*problem` when the file is shorter
// or reading fails.
bool read_exactly(int fd, char* buffer, size_t size, std::string* problem);

// The whole content of a small file; false when it does not exist. Throws Error(kOutput) otherwise.
bool read_small_file(const std::string& path, std::string* content);

// Adds to the end of the file `path`, which is made where there is none; syncs nothing. Throws
// Error(kOutput).
void append_to_file(const std::string& path, std::string_view content);

// Writes, syncs and closes `path`, replacing it. Throws Error(kOutput).
void write_durably(const std::string& path, std::string_view content);

// The same, through "<path>.new" and a rename: `path` is never seen half written, and once this
// returns, the end of the machine leaves the new content. Throws Error(kOutput), and then the old
// content is there.
inline constexpr const char* kNewFileEnd = ".new";
void replace_durably(const std::string& path, std::string_view content);

// Makes the names in a directory durable. Throws Error(kOutput).
void sync_directory(const std::string& path);

// Whether there is an entry with this name: a link that leads nowhere is one.
bool path_exists(const std::string& path);

// `path` without what the eye does not see: trailing slashes, "./" and "a/../". It leads where the
// system would go: ".." behind a link is the parent of the folder that the link leads to.
std::string plain_path(const std::string& path);

// The folder that `path` stands in, "." for a bare name.
std::string parent_of(const std::string& path);

// Whether something else is mounted on the folder `path`; such a folder cannot be renamed.
bool is_mount_point(const std::string& path);

// Both throw Error(kOutput).
void rename_path(const std::string& from, const std::string& to);
void remove_tree(const std::string& path);

// Bytes an unprivileged process may still write on the file system that holds `path`. Throws
// Error(kOutput).
uint64_t free_space(const std::string& path);

}  // namespace caffe_multilabel
