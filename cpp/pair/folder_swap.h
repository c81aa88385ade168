// How a DB's folder is built beside its target and takes its place: one mechanism for a pair's two
// folders and for a label DB that is relabelled.
//
// The new folder is built in "<target><work end>". Publishing moves an old target away to
// "<target><work end>.old", then gives the new folder its name, then removes the old one. Each step
// is one rename, so a kill leaves a whole folder under each name; what to make of the names that it
// leaves is the caller's to say.
//
// The lock that keeps other jobs from the target is a file in "<target>.partial", for all jobs:
// that is where a conversion builds. It travels with that folder, so that a second conversion can
// never take the lock of a folder that was just published.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"

namespace caffe_multilabel {

// The lock's name in its folder.
inline constexpr const char* kLockFile = ".lock";

class FolderSwap {
 public:
  // Ends of work folders: of a conversion, where every job's lock is, and of a relabelling.
  static constexpr const char* kLockFolderEnd = ".partial";
  static constexpr const char* kRelabelEnd = ".relabel";
  static constexpr const char* kOldEnd = ".old";  // after the work folder's

  // Touches nothing yet. `busy` is what a refusal says of a target that is locked, as in "another
  // conversion is writing to it". Throws Error(kOption) for a target named as any job's work or old
  // folder is: that job would take it for its own and remove it.
  FolderSwap(std::string target, const std::string& work_end, std::string busy);
  // As unlock().
  ~FolderSwap() { unlock(); }
  FolderSwap(const FolderSwap&) = delete;
  FolderSwap& operator=(const FolderSwap&) = delete;

  const std::string& target() const { return target_; }
  const std::string& work() const { return work_; }
  const std::string& old() const { return old_; }
  const std::string& lock_folder() const { return lock_folder_; }
  std::string parent() const { return parent_of(target_); }

  // Makes the lock's folder and takes the lock, without waiting for another job to end. Throws
  // Error(kOutput).
  void lock();
  // Lets go of the lock, and removes its folder if nothing else is in it.
  void unlock();
  bool is_locked() const { return lock_file_.valid(); }
  // Whether the lock's folder holds nothing but the lock.
  bool lock_is_alone() const;

  // Throws Error(kOutput) if there is a target whose files may not be removed: once the new folder
  // has its name it would be too late.
  void check_may_be_removed() const;

  // Removes all that is in the work folder, but not the lock.
  void empty_work() const;
  // The same as far as that is possible.
  void discard_work() const noexcept;

  // The steps of publishing. Each does nothing where its first folder is not there, so that they
  // can be taken up again after a kill. Throw Error(kOutput).
  void move_target_away() const;
  void put_in_place() const;
  // Takes the lock's file out of the published folder.
  void drop_published_lock() const;
  void remove_old() const;

 private:
  // False when another job ended meanwhile, and took the folder or the file away with it.
  bool try_lock();
  // Whether the lock that is held is the file at `path`.
  bool lock_stands_at(const std::string& path) const;
  std::string lock_path() const { return lock_folder_ + "/" + kLockFile; }

  std::string target_;
  std::string work_;
  std::string old_;
  std::string lock_folder_;
  std::string busy_;
  FileDescriptor lock_file_;
};

// Throws Error(kOutput) about `path`.
[[noreturn]] void refuse_output(const std::string& path, const std::string& problem);

// Names of what may stand in a DB's folder: the store's files, the lock, and `files`, which are
// written with a '/' in front, as kManifestFile is.
std::vector<std::string> database_names(std::initializer_list<std::string> files);

// The first name in the folder `path` that is not among `allowed`: with it the folder is not ours
// to replace or to empty. `*error` is set when the folder cannot be listed, or is none.
std::optional<std::string> foreign_name(const std::string& path,
                                        const std::vector<std::string>& allowed,
                                        std::error_code* error);

}  // namespace caffe_multilabel
