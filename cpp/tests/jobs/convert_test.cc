#include "jobs/convert.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "record/datum.h"
#include "tests/jobs/convert_fixture.h"

namespace caffe_multilabel {
namespace {

using Keys = std::vector<std::string>;

class ConverterTest : public ConverterFixture {};

TEST_F(ConverterTest, MakesAPairOfAList) {
  add_golden("png_rgb.png", "a b.png");
  add_golden("plain.jpg", "c.jpg");
  const ConvertReport report = run();
  EXPECT_EQ(report.total, 2U);
  EXPECT_EQ(report.converted, 2U);
  EXPECT_EQ(report.rejected, 0U);
  EXPECT_EQ(report.rejects_path, "");
  EXPECT_EQ(report.resumed_at, 0U);
  EXPECT_EQ(keys_of(options_.target.image_db), (Keys{"00000000_a b.png", "00000001_c.jpg"}));
  EXPECT_EQ(keys_of(options_.target.label_db),
            (Keys{"00000000label_a b.png", "00000001label_c.jpg"}));
  EXPECT_EQ(names_in(directory_.path()), (Keys{"pair_images", "pair_labels", "root"}));
  for (const char* folder : {"pair_images", "pair_labels"}) {
    EXPECT_EQ(names_in(directory_ / folder), (Keys{"data.mdb", "manifest.json"}));
  }
}

TEST_F(ConverterTest, StoresTheFirstLabelTruncatedInTheImageDatum) {
  records_ = RecordList(1);
  put_golden("one_pixel.png", "a");
  for (const float label : {-1.9F, 2.9F, 3e9F, -3e9F}) records_.add("a", &label, 1);
  run();
  LmdbReader reader(options_.target.image_db);
  DatumView datum;
  std::string problem;
  for (const int32_t wanted : {-1, 2, INT32_MAX, INT32_MIN}) {
    ASSERT_TRUE(parse_datum(reader.next()->value, &datum, &problem));
    EXPECT_EQ(datum.label, wanted);
  }
}

TEST_F(ConverterTest, StoresAllLabelsInTheLabelDatum) {
  add_golden("one_pixel.png", "a");
  add_golden("one_pixel.png", "b");
  options_.label_shape = {1, 2, 1};
  run();
  LmdbReader reader(options_.target.label_db);
  reader.next();
  DatumView datum;
  std::string problem;
  ASSERT_TRUE(parse_datum(reader.next()->value, &datum, &problem));
  EXPECT_EQ(datum.shape, (Shape{1, 2, 1}));
  EXPECT_EQ(datum.float_data, (std::vector<float>{1, 0.5F}));
}

TEST_F(ConverterTest, ShufflesByItsSeed) {
  put_golden("one_pixel.png", "x");
  records_ = RecordList(1);
  for (int i = 0; i < 10; ++i) {
    const auto label = static_cast<float>(i);
    records_.add("x", &label, 1);
  }
  options_.shuffle = true;
  options_.seed = 1;
  run();
  LmdbReader reader(options_.target.label_db);
  std::vector<float> labels;
  DatumView datum;
  std::string problem;
  while (const auto record = reader.next()) {
    ASSERT_TRUE(parse_datum(record->value, &datum, &problem));
    labels.push_back(datum.float_data.at(0));
  }
  EXPECT_EQ(labels, (std::vector<float>{1, 7, 3, 9, 4, 0, 5, 2, 6, 8}));
}

TEST_F(ConverterTest, LeavesAGapForARejectedImage) {
  add_golden("one_pixel.png", "a");
  add("missing.png");
  add_golden("one_pixel.png", "c");
  const ConvertReport report = run();
  EXPECT_EQ(report.converted, 2U);
  EXPECT_EQ(report.rejected, 1U);
  EXPECT_EQ(keys_of(options_.target.image_db), (Keys{"00000000_a", "00000002_c"}));
  EXPECT_EQ(keys_of(options_.target.label_db), (Keys{"00000000label_a", "00000002label_c"}));
  EXPECT_EQ(report.rejects_path, options_.target.image_db + "/rejects.tsv");
  EXPECT_EQ(read_file(report.rejects_path), "line\tpath\tproblem\n2\tmissing.png\tcannot open " +
                                                options_.root +
                                                "/missing.png: No such file or directory\n");
}

TEST_F(ConverterTest, CountsWhatWasPassedThroughAndEncodedAgain) {
  add_golden("plain.jpg", "a.jpg");
  add_golden("jpeg_exif6.jpg", "b.jpg");
  add_golden("png_rgba.png", "c.png");
  options_.image.encoded = true;
  const ConvertReport report = run();
  EXPECT_EQ(report.passed_through, 1U);
  EXPECT_EQ(report.reencoded, 2U);
}

TEST_F(ConverterTest, ReportsProgressToTheEnd) {
  add_golden("one_pixel.png", "a");
  add("missing");
  std::vector<ConvertProgress> calls;
  run([&](const ConvertProgress& progress) { calls.push_back(progress); });
  ASSERT_FALSE(calls.empty());
  EXPECT_EQ(calls.back().done, 2U);
  EXPECT_EQ(calls.back().total, 2U);
  EXPECT_EQ(calls.back().rejected, 1U);
}

class ConverterErrorTest : public ConverterFixture {};

TEST_F(ConverterErrorTest, CheckSizeNamesTheFirstImageThatDiffers) {
  add("missing");
  add_golden("one_pixel.png", "b");
  add_golden("one_pixel.png", "c");
  add_golden("plain.jpg", "d.jpg");
  options_.check_size = true;
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kImage);
  EXPECT_EQ(error.line(), 4);
  EXPECT_EQ(error.path(), "d.jpg");
  EXPECT_TRUE(mentions(error.what(), "but the first image is 3 x 1 x 1"));
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, CheckSizeTakesImagesResizedToOneSize) {
  add_golden("one_pixel.png", "a");
  add_golden("plain.jpg", "b");
  options_.check_size = true;
  options_.image.resize_width = options_.image.resize_height = 8;
  EXPECT_EQ(run().converted, 2U);
}

TEST_F(ConverterErrorTest, FailOnBadImageStopsAtTheFirst) {
  add_golden("one_pixel.png", "a");
  add("missing");
  options_.fail_on_bad_image = true;
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kImage);
  EXPECT_EQ(error.path(), "missing");
  EXPECT_EQ(error.line(), 2);
  EXPECT_EQ(error.what(), "line 2, missing: cannot open " + options_.root +
                              "/missing: No such file or directory");
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, MaxBadStopsAfterSoMany) {
  add("missing 1");
  add_golden("one_pixel.png", "b");
  add("missing 2");
  options_.max_bad = 3;
  EXPECT_EQ(run().rejected, 2U);
  options_.max_bad = 2;
  name_ = "other";
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kImage);
  EXPECT_TRUE(mentions(error.what(), "stopped after 2 bad images (max_bad); the last: line 3"));
  expect_nothing_published();
}

