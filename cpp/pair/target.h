// Where a pair of DBs is built, and how it becomes visible: both or neither.
//
// Each DB is made in "<target>.partial". A partial folder with a manifest.json in it is complete.
// publish() first moves old targets away to "<target>.partial.old", then renames the image DB, then
// the label DB, then removes the old ones. Each step is on the disk before the next one is taken,
// for the two DBs may be on different file systems. Neither a kill nor the end of the machine
// leaves a label DB beside an image DB that it does not belong to, and publish() takes up again at
// any point.
#pragma once

#include <string>

#include "pair/folder_swap.h"

namespace caffe_multilabel {

// Working files in the image DB's partial folder.
inline constexpr const char* kJobFile = "/job.json";
inline constexpr const char* kJournalFile = "/journal";

struct TargetOptions {
  std::string image_db;
  std::string label_db;
  bool overwrite = false;  // replace targets that exist; drop an unfinished conversion
  bool resume = false;     // go on with an unfinished conversion, if there is one
};

class PairTarget {
 public:
  enum class State {
    kNew,          // the partial folders are there and empty
    kUnfinished,   // the partial folders hold a conversion that was stopped
    kUnpublished,  // the partial folders are complete, or one is and the other DB is published
    kPublished,    // both targets are there, and nothing is to be done
  };

  // Checks the options against the disk, takes the lock that keeps other conversions out, and makes
  // the partial folders. Throws Error(kOutput) or Error(kOption), having changed nothing.
  explicit PairTarget(TargetOptions options);

  State state() const { return state_; }
  const std::string& image_target() const { return images_.target(); }
  const std::string& label_target() const { return labels_.target(); }
  const std::string& image_partial() const { return images_.work(); }
  const std::string& label_partial() const { return labels_.work(); }
  // The folders that hold a complete pair, published or not.
  const std::string& complete_images() const;
  const std::string& complete_labels() const;

  // Takes the working files out of the partial folders and publishes them.
  void publish();
  // Empties the partial folders: the state is kNew.
  void restart();
  // Empties the partial folders as far as that is possible. They go with the lock.
  void discard() noexcept;

 private:
  void check_paths() const;
  // Removes what a publish() that was killed at its end left behind.
  void remove_leftovers();
  State find_state() const;
  void check_may_start(State found) const;

  TargetOptions options_;
  FolderSwap images_;
  FolderSwap labels_;
  State state_ = State::kNew;
};

}  // namespace caffe_multilabel
