// What verify() says of pairs that are right, and of each thing that can be wrong with one.
#include "jobs/verify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "jobs/record_check.h"
#include "tests/jobs/convert_fixture.h"
#include "tests/stored_records.h"

namespace caffe_multilabel {
namespace {

class VerifyTest : public ConverterFixture {
 protected:
  void convert_three() {
    options_.image.resize_width = options_.image.resize_height = 16;
    add_golden("plain.jpg", "a.jpg");
    add("missing.jpg");
    add_golden("png_rgb.png", "b.png");
    run();
    name(options_.target.image_db, options_.target.label_db);
    verify_.list = &records_;
    verify_.root = options_.root;
  }

  void name(const std::string& images, const std::string& labels) {
    verify_.image_db = images;
    verify_.label_db = labels;
  }

  void write(const std::vector<std::string>& images, const std::vector<std::string>& labels) {
    const std::string number = std::to_string(++written_);
    name(write_records(directory_, "images" + number, images),
         write_records(directory_, "labels" + number, labels));
  }

  VerifyReport report() const { return verify(verify_, nullptr); }

  std::set<std::string> kinds() const {
    std::set<std::string> kinds;
    for (const VerifyProblem& problem : report().problems) kinds.insert(problem.kind);
    return kinds;
  }

  VerifyOptions verify_;
  int written_ = 0;
  const std::string image_ = raw_record({3, 2, 2}, 0);
  const std::string label_ = label_record({1, 2});
};

using Kinds = std::set<std::string>;

TEST_F(VerifyTest, FindsNothingWrongWithAConversion) {
  convert_three();
  for (const size_t threads : {1, 3}) {
    verify_.threads = threads;
    const VerifyReport found = report();
    for (const VerifyProblem& problem : found.problems) ADD_FAILURE() << problem.message;
    EXPECT_EQ(found.images, 2U);
    EXPECT_EQ(found.labels, 2U);
    EXPECT_EQ(found.compared, 2U);
    EXPECT_EQ(found.encoded, 0U);
    EXPECT_EQ(found.label_shape, (Shape{2, 1, 1}));
    EXPECT_TRUE(found.paths_in_keys);
    EXPECT_TRUE(found.digests_checked);
  }
}

TEST_F(VerifyTest, FindsAnImageFileThatChanged) {
  convert_three();
  put_golden("bitmap.bmp", "b.png");
  EXPECT_EQ(kinds(), Kinds{"picture"});
  verify_.root.reset();
  EXPECT_EQ(kinds(), Kinds{});
}

TEST_F(VerifyTest, FindsAnotherListsLabels) {
  convert_three();
  RecordList list(2);
  const float labels[] = {7, 8};
  list.add("a.jpg", labels, 1);
  list.add("c.jpg", labels, 2);
  verify_.list = &list;
  const VerifyReport found = report();
  ASSERT_EQ(found.problem_count, 3U);
  EXPECT_TRUE(mentions(found.problems[0].message, "the list's line 1 says 7 8"));
  EXPECT_TRUE(mentions(found.problems[1].message, "is not in the list"));
  EXPECT_TRUE(mentions(found.problems[2].message, "is line 2, c.jpg"));
}

TEST_F(VerifyTest, FindsManifestsOfDifferentConversions) {
  convert_three();
  const std::string labels = options_.target.label_db;
  options_.image.gray = true;
  name_ = "other";
  run();
  name(options_.target.image_db, labels);
  verify_.root.reset();
  EXPECT_EQ(kinds(), Kinds{"digest"});
}

TEST_F(VerifyTest, FindsDbsOfDifferentLengths) {
  write({image_, image_, image_}, {label_});
  const VerifyReport found = report();
  ASSERT_EQ(found.problem_count, 1U);
  EXPECT_EQ(found.problems[0].kind, "count");
  EXPECT_TRUE(mentions(found.problems[0].message, "the image DB has 3 records, the label DB 1"));
}

TEST_F(VerifyTest, FindsRecordsThatCaffeCannotUse) {
  write({image_, "no Datum", encoded_record("no image"), image_, image_},
        {label_, label_, label_, label_record({NAN, 1}), label_record({1, 2, 3})});
  EXPECT_EQ(kinds(), (Kinds{"image", "label"}));
  EXPECT_EQ(report().problem_count, 4U);
}

TEST_F(VerifyTest, FindsRecordsThatDoNotPair) {
  name(write_records(directory_, "written_images", {image_}), directory_.folder("written_labels"));
  LmdbWriter writer(verify_.label_db, 1 << 20);
  writer.put("00000000label_other", label_);
  writer.commit();
  EXPECT_EQ(kinds(), Kinds{"pair"});
}

TEST_F(VerifyTest, FindsImagesOfOtherChannelsThanTheFirst) {
  const std::string gray = raw_record({1, 2, 2}, 0);
  write({image_, gray, image_, gray}, {label_, label_, label_, label_});
  const VerifyReport found = report();
  ASSERT_EQ(found.problem_count, 2U);
  EXPECT_EQ(found.problems[0].key, "00000001_x");
  EXPECT_TRUE(mentions(found.problems[0].message, "has 1 channel, the first image 3; Caffe stops"));
  EXPECT_TRUE(found.warnings.empty());
}

TEST_F(VerifyTest, WarnsOfChannelsThatCaffeMayForce) {
  const std::string gray = encoded_record(golden("png_gray.png"));
  write({image_, gray, gray}, {label_, label_, label_});
  const VerifyReport found = report();
  EXPECT_EQ(found.problem_count, 0U);
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_EQ(found.warnings[0].key, "00000001_x");
  EXPECT_TRUE(mentions(found.warnings[0].message, "unless force_color of transform_param is set"));
}

TEST_F(VerifyTest, NamesTheForcingThatSuitsAllImages) {
  const std::string gray = encoded_record(golden("png_gray.png"));
  const std::string color = encoded_record(golden("png_rgb.png"));
  const std::string raw_gray = raw_record({1, 2, 2}, 0);
  const auto warnings_of = [this](const std::vector<std::string>& images) {
    write(images, std::vector<std::string>(images.size(), label_));
    const VerifyReport found = report();
    EXPECT_EQ(found.problem_count, 0U);
    EXPECT_EQ(found.warnings.size(), 1U);
    return found.warnings.empty() ? "" : found.warnings[0].message;
  };
  EXPECT_TRUE(mentions(warnings_of({gray, color}), "unless force_color or force_gray of"));
  EXPECT_TRUE(mentions(warnings_of({gray, color, image_}), "unless force_color of"));
  EXPECT_TRUE(mentions(warnings_of({gray, color, raw_gray}), "unless force_gray of"));
}

TEST_F(VerifyTest, FindsImagesThatNoForcingMakesAlike) {
  const std::string gray = encoded_record(golden("png_gray.png"));
  write({gray, image_, raw_record({1, 2, 2}, 0)}, {label_, label_, label_});
  const VerifyReport found = report();
  ASSERT_EQ(found.problem_count, 1U);
  EXPECT_EQ(found.problems[0].key, "00000002_x");
  EXPECT_TRUE(mentions(found.problems[0].message, "neither force_color nor force_gray"));
}

TEST_F(VerifyTest, WarnsOfChannelsThatFewImagesHave) {
  write({raw_record({5, 6, 3}, 0), raw_record({5, 6, 3}, 0)}, {label_, label_});
  const VerifyReport found = report();
  EXPECT_EQ(found.problem_count, 0U);
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_TRUE(mentions(found.warnings[0].message, "has 5 channels, not 1 or 3"));
  EXPECT_TRUE(mentions(found.warnings[0].message, "written last"));
}

TEST_F(VerifyTest, StopsAtDbsThatAreMisplaced) {
  write({image_, image_}, {label_, label_});
  std::swap(verify_.image_db, verify_.label_db);
  const VerifyReport found = report();
  ASSERT_EQ(found.problem_count, 1U);
  EXPECT_EQ(found.problems[0].kind, "pair");
  EXPECT_TRUE(mentions(found.problems[0].message, "swapped"));
}

TEST_F(VerifyTest, ShowsTheFirstHundredProblems) {
  write(std::vector<std::string>(150, "no Datum"), std::vector<std::string>(150, label_));
  const VerifyReport found = report();
  EXPECT_EQ(found.problem_count, 150U);
  EXPECT_EQ(found.problems.size(), 100U);
}

TEST_F(VerifyTest, RefusesWhatIsNoDb) {
  name(directory_ / "missing", directory_ / std::string(300, 'x'));
  EXPECT_EQ(error_of([this] { report(); }).kind(), ErrorKind::kDatabase);
  std::swap(verify_.image_db, verify_.label_db);
  EXPECT_EQ(error_of([this] { report(); }).kind(), ErrorKind::kDatabase);
}

class RecordCheckerTest : public testing::Test {
 protected:
  std::string label_problem(const std::string& value) {
    return checker_.check_label(value, rules_, &shape_, &values_).value_or("");
  }

