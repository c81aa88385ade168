// Conversions of made or golden images, and what they leave on the disk.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jobs/convert.h"
#include "pair/manifest.h"
#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {

// Both folders of a pair, file by file.
struct PairFiles {
  std::string image_data;
  std::string label_data;
  std::string image_manifest;
  std::string label_manifest;
  std::string rejects;
};

class ConverterFixture : public testing::Test {
 protected:
  ConverterFixture() { options_.root = directory_.folder("root"); }

  // A record of the labels `index` and `index` / 2.
  void add(const std::string& path) {
    const auto index = static_cast<float>(records_.size());
    const float labels[] = {index, index / 2};
    records_.add(path, labels, static_cast<uint32_t>(records_.size() + 1));
  }

  // Puts an image of tests/golden below the root, under the name of the record it makes.
  void add_golden(const std::string& image, const std::string& path) {
    put_golden(image, path);
    add(path);
  }

  void put_golden(const std::string& image, const std::string& path) {
    write_file(options_.root + "/" + path, golden(image));
  }

  ConvertReport run(const ConvertCallback& callback = nullptr) {
    options_.target.image_db = directory_ / (name_ + "_images");
    options_.target.label_db = directory_ / (name_ + "_labels");
    return convert(records_, options_, callback);
  }

  Error failure(const ConvertCallback& callback = nullptr) {
    return error_of([&] { run(callback); });
  }

  // A conversion of its own, from the first record to the last.
  PairFiles run_as(const std::string& name) {
    name_ = name;
    run();
    return files();
  }

  PairFiles files() const {
    const std::string& images = options_.target.image_db;
    const std::string& labels = options_.target.label_db;
    const std::string rejects = images + "/rejects.tsv";
    return {read_file(images + "/data.mdb"), read_file(labels + "/data.mdb"),
            read_file(images + kManifestFile), read_file(labels + kManifestFile),
            exists(rejects) ? read_file(rejects) : ""};
  }

  static void expect_same(const PairFiles& files, const PairFiles& wanted) {
    EXPECT_TRUE(same_bytes(files.image_data, wanted.image_data));
    EXPECT_TRUE(same_bytes(files.label_data, wanted.label_data));
    EXPECT_EQ(files.image_manifest, wanted.image_manifest);
    EXPECT_EQ(files.label_manifest, wanted.label_manifest);
    EXPECT_EQ(files.rejects, wanted.rejects);
  }

  void expect_nothing_published() const {
    EXPECT_FALSE(exists(options_.target.image_db));
    EXPECT_FALSE(exists(options_.target.label_db));
  }

  void expect_nothing_left() const {
    EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"root"});
  }

  static std::vector<std::string> keys_of(const std::string& folder) {
    std::vector<std::string> keys;
    LmdbReader reader(folder);
    while (const auto record = reader.next()) keys.emplace_back(record->key);
    return keys;
  }

  TemporaryDirectory directory_;
  RecordList records_{2};
  ConvertOptions options_;
  std::string name_ = "pair";
  const QuietStderr quiet_;
};

}  // namespace caffe_multilabel
