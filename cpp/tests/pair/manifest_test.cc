#include "pair/manifest.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

// Manifests that version 0.1.0 wrote, of a conversion and after a relabelling: what every reader of
// format 1 must be able to read.
std::string stored(const std::string& name) {
  return read_file(std::string(GOLDEN_MANIFESTS) + "/" + name + ".json");
}

Manifest parsed(const std::string& text) { return parse_manifest("path", text).value(); }

// `text` with its first `from` replaced.
std::string edited(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Manifest made() {
  Manifest manifest;
  manifest.role = "images";
  manifest.job.list_records = 9;
  manifest.image_digest = record_digest("i", "");
  manifest.label_digest = record_digest("l", "");
  return manifest;
}

TEST(Manifest, IsWrittenAsItWasRead) {
  for (const char* name : {"converted", "relabelled"}) {
    EXPECT_EQ(to_json(parsed(stored(name))), stored(name)) << name;
  }
}

TEST(Manifest, IsTheSameBytesFromItsFieldsAlone) {
  for (const char* name : {"converted", "relabelled"}) {
    Manifest manifest = parsed(stored(name));
    manifest.source = "{}";
    EXPECT_EQ(to_json(manifest), stored(name)) << name;
  }
}

TEST(Manifest, TellsWhatAConversionDid) {
  const Manifest manifest = parsed(stored("converted"));
  EXPECT_EQ(manifest.format, 1);
  EXPECT_EQ(manifest.role, "labels");
  EXPECT_EQ(to_hex(manifest.job.list_digest), "e1772b18bb9e8759b43617e01f4a24f9");
  EXPECT_EQ(manifest.job.list_records, 3U);
  EXPECT_EQ(manifest.job.label_count, 2U);
  EXPECT_EQ(manifest.job.label_shape, (Shape{2, 1, 1}));
  EXPECT_EQ(manifest.job.root, ".");
  EXPECT_TRUE(manifest.job.shuffle);
  EXPECT_EQ(manifest.job.seed, 3U);
  EXPECT_EQ(manifest.job.label_names, (std::vector<std::string>{"color", "x"}));
  EXPECT_TRUE(mentions(manifest.job.label_schema, "\"class_names\":[\"red\",\"blue\"]"));
  EXPECT_TRUE(mentions(manifest.job.versions, "\"opencv\":\"4.6.0\""));
  EXPECT_EQ(manifest.records, 2U);
  EXPECT_EQ(manifest.rejected, 1U);
  EXPECT_EQ(manifest.image_bytes, 48U);
  EXPECT_EQ(manifest.label_bytes, 32U);
  EXPECT_EQ(to_hex(manifest.image_digest), "2643b7c31f4c2d312f6d589f05796524");
  EXPECT_EQ(to_hex(manifest.label_digest), "0126d4dac80b9fb049730365024afbea");
  EXPECT_FALSE(manifest.converted);
}

TEST(Manifest, TellsWhatWasBeforeARelabelling) {
  const Manifest manifest = parsed(stored("relabelled"));
  EXPECT_EQ(to_hex(manifest.label_digest), "7bc4169f30ce34f949b33abf872e05ef");
  EXPECT_EQ(to_hex(manifest.conversion().label_digest), "0126d4dac80b9fb049730365024afbea");
  EXPECT_EQ(to_hex(manifest.conversion().list_digest), "e1772b18bb9e8759b43617e01f4a24f9");
  EXPECT_EQ(manifest.conversion().list_records, 3U);
}

TEST(Manifest, KeepsWhatItDoesNotKnow) {
  const std::string text =
      edited(stored("converted"), "\"trust\"", "\"later\": [1.5],\n    \"trust\"");
  Manifest manifest =
      parsed(edited(text, "\"records\": 2", "\"new\": {\"x\": 1},\n  \"records\": 2"));
  manifest.job.label_count = 5;
  manifest.converted = manifest.conversion();
  const std::string written = to_json(manifest);
  EXPECT_TRUE(mentions(written, "\"later\": [\n      1.5\n    ],\n    \"trust\""));
  EXPECT_TRUE(mentions(written, "\"new\": {\n    \"x\": 1\n  },\n  \"records\": 2"));
  EXPECT_TRUE(mentions(written, "\"label_count\": 5"));
  EXPECT_EQ(to_json(parsed(written)), written);
}

// A key that came after format 1: what lacks it has none, and what has none lacks it.
TEST(Manifest, TellsOfJpegsWithoutEndMarkerWhereThereAreAny) {
  Manifest manifest = made();
  EXPECT_FALSE(mentions(to_json(manifest), "without_end_marker"));
  manifest.without_end_marker = 5;
  EXPECT_TRUE(mentions(to_json(manifest), "\"without_end_marker\": 5"));
  EXPECT_EQ(parsed(to_json(manifest)).without_end_marker, 5U);
  EXPECT_EQ(parsed(stored("converted")).without_end_marker, 0U);
  const std::string damaged = edited(to_json(manifest), ": 5", ": \"5\"");
  EXPECT_TRUE(mentions(error_of([&] { parsed(damaged); }).what(), "without_end_marker"));
}

TEST(Manifest, TellsOfImagesOfFloatsWhereThereAreAny) {
  Manifest manifest = made();
  EXPECT_FALSE(mentions(to_json(manifest), "from_floats"));
  manifest.from_floats = 7;
  EXPECT_TRUE(mentions(to_json(manifest), "\"from_floats\": 7"));
  EXPECT_EQ(parsed(to_json(manifest)).from_floats, 7U);
}

TEST(Manifest, TellsOfSeveralImagesWhereThereAre) {
  Manifest manifest = made();
  for (const char* key : {"images_per_record", "path_digest"}) {
    EXPECT_FALSE(mentions(to_json(manifest), key));
    EXPECT_FALSE(mentions(to_json(manifest.job), key));
  }
  EXPECT_EQ(parsed(to_json(manifest)).job.images_per_record, 1U);
  manifest.job.images_per_record = 2;
  manifest.job.path_digest = record_digest("a", "b");
  const Manifest read = parsed(to_json(manifest));
  EXPECT_EQ(read.job.images_per_record, 2U);
  EXPECT_EQ(read.job.path_digest, manifest.job.path_digest);
  EXPECT_EQ(parse_job(to_json(manifest.job)).value().images_per_record, 2U);
  for (const char* other : {": 1,", ": 0,", ": 1001,", ": \"2\","}) {
    const std::string damaged = edited(to_json(manifest), "\"images_per_record\": 2,",
                                       std::string("\"images_per_record\"") + other);
    EXPECT_EQ(error_of([&] { parsed(damaged); }).key(), "job.images_per_record") << other;
  }
  const std::string lacking = edited(to_json(manifest), "path_digest", "other_digest");
  EXPECT_EQ(error_of([&] { parsed(lacking); }).key(), "job.path_digest");
}

TEST(Manifest, OfAnotherNumberOfImagesIsOfAnotherJob) {
  Job one = made().job;
  Job two = one;
  two.images_per_record = 2;
  EXPECT_EQ(job_difference(one, two), "images_per_record is 2, was 1");
  EXPECT_EQ(job_difference(two, one), "images_per_record is 1, was 2");
  EXPECT_EQ(job_difference(two, two), "");
}

TEST(Manifest, KnowsAListThatBeginsWithThePathsOfTheConversion) {
  RecordList list(1, 2);
  const std::vector<std::string_view> paths = {"a", "b", "a", "c", "d", "e"};
  const float label = 0;
  for (size_t i = 0; i < paths.size(); i += 2) list.add(paths.data() + i, &label, 1);
  Manifest manifest = made();
  manifest.job.images_per_record = 2;
  manifest.job.list_records = 2;
  manifest.job.path_digest = list.path_digest(2);
  EXPECT_TRUE(lists_same_images(manifest, list));
  manifest.job.list_records = 3;
  EXPECT_FALSE(lists_same_images(manifest, list));
  manifest.job.list_records = 4;
  EXPECT_FALSE(lists_same_images(manifest, list));
  manifest.converted = ConvertedLabels{{}, 2, {}};  // the list of a relabelling was longer
  EXPECT_TRUE(lists_same_images(manifest, list));
  EXPECT_FALSE(lists_same_images(made(), list));
}

TEST(Manifest, HoldsLargeSums) {
  Manifest manifest = made();
  manifest.image_bytes = UINT64_MAX;
  EXPECT_EQ(parsed(to_json(manifest)).image_bytes, UINT64_MAX);
}

TEST(Manifest, TakesPathsThatAreNoText) {
  Manifest manifest = made();
  manifest.job.root = "\xff\xfe";
  EXPECT_TRUE(mentions(to_json(manifest), "\"root\""));
  EXPECT_EQ(parsed(to_json(manifest)).records, manifest.records);
}

TEST(Manifest, OfBothDbsTellsTheSameConversion) {
  const Manifest images = made();
  Manifest labels = images;
  labels.role = "labels";
  EXPECT_TRUE(same_conversion(images, labels));
  labels.label_digest = record_digest("other", "");
  EXPECT_FALSE(same_conversion(images, labels));
  labels = images;
  labels.job.list_digest = record_digest("other", "");
  EXPECT_FALSE(same_conversion(images, labels));
}

TEST(Manifest, OfRelabelledDbsTellsTheSameConversion) {
  const Manifest before = parsed(stored("converted"));
  Manifest after = parsed(stored("relabelled"));
  EXPECT_TRUE(same_conversion(before, after));
  EXPECT_TRUE(same_conversion(after, after));
  after.image_digest = record_digest("other", "");
  EXPECT_FALSE(same_conversion(before, after));
}

TEST(Manifest, OfAnotherProgramIsNone) {
  for (const char* text : {"garbage", "{}", "{\"job\": 5}", "{\"image_digest\": 5}",
                           "{\"format\": \"tar\"}", "{\"format\": 1.5}"}) {
    EXPECT_EQ(parse_manifest("path", text).has_value(), false) << text;
  }
}

TEST(Manifest, EmptyIsDamaged) {
  for (const char* text : {"", " \n"}) {
    const Error error = error_of([&] { parse_manifest("db/manifest.json", text); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_TRUE(mentions(error.what(), "is empty")) << error.what();
  }
}

TEST(Manifest, OfALaterFormatIsRefused) {
  for (const char* format : {"\"format\": 2", "\"format\": 18446744073709551615"}) {
    const std::string text = edited(stored("converted"), "\"format\": 1", format);
    const Error error = error_of([&] { parse_manifest("db/manifest.json", text); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_EQ(error.path(), "db/manifest.json");
    EXPECT_STREQ(error.what(), "db/manifest.json: was written by a newer version of this tool");
  }
  // Whatever else is in it.
  EXPECT_EQ(error_of([] { parse_manifest("p", "{\"format\": 2}"); }).key(), "format");
}

TEST(Manifest, ThatIsDamagedIsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> edits = {
      {"\"format\": 1", "\"format\": -1"},
      {"\"role\": \"labels\"", "\"role\": 5"},
      {"\"list_records\": 3", "\"list_records\": 100000001"},
      {"\"label_count\": 2", "\"label_count\": -2"},
      {"\"label_shape\": [\n      2,", "\"label_shape\": [\n      2147483648,"},
      {"\"label_shape\": [\n      2,", "\"label_shape\": ["},
      {"\"gray\": false", "\"gray\": 0"},
      {"\"seed\": 3", "\"seed\": null"},
      {"\"seed\": 3", "\"seed\": 3.0"},
      {"\"label_names\": [", "\"label_names\": [ 1,"},
      {"\"label_schema\"", "\"label_scheme\""},
      {"\"records\": 2", "\"record\": 2"},
      {"\"image_digest\": \"26", "\"image_digest\": \"xx"},
      {"\"job\"", "\"jobs\""},
      {"\"converted\": {", "\"converted\": 5, \"rest\": {"},
  };
  for (const auto& [from, to] : edits) {
    const std::string text = edited(stored("relabelled"), from, to);
    const Error error = error_of([&, &wrong = text] { parse_manifest("db/m", wrong); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase) << to;
    EXPECT_TRUE(mentions(error.what(), "db/m: was not written by this tool, or was changed since"));
    EXPECT_NE(error.key(), "") << to;
    EXPECT_TRUE(mentions(error.what(), error.key() + " is missing or is not what it should be"));
  }
}

TEST(Manifest, ThatIsJsonOfAnotherKindIsRefused) {
  for (const char* text :
       {"[]", "[1]", " [{\"format\": 1}]\n", "3", "-1.5", "null", "true", "\"\""}) {
    const Error error = error_of([&] { parse_manifest("db/m", text); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase) << text;
    EXPECT_EQ(error.path(), "db/m");
    EXPECT_TRUE(mentions(error.what(), "db/m: was not written by this tool, or was changed since"));
    EXPECT_TRUE(mentions(error.what(), "(is no JSON object)")) << text;
  }
  for (const char* text : {"[1", "[", "{\"format\": 1}]"}) {
    EXPECT_TRUE(mentions(error_of([&] { parse_manifest("m", text); }).what(), "(is no JSON)"));
  }
}

TEST(Manifest, ThatIsCutOffIsRefusedAnywhere) {
  const std::string whole = stored("relabelled");
  for (size_t size = 1; size + 2 < whole.size(); ++size) {
    const Error error = error_of([&] { parse_manifest("p", whole.substr(0, size)); });
    ASSERT_TRUE(mentions(error.what(), "(is no JSON)")) << size;
  }
}

TEST(ReadManifest, FindsWhatIsInAFolder) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(read_manifest(directory.path()));
  EXPECT_FALSE(read_manifest(directory.path(), ForeignManifest::kRefused));
  write_file(directory / "manifest.json", stored("converted"));
  EXPECT_EQ(read_manifest(directory.path())->records, 2U);
}

TEST(ReadManifest, RefusesAnotherProgramsWhereItWouldBeReplaced) {
  const TemporaryDirectory directory;
  write_file(directory / "manifest.json", "{}");
  EXPECT_FALSE(read_manifest(directory.path()));
  const Error error = error_of([&] { read_manifest(directory.path(), ForeignManifest::kRefused); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory / "manifest.json");
  EXPECT_TRUE(mentions(error.what(), "was not written by this tool"));
}

TEST(ReadManifest, RefusesWhatIsNoFile) {
  const TemporaryDirectory directory;
  directory.folder("manifest.json");
  const Error error = error_of([&] { read_manifest(directory.path()); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_TRUE(mentions(error.what(), "is a directory"));
}

TEST(ParseJob, OfAnotherProgramIsNone) {
  for (const char* text : {"", "garbage", "{}", "[]", "{\"gray\": false}"}) {
    EXPECT_FALSE(parse_job(text)) << text;
  }
}

}  // namespace
}  // namespace caffe_multilabel
