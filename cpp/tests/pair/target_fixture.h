// Folders of a pair of DBs in the states that a conversion can leave them in.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "pair/manifest.h"
#include "pair/target.h"
#include "tests/support.h"

namespace caffe_multilabel {

// Stand-ins for DBs: a folder whose data.mdb holds a word.
class PairFixture : public testing::Test {
 protected:
  void make(const std::string& folder, const std::string& word) {
    std::filesystem::create_directory(folder);
    write_file(folder + "/data.mdb", word);
  }

  void complete(const std::string& folder) { write_file(folder + kManifestFile, "{}"); }

  void make_old_pair() {
    make(images_, "old images");
    make(labels_, "old labels");
    complete(images_);
    complete(labels_);
  }

  void make_unfinished() {
    make(images_ + ".partial", "new images");
    make(labels_ + ".partial", "new labels");
    write_file(images_ + ".partial/job.json", "{}");
    write_file(images_ + ".partial/journal", "");
  }

  void make_unpublished() {
    make_unfinished();
    complete(images_ + ".partial");
    complete(labels_ + ".partial");
  }

  PairTarget open() { return PairTarget({images_, labels_, overwrite_, resume_}); }

  PairTarget::State state() { return open().state(); }

  // What stands in the error; nothing on the disk may have changed.
  std::string refused() {
    const auto before = names_in(directory_.path());
    const Error error = error_of([this] { open(); });
    EXPECT_TRUE(error.kind() == ErrorKind::kOutput || error.kind() == ErrorKind::kOption);
    EXPECT_EQ(names_in(directory_.path()), before);
    return error.what();
  }

  std::string word_in(const std::string& folder) const {
    return exists(folder + "/data.mdb") ? read_file(folder + "/data.mdb") : "";
  }

  void expect_only_new_pair() const {
    EXPECT_EQ(names_in(directory_.path()), (std::vector<std::string>{"images", "labels"}));
    EXPECT_EQ(word_in(images_), "new images");
    EXPECT_EQ(word_in(labels_), "new labels");
    for (const std::string& folder : {images_, labels_}) {
      EXPECT_EQ(names_in(folder), (std::vector<std::string>{"data.mdb", "manifest.json"}));
    }
  }

  TemporaryDirectory directory_;
  std::string images_ = directory_ / "images";
  std::string labels_ = directory_ / "labels";
  bool overwrite_ = false;
  bool resume_ = false;
};

}  // namespace caffe_multilabel
