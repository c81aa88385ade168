#include "pair/roles.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "pair/manifest.h"
#include "tests/stored_records.h"

namespace caffe_multilabel {
namespace {

class RolesTest : public testing::Test {
 protected:
  std::string db(std::string_view name, const std::string& value) {
    return write_records(directory_, name, {value});
  }

  static void give_role(const std::string& directory, const std::string& role) {
    Manifest manifest;
    manifest.role = role;
    write_file(directory + kManifestFile, to_json(manifest));
  }

  static std::string problem(const std::string& images, const std::string& labels) {
    return misplaced(open_reader(images).get(), open_reader(labels).get())
        .value_or(Misplacement{})
        .problem;
  }

  // The path of what is thrown for it.
  static std::string blamed(const std::string& images, const std::string& labels) {
    const auto readers = std::make_pair(open_reader(images), open_reader(labels));
    return error_of([&] { require_image_and_label_db(readers.first.get(), readers.second.get()); })
        .path();
  }

  const TemporaryDirectory directory_;
  const std::string images_ = db("images", raw_record({3, 4, 4}, 0));
  const std::string labels_ = db("labels", label_record({1, 2}));
};

TEST_F(RolesTest, AreTakenFromTheRecordsOfOtherTools) {
  EXPECT_EQ(problem(images_, labels_), "");
  EXPECT_TRUE(mentions(problem(labels_, images_), "so they are swapped; give the image DB first"));
  EXPECT_TRUE(mentions(problem(labels_, db("files", encoded_record("jpeg"))), "swapped"));
  EXPECT_TRUE(mentions(problem(labels_, db("gray", raw_record({1, 4, 4}, 0))), "swapped"));
  EXPECT_TRUE(mentions(problem(db("flags", raw_record({5, 1, 1}, 0)), images_), "swapped"));
}

TEST_F(RolesTest, OfVectorsMapsAndBytesAreNotGuessed) {
  const std::string bytes = db("bytes", raw_record({5, 1, 1}, 0));
  for (const std::string& labels : {labels_, bytes, db("map", raw_record({1, 4, 4}, 0))}) {
    EXPECT_EQ(problem(images_, labels), "");
  }
  EXPECT_EQ(problem(db("features", label_record({1, 2, 3})), labels_), "");
  EXPECT_EQ(problem(db("more", label_record({1, 2, 3})), bytes), "");
  EXPECT_EQ(problem(db("spoilt", "no Datum"), labels_), "");
}

TEST_F(RolesTest, OfOneDbAreNotTwo) {
  EXPECT_TRUE(mentions(problem(images_, images_), "both as the image DB and as the label DB"));
  EXPECT_TRUE(mentions(problem(images_, images_ + "/."), "both as the image DB"));
}

TEST_F(RolesTest, StandInManifests) {
  require_role(labels_, kImageRole);  // no manifest says otherwise
  const std::string maps = db("maps", raw_record({3, 4, 4}, 0));
  give_role(images_, kImageRole);
  give_role(maps, kLabelRole);
  EXPECT_EQ(problem(images_, maps), "");
  EXPECT_TRUE(mentions(problem(maps, images_), "as their manifests say; give the image DB first"));
  EXPECT_TRUE(mentions(problem(maps, labels_), "is a label DB, as its manifest says"));
  EXPECT_TRUE(mentions(problem(labels_, images_), "is an image DB, as its manifest says"));
  EXPECT_EQ(blamed(maps, images_), maps);
  EXPECT_EQ(blamed(maps, labels_), maps);
  EXPECT_EQ(blamed(labels_, images_), images_);  // the label DB is the wrong one
  require_role(images_, kImageRole);
  const Error error = error_of([&] { require_role(images_, kLabelRole); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), images_);
  EXPECT_EQ(error.key(), "role");
}

TEST_F(RolesTest, MisplacedAreRefused) {
  const auto images = open_reader(images_);
  const auto labels = open_reader(labels_);
  require_image_and_label_db(images.get(), labels.get());
  EXPECT_TRUE(images->next());  // it stands at the beginning
  images->rewind();
  const Error error = error_of([&] { require_image_and_label_db(labels.get(), images.get()); });
  EXPECT_EQ(error.path(), labels_);
}

}  // namespace
}  // namespace caffe_multilabel