  RecordChecker checker_;
  std::vector<LabelRule> rules_;
  Shape shape_;
  std::vector<float> values_;
};

TEST_F(RecordCheckerTest, TellsWhatCaffeWillSeeOfAnImage) {
  EXPECT_EQ(checker_.check_image(raw_record({3, 2, 5}, 0), &shape_), std::nullopt);
  EXPECT_EQ(shape_, (Shape{3, 2, 5}));
  EXPECT_FALSE(checker_.image().encoded);
  EXPECT_EQ(checker_.check_image(encoded_record(golden("one_pixel.png")), &shape_), std::nullopt);
  EXPECT_EQ(Shape({shape_.channels, 1, 1}), shape_);
  EXPECT_TRUE(checker_.image().encoded);
  EXPECT_EQ(checker_.pixels().rows, 1);
}

TEST_F(RecordCheckerTest, SaysWhatIsWrongWithAnImage) {
  EXPECT_TRUE(mentions(checker_.check_image("no Datum", &shape_).value_or(""), "is no Datum"));
  EXPECT_TRUE(mentions(checker_.check_image("", &shape_).value_or(""), "its shape is 0 x 0 x 0"));
  EXPECT_TRUE(mentions(checker_.check_image(encoded_record("text"), &shape_).value_or(""),
                       "its encoded image cannot be used"));
}

TEST_F(RecordCheckerTest, ChecksLabelsByTheirRules) {
  EXPECT_EQ(label_problem(label_record({1, 2})), "");
  EXPECT_EQ(values_, (std::vector<float>{1, 2}));
  rules_.resize(2);
  rules_[1].kind = LabelRule::Kind::kBinary;
  EXPECT_EQ(label_problem(label_record({5, 1, 9})), "");
  EXPECT_TRUE(mentions(label_problem(label_record({5, 2})), "label 2: "));
  EXPECT_EQ(label_problem(label_record({5})), "has 1 label, the tasks want 2");
  EXPECT_TRUE(mentions(label_problem(label_record({0, 1, INFINITY})), "label 3: "));
  EXPECT_TRUE(mentions(label_problem("no Datum"), "is no Datum"));
}

}  // namespace
}  // namespace caffe_multilabel
