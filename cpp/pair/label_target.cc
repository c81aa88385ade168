#include "pair/label_target.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "/.lock";

// What a label DB's folder may hold. With anything else in it, it is not ours to replace.
constexpr std::array<std::string_view, 5> kLabelFiles = {"data.mdb", "lock.mdb", "manifest.json",
                                                         "manifest.json.new", ".lock"};

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::kOutput, path + ": " + problem, path);
}

std::string errno_text() { return std::generic_category().message(errno); }

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) refuse(path, "cannot be removed: " + error.message());
}

void rename_or_throw(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return;
  refuse(to, "cannot be renamed from " + from + ": " + errno_text());
}

void check_holds_only_a_database(const std::string& path) {
  std::error_code error;
  if (!exists(path)) return;
  if (!fs::is_directory(path, error)) refuse(path, "is no folder");
  for (fs::directory_iterator at(path, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (std::find(kLabelFiles.begin(), kLabelFiles.end(), name) != kLabelFiles.end()) continue;
    refuse(path, "holds " + name +
                     ", which is no file of a label DB and would be lost; move it elsewhere");
  }
  if (error) refuse(path, "cannot be read: " + error.message());
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// The folder itself: renaming a link would leave the DB that it points to as it is.
std::string resolved(const std::string& given) {
  fs::path path = fs::path(given).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().string();
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::kOption,
                given + ": is no name of a folder that can be replaced; call it from outside");
  }
  constexpr int kMostLinks = 40;  // what Linux follows
  std::error_code error;
  for (int links = 0; links < kMostLinks && fs::is_symlink(path, error); ++links) {
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path.string();
}

bool is_mount_point(const std::string& path) {
  struct stat inner{};
  struct stat outer{};
  return ::stat(path.c_str(), &inner) == 0 && ::stat(parent_of(path).c_str(), &outer) == 0 &&
         inner.st_dev != outer.st_dev;
}

}  // namespace

LabelTarget::LabelTarget(const std::string& label_db)
    : target_(resolved(label_db)),
      work_(target_ + ".relabel"),
      old_(work_ + ".old"),
      lock_folder_(target_ + ".partial") {
  if (!exists(target_) && !exists(old_)) refuse(target_, "is not there");
  lock();
  try {
    recover();
    if (::mkdir(work_.c_str(), 0777) != 0) refuse(work_, "cannot be made: " + errno_text());
  } catch (...) {
    unlock();
    throw;
  }
}

void LabelTarget::close() {
  if (!lock_file_.valid()) return;
  std::error_code error;
  fs::remove_all(work_, error);
  unlock();
}

// The lock is that of a conversion to the same path: a file in the folder where it would build.
void LabelTarget::lock() {
  if (::mkdir(lock_folder_.c_str(), 0777) != 0 && errno != EEXIST) {
    refuse(lock_folder_, "cannot be made: " + errno_text());
  }
  const std::string path = lock_folder_ + kLockFile;
  lock_file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_file_.valid()) refuse(path, errno_text());
  struct stat ours{};
  struct stat now{};
  // The file may have been taken away by its last owner between our open and our lock.
  const bool locked = ::flock(lock_file_.get(), LOCK_EX | LOCK_NB) == 0 &&
                      ::fstat(lock_file_.get(), &ours) == 0 && ::stat(path.c_str(), &now) == 0 &&
                      ours.st_ino == now.st_ino;
  if (!locked) {
    lock_file_.reset();
    refuse(target_, "a conversion or another relabelling is writing to it");
  }
}

void LabelTarget::unlock() {
  std::error_code error;
  const fs::directory_iterator entries(lock_folder_, error);
  if (!error && std::distance(begin(entries), end(entries)) == 1) {
    ::unlink((lock_folder_ + kLockFile).c_str());
    ::rmdir(lock_folder_.c_str());
  }
  lock_file_.reset();
}

void LabelTarget::recover() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(lock_folder_)) {
    if (entry.path().filename() == kLockFile + 1) continue;
    refuse(target_, "an unfinished conversion is in " + lock_folder_ +
                        "; end it with convert_multilabel --resume, or remove that folder");
  }
  for (const std::string& path : {target_, work_, old_}) check_holds_only_a_database(path);
  if (is_mount_point(target_)) refuse(target_, "is a mount point, which cannot be replaced");
  if (!exists(target_)) {
    rename_or_throw(old_, target_);
  } else if (exists(old_) && exists(target_ + "/data.mdb")) {
    remove_tree(old_);
  }
  if (exists(work_)) remove_tree(work_);
}

void LabelTarget::publish() {
  rename_or_throw(target_, old_);
  if (std::rename(work_.c_str(), target_.c_str()) != 0) {
    const std::string problem = "cannot be replaced: " + errno_text();
    rename_or_throw(old_, target_);
    refuse(target_, problem);
  }
  sync_directory(parent_of(target_));
  remove_tree(old_);
}

}  // namespace caffe_multilabel
