// New labels for records, also for those of a DB that another tool wrote.
#include "jobs/relabel.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <vector>

#include "pair/manifest.h"
#include "record/key.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Labels = std::vector<float>;
using Records = std::vector<std::pair<std::string, std::string>>;

// A label record that says any shape, whatever it holds.
std::string record_that_says(const Shape& shape, const Labels& labels) {
  std::string value;
  protozero::pbf_writer datum(value);
  datum.add_int32(1, shape.channels);
  datum.add_int32(2, shape.height);
  datum.add_int32(3, shape.width);
  datum.add_packed_float(6, labels.begin(), labels.end());
  return value;
}

class RelabelTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.old_columns = {0, 1};
    options_.groups = {{0, 1}, {1}};
  }

  void add(const std::string& path, const Labels& labels) {
    list_.add(path, labels.data(), static_cast<uint32_t>(list_.size() + 1));
  }

  std::string write(const std::string& name, const Records& records) {
    const std::string folder = directory_.folder(name);
    const auto writer = open_writer(folder, 1 << 20);
    for (const auto& [key, value] : records) writer->put(key, value);
    writer->commit();
    return folder;
  }

  RelabelReport publish(const std::string& labels) {
    LabelTarget target(labels);
    return relabel(list_, labels, &target, options_, nullptr);
  }

  RelabelReport count(const std::string& labels) {
    return relabel(list_, labels, nullptr, options_, nullptr);
  }

  Error refused(const std::string& labels) {
    const std::string before = read_file(labels + "/data.mdb");
    Error error = error_of([&] { publish(labels); });
    EXPECT_TRUE(same_bytes(read_file(labels + "/data.mdb"), before));
    return error;
  }

  static Labels labels_at(const std::string& folder, const std::string& key) {
    const LmdbLookup lookup(folder);
    DatumView datum;
    std::string problem;
    EXPECT_TRUE(parse_datum(lookup.find(key).value_or("none"), &datum, &problem)) << problem;
    return datum.values();
  }

  const Records two_ = {{label_key(0, "a"), label_record({1, 2})},
                        {label_key(1, "b"), label_record({3, 4})}};
  TemporaryDirectory directory_;
  RecordList list_{2};
  RelabelOptions options_;
};

TEST_F(RelabelTest, GivesEachRecordTheLabelsOfItsLine) {
  add("b", {3, 40});
  add("a", {1, 2});
  const std::string labels = write("labels", two_);
  const RelabelReport report = publish(labels);
  EXPECT_EQ(labels_at(labels, label_key(0, "a")), (Labels{1, 2}));
  EXPECT_EQ(labels_at(labels, label_key(1, "b")), (Labels{3, 40}));
  EXPECT_EQ(report.records, 2U);
  EXPECT_EQ(report.changed_records, 1U);
  EXPECT_EQ(report.changed_columns, (std::vector<uint64_t>{0, 1}));
  EXPECT_EQ(report.changed_groups, (std::vector<uint64_t>{1, 1}));
  EXPECT_EQ(report.old_label_count, 2U);
  EXPECT_EQ(report.label_shape, (Shape{2, 1, 1}));
  EXPECT_EQ(report.lines_by, PlacedBy::kPath);
  EXPECT_FALSE(report.image_manifest_written);
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"labels"});
}

TEST_F(RelabelTest, OnlyCountsWithoutATarget) {
  add("b", {30, 40});
  add("a", {10, 20});
  const std::string labels = write("labels", two_);
  const std::string before = read_file(labels + "/data.mdb");
  EXPECT_EQ(count(labels).changed_records, 2U);
  EXPECT_TRUE(same_bytes(read_file(labels + "/data.mdb"), before));
}

// What is read and what is replaced is one DB, whatever a path with links looks like.
TEST_F(RelabelTest, ReadsTheDbThatItReplaces) {
  add("a", {10, 20});
  add("b", {30, 40});
  std::filesystem::create_directories(directory_ / "real/deep");
  std::filesystem::create_directory_symlink("real/deep", directory_ / "link");
  const std::string beside = write("labels", {{label_key(0, "other"), label_record({5, 6})}});
  const std::string real = write("real/labels", two_);
  publish(directory_ / "link/../labels");
  EXPECT_EQ(labels_at(real, label_key(1, "b")), (Labels{30, 40}));
  EXPECT_EQ(labels_at(beside, label_key(0, "other")), (Labels{5, 6}));
}

