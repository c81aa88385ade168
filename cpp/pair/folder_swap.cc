#include "pair/folder_swap.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void check_name_is_free(const std::string& target) {
  for (const auto& [end, jobs] : {std::pair(FolderSwap::kLockFolderEnd, "conversions"),
                                  std::pair(FolderSwap::kRelabelEnd, "relabellings")}) {
    if (!ends_with(target, end) && !ends_with(target, std::string(end) + FolderSwap::kOldEnd)) {
      continue;
    }
    throw Error(ErrorKind::kOption,
                target + ": names with this ending are for " + jobs + " that are not finished");
  }
}

}  // namespace

void refuse_output(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::kOutput, path + ": " + problem, path);
}

std::vector<std::string> database_names(std::initializer_list<std::string> files) {
  std::vector<std::string> names = {kLockFile};
  for (const std::string& file : store_files()) names.push_back(file.substr(1));
  for (const std::string& file : files) names.push_back(file.substr(1));
  return names;
}

std::optional<std::string> foreign_name(const std::string& path,
                                        const std::vector<std::string>& allowed,
                                        std::error_code* error) {
  for (fs::directory_iterator at(path, *error); !*error && at != fs::directory_iterator();
       at.increment(*error)) {
    std::string name = at->path().filename().string();
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) return name;
  }
  return std::nullopt;
}

FolderSwap::FolderSwap(std::string target, const std::string& work_end, std::string busy)
    : target_(std::move(target)),
      work_(target_ + work_end),
      old_(work_ + kOldEnd),
      lock_folder_(target_ + kLockFolderEnd),
      busy_(std::move(busy)) {
  check_name_is_free(target_);
}

void FolderSwap::lock() {
  constexpr int kMostTries = 100;  // each is lost to another job that has just ended
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (try_lock()) return;
  }
  refuse_output(target_, busy_);
}

bool FolderSwap::try_lock() {
  if (::mkdir(lock_folder_.c_str(), 0777) != 0 && errno != EEXIST) {
    refuse_output(lock_folder_, "cannot be made: " + errno_text(errno));
  }
  const std::string path = lock_path();
  lock_file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_file_.valid() && errno == ENOENT) return false;
  if (!lock_file_.valid()) refuse_output(path, errno_text(errno));
  if (::flock(lock_file_.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string problem = errno == EWOULDBLOCK ? "" : errno_text(errno);
    lock_file_.reset();
    if (problem.empty()) refuse_output(target_, busy_);
    refuse_output(path, "cannot be locked: " + problem);
  }
  if (lock_stands_at(path)) return true;
  lock_file_.reset();
  return false;
}

void FolderSwap::unlock() {
  if (!lock_file_.valid()) return;
  // After publishing, a folder of that name is another job's.
  if (lock_stands_at(lock_path()) && lock_is_alone()) {
    ::unlink(lock_path().c_str());
    ::rmdir(lock_folder_.c_str());
  }
  lock_file_.reset();
}

bool FolderSwap::lock_stands_at(const std::string& path) const {
  struct stat ours{};
  struct stat there{};
  return ::fstat(lock_file_.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

bool FolderSwap::lock_is_alone() const {
  std::error_code error;
  return !foreign_name(lock_folder_, {kLockFile}, &error) && !error;
}

void FolderSwap::check_may_be_removed() const {
  if (!path_exists(target_)) return;
  if (::faccessat(AT_FDCWD, target_.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  refuse_output(target_, "cannot be replaced, its files may not be removed: " + errno_text(errno));
}

void FolderSwap::empty_work() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(work_)) {
    if (entry.path().filename() != kLockFile) remove_tree(entry.path().string());
  }
}

void FolderSwap::discard_work() const noexcept {
  std::error_code error;
  for (fs::directory_iterator at(work_, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    std::error_code ignored;
    if (at->path().filename() != kLockFile) fs::remove_all(at->path(), ignored);
  }
}

void FolderSwap::move_target_away() const {
  if (!path_exists(target_)) return;
  if (path_exists(old_)) remove_tree(old_);
  rename_path(target_, old_);
}

void FolderSwap::put_in_place() const {
  if (path_exists(work_)) rename_path(work_, target_);
}

void FolderSwap::drop_published_lock() const { ::unlink((target_ + "/" + kLockFile).c_str()); }

void FolderSwap::remove_old() const {
  if (path_exists(old_)) remove_tree(old_);
}

}  // namespace caffe_multilabel
