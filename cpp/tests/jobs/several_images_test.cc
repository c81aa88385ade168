// Records of several images through the jobs: converted, stopped, verified, given new labels.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/relabel.h"
#include "jobs/verify.h"
#include "tests/jobs/convert_fixture.h"

namespace caffe_multilabel {
namespace {

class SeveralImagesTest : public ConverterFixture {
 protected:
  SeveralImagesTest() {
    options_.image.resize_width = options_.image.resize_height = 9;
    options_.shuffle = true;
    options_.seed = 2;
    put_golden("plain.jpg", "a");
    put_golden("png_rgb.png", "b");
    put_golden("bitmap.bmp", "c");
    records_ = pairs(0);
  }

  // All share their first image, and one of them misses its second.
  static RecordList pairs(float label) {
    RecordList records(2, 2);
    for (const char* other : {"a", "b", "c", "missing", "b", "c"}) {
      const std::array<std::string_view, 2> paths = {"a", other};
      const std::array<float, 2> labels = {label, static_cast<float>(records.size())};
      records.add(paths.data(), labels.data(), static_cast<uint32_t>(records.size() + 1));
    }
    return records;
  }

  VerifyReport verified(const RecordList& list) const {
    VerifyOptions options;
    options.image_db = options_.target.image_db;
    options.label_db = options_.target.label_db;
    options.list = &list;
    options.root = options_.root;
    options.threads = 3;
    return verify(options, nullptr);
  }

  static std::vector<std::string> messages(const VerifyReport& report) {
    std::vector<std::string> messages;
    for (const VerifyProblem& problem : report.problems) messages.push_back(problem.message);
    for (const VerifyProblem& warning : report.warnings) messages.push_back(warning.message);
    return messages;
  }
};

TEST_F(SeveralImagesTest, MakeTheSameBytesOnAnyThreadsAndAfterAStop) {
  const PairFiles whole = run_as("whole");
  EXPECT_TRUE(mentions(whole.rejects, "4\ta\timage 2, missing: cannot open"));
  options_.threads = 4;
  expect_same(run_as("threads"), whole);
  options_.max_bad = 1;
  name_ = "stopped";
  EXPECT_EQ(failure().kind(), ErrorKind::kImage);
  options_.max_bad = 0;
  options_.target.resume = true;
  expect_same(run_as("stopped"), whole);
}

TEST_F(SeveralImagesTest, AreVerifiedByTheNumbersInTheirKeys) {
  run();
  EXPECT_EQ(messages(verified(records_)), std::vector<std::string>());
  EXPECT_EQ(verified(records_).compared, 10U);
  put_golden("bitmap.bmp", "b");
  EXPECT_EQ(verified(records_).problem_count, 2U);
}

TEST_F(SeveralImagesTest, GetTheLabelsOfTheirLines) {
  run();
  const RecordList list = pairs(7);
  RelabelOptions options;
  options.image_db = options_.target.image_db;
  options.old_columns = {0, 1};
  {
    LabelTarget target(options_.target.label_db);
    const auto report = relabel(list, options_.target.label_db, &target, options, nullptr);
    EXPECT_EQ(report.changed_columns, (std::vector<uint64_t>{5, 0}));
    EXPECT_EQ(report.extra_lines, 1U);
  }
  EXPECT_EQ(messages(verified(list)), std::vector<std::string>());
  EXPECT_EQ(verified(records_).problem_count, 5U);
}

}  // namespace
}  // namespace caffe_multilabel
