// Where a label DB is built anew, and how it takes the place of the old one.
//
// The new DB is made in "<label DB>.relabel". publish() moves the old one away to
// "<label DB>.relabel.old", renames the new one, then removes the old one. A kill leaves the old DB
// or the new one under its name, or, exactly between the two renames, neither; the next LabelTarget
// then moves the old one back.
#pragma once

#include <string>

#include "pair/folder_swap.h"

namespace caffe_multilabel {

class LabelTarget {
 public:
  // `label_db` is a folder that is there, or a link to one. Takes the lock that conversions to the
  // same path take, undoes what a killed run left, and makes an empty working folder. Throws
  // Error(kOutput) when the lock is taken, when an unfinished conversion waits beside the DB, or
  // when a folder holds files that are not an LMDB's, and Error(kOption) for a name that no DB can
  // have.
  explicit LabelTarget(const std::string& label_db);
  ~LabelTarget() { close(); }
  LabelTarget(const LabelTarget&) = delete;
  LabelTarget& operator=(const LabelTarget&) = delete;

  // The label DB's own folder.
  const std::string& target() const { return swap_.target(); }
  // Where to build.
  const std::string& work() const { return swap_.work(); }

  // Puts the working folder in the place of the DB. Its content must be complete and on the disk.
  void publish();

  // Removes the working folder unless it was published, and lets go of the lock.
  void close();

 private:
  void recover() const;

  FolderSwap swap_;
};

}  // namespace caffe_multilabel
