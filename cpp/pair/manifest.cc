#include "pair/manifest.h"

#include <jpeglib.h>
#include <lmdb.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/core/version.hpp>

#include "base/error.h"

// jconfig.h gives the version as bare tokens.
#define CAFFE_MULTILABEL_STRING_OF(tokens) #tokens
#define CAFFE_MULTILABEL_STRING(macro) CAFFE_MULTILABEL_STRING_OF(macro)

namespace caffe_multilabel {
namespace {

using json = nlohmann::ordered_json;

constexpr auto kReplace = json::error_handler_t::replace;

json versions() {
  return {{"caffe_multilabel", CAFFE_MULTILABEL_VERSION},
          {"opencv", cv::getVersionString()},
          {"libjpeg_turbo", CAFFE_MULTILABEL_STRING(LIBJPEG_TURBO_VERSION)},
          {"lmdb", mdb_version(nullptr, nullptr, nullptr)}};
}

json parse(const std::string& text) { return json::parse(text, nullptr, false); }

// Discarded when it is none of ours, or of a later format.
json parse_manifest(const std::string& text) {
  json parsed = parse(text);
  const bool ours = parsed.is_object() && parsed.contains("format") &&
                    parsed["format"].is_number_integer() && parsed["format"] <= kManifestFormat;
  return ours ? parsed : json(json::value_t::discarded);
}

std::string digest_in(const json& document, const char* key) {
  const bool there = document.is_object() && document.contains(key) && document[key].is_string();
  return there ? document[key].get<std::string>() : "";
}

json to_json(const Shape& shape) { return {shape.channels, shape.height, shape.width}; }

}  // namespace

std::string build_info() { return versions().dump(); }

std::string describe_job(const RecordList& records, const ConvertOptions& options) {
  const PictureOptions& picture = options.picture;
  const json job = {{"list_digest", to_hex(records.digest())},
                    {"list_records", records.size()},
                    {"label_count", records.label_count()},
                    {"label_shape", to_json(options.label_shape)},
                    {"root", options.root},
                    {"gray", picture.gray},
                    {"resize_width", picture.resize_width},
                    {"resize_height", picture.resize_height},
                    {"encoded", picture.stores_encoded()},
                    {"encode_type", picture.encode_type},
                    {"trust", picture.trust},
                    {"check_size", options.check_size},
                    {"shuffle", options.shuffle},
                    {"seed", options.shuffle ? json(options.seed) : json(nullptr)},
                    {"label_names", options.label_names},
                    {"label_schema", parse(options.label_schema)},
                    {"versions", versions()}};
  return job.dump(2, ' ', false, kReplace);
}

std::string make_manifest(const std::string& job, const Tally& tally, uint64_t rejected,
                          const std::string& role) {
  const json manifest = {{"format", kManifestFormat},
                         {"role", role},
                         {"job", parse(job)},
                         {"records", tally.records},
                         {"rejected", rejected},
                         {"passed_through", tally.passed_through},
                         {"reencoded", tally.reencoded},
                         {"image_bytes", tally.image_bytes},
                         {"label_bytes", tally.label_bytes},
                         {"image_digest", to_hex(tally.images)},
                         {"label_digest", to_hex(tally.labels)}};
  return manifest.dump(2, ' ', false, kReplace) + "\n";
}

std::string record_digests(const std::string& manifest) {
  const json parsed = parse_manifest(manifest);
  return digest_in(parsed, "image_digest") + digest_in(parsed, "label_digest");
}

std::string pair_identity(const std::string& manifest) {
  const json parsed = parse_manifest(manifest);
  const bool relabelled = parsed.is_object() && parsed.contains("converted");
  const std::string images = digest_in(parsed, "image_digest");
  const std::string labels = digest_in(relabelled ? parsed["converted"] : parsed, "label_digest");
  return images.empty() || labels.empty() ? "" : images + labels;
}

ConvertReport report_of(const std::string& manifest) {
  try {
    const json parsed = parse_manifest(manifest);
    ConvertReport report;
    parsed.at("job").at("list_records").get_to(report.total);
    parsed.at("records").get_to(report.converted);
    parsed.at("rejected").get_to(report.rejected);
    parsed.at("passed_through").get_to(report.passed_through);
    parsed.at("reencoded").get_to(report.reencoded);
    parsed.at("image_bytes").get_to(report.image_bytes);
    parsed.at("label_bytes").get_to(report.label_bytes);
    return report;
  } catch (const json::exception&) {
    throw Error(ErrorKind::kDatabase,
                "manifest.json was not written by this tool, or by a later version");
  }
}

std::string job_of(const std::string& manifest) {
  const json parsed = parse_manifest(manifest);
  return parsed.is_object() && parsed.contains("job") ? parsed["job"].dump(2) : "";
}

std::string job_difference(const std::string& before, const std::string& now) {
  const json was = parse(before);
  const json is = parse(now);
  if (!was.is_object() || !is.is_object()) return "it was made by another tool or version";
  for (const auto& [key, value] : is.items()) {
    if (!was.contains(key)) return key + " is " + value.dump() + ", was not set";
    if (was[key] != value) return key + " is " + value.dump() + ", was " + was[key].dump();
  }
  return {};
}

}  // namespace caffe_multilabel