TEST_F(RelabelTest, KeepsAShapeWithPlanes) {
  add("a", {10, 20});
  const std::string labels = write("labels", {{"a key", record_that_says({1, 1, 2}, {1, 2})}});
  EXPECT_EQ(publish(labels).label_shape, (Shape{1, 1, 2}));
}

TEST_F(RelabelTest, MakesARowOfWhatHasNoUsableShape) {
  add("a", {10, 20});
  const Shape shapes[] = {{1, 65536, 65536}, {-2, -1, 1},       {0, 0, 0},
                          {2, 0, 1},         {65536, 65536, 1}, {1, 1, 1}};
  for (const Shape& shape : shapes) {
    const std::string labels = write("labels", {{"a key", record_that_says(shape, {1, 2})}});
    EXPECT_EQ(publish(labels).label_shape, (Shape{2, 1, 1})) << to_string(shape);
    EXPECT_EQ(labels_at(labels, "a key"), (Labels{10, 20}));
    std::filesystem::remove_all(labels);
  }
  const std::string labels = write("labels", {{"a key", "no Datum"}});
  EXPECT_EQ(publish(labels).label_shape, (Shape{2, 1, 1}));
}

TEST_F(RelabelTest, RefusesAShapeThatDoesNotHoldTheLabels) {
  add("a", {10, 20});
  const std::string labels = write("labels", {{"a key", record_that_says({1, 3, 1}, {1, 2, 3})}});
  for (const Shape& shape : {Shape{}, Shape{3, 1, 1}, Shape{-2, -1, 1}, Shape{2, 0, 1}}) {
    options_.label_shape = shape;
    const Error error = refused(labels);
    EXPECT_EQ(error.kind(), ErrorKind::kOption) << to_string(shape);
    EXPECT_TRUE(mentions(error.what(), "do not hold 2 labels"));
  }
}

TEST_F(RelabelTest, RefusesLinesThatAreLeftOver) {
  add("a", {1, 2});
  add("b", {3, 4});
  add("c", {5, 6});
  const std::string labels = write("labels", two_);
  const Error error = refused(labels);
  EXPECT_EQ(error.kind(), ErrorKind::kList);
  EXPECT_TRUE(mentions(error.what(), "line 3: c"));
  options_.allow_extra = true;
  EXPECT_EQ(publish(labels).extra_lines, 1U);
}

TEST_F(RelabelTest, RefusesAnImageDbThatDoesNotPair) {
  add("a", {1, 2});
  add("b", {3, 4});
  const std::string labels = write("labels", two_);
  options_.image_db = write("fewer", {{image_key(0, "a"), ""}});
  EXPECT_TRUE(mentions(refused(labels).what(), "has 2 records"));
  options_.image_db = write("others", {{image_key(0, "b"), ""}, {image_key(1, "a"), ""}});
  EXPECT_TRUE(mentions(refused(labels).what(), "the DBs do not pair"));
}

TEST_F(RelabelTest, RefusesADbWithoutRecords) {
  EXPECT_TRUE(mentions(refused(write("labels", {})).what(), "holds no records"));
}

// Only a manifest that would be written anew has to be one of ours.
TEST_F(RelabelTest, LeavesAnotherProgramsManifestOfTheImagesAlone) {
  add("a", {10, 20});
  add("b", {30, 40});
  const std::string labels = write("labels", two_);
  options_.image_db = write("images", {{image_key(0, "a"), ""}, {image_key(1, "b"), ""}});
  write_file(options_.image_db + kManifestFile, "{\"theirs\": 1}");
  EXPECT_EQ(publish(labels).changed_records, 2U);
  EXPECT_EQ(read_file(options_.image_db + kManifestFile), "{\"theirs\": 1}");
  write_file(labels + kManifestFile, "{\"theirs\": 1}");
  EXPECT_EQ(refused(labels).kind(), ErrorKind::kDatabase);
}

}  // namespace
}  // namespace caffe_multilabel