TEST_F(ConverterErrorTest, AListOfBadImagesOnlyMakesNoPair) {
  add("missing 1");
  add("missing 2");
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kImage);
  EXPECT_TRUE(mentions(error.what(), "none of the 2 images can be used"));
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, CallbackStopsIt) {
  for (int i = 0; i < 50; ++i) add_golden("one_pixel.png", "a" + std::to_string(i));
  options_.threads = 8;
  const Error error =
      failure([](const ConvertProgress&) { throw Error(ErrorKind::kCancelled, "planned"); });
  EXPECT_STREQ(error.what(), "planned");
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, LabelShapeMustHoldTheLabels) {
  add_golden("one_pixel.png", "a");
  for (const Shape& shape : {Shape{3, 1, 1}, Shape{2, 1, 0}, Shape{-2, -1, 1}}) {
    options_.label_shape = shape;
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::kOption);
    EXPECT_TRUE(mentions(error.what(), "does not hold 2 labels"));
  }
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, OptionsAreCheckedBeforeAnythingIsMade) {
  add_golden("one_pixel.png", "a");
  options_.threads = 0;
  EXPECT_EQ(failure().kind(), ErrorKind::kOption);
  options_.threads = 1;
  options_.image.resize_width = 5;
  EXPECT_EQ(failure().kind(), ErrorKind::kOption);
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, EmptyListIsRefused) {
  EXPECT_EQ(failure().kind(), ErrorKind::kList);
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, PairThatDoesNotFitIsToldBeforehand) {
  put_golden("one_pixel.png", "a");
  options_.image.resize_width = options_.image.resize_height = 2000;
  const uint64_t size = 3 * 2000 * 2000;
  for (uint64_t left = free_space(directory_.path()) / size + 1; left > 0; --left) add("a");
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_TRUE(mentions(error.what(), "the pair will take about"));
  expect_nothing_left();
}

TEST_F(ConverterErrorTest, ExistingPairIsLeftAlone) {
  add_golden("one_pixel.png", "a");
  const PairFiles before = run_as("pair");
  EXPECT_EQ(failure().kind(), ErrorKind::kOutput);
  expect_same(files(), before);
}

TEST_F(ConverterErrorTest, OverwriteThatFailsLeavesTheOldPair) {
  add_golden("one_pixel.png", "a");
  const PairFiles before = run_as("pair");
  add("missing");
  options_.target.overwrite = true;
  options_.fail_on_bad_image = true;
  EXPECT_EQ(failure().kind(), ErrorKind::kImage);
  expect_same(files(), before);
}

TEST_F(ConverterErrorTest, OverwriteReplacesAtTheEndOnly) {
  add_golden("one_pixel.png", "a");
  const PairFiles before = run_as("pair");
  add_golden("one_pixel.png", "b");
  options_.target.overwrite = true;
  run([&](const ConvertProgress&) { expect_same(files(), before); });
  EXPECT_EQ(keys_of(options_.target.image_db), (Keys{"00000000_a", "00000001_b"}));
  EXPECT_EQ(names_in(directory_.path()), (Keys{"pair_images", "pair_labels", "root"}));
}

}  // namespace
}  // namespace caffe_multilabel
