#include "pair/manifest.h"

#include <jpeglib.h>
#include <lmdb.h>

#include <opencv2/core/utility.hpp>
#include <opencv2/core/version.hpp>
#include <tuple>
#include <type_traits>

#include "base/error.h"
#include "base/file.h"
#include "pair/json_fields.h"
#include "record/key.h"

// jconfig.h gives the version as bare tokens.
#define CAFFE_MULTILABEL_STRING_OF(tokens) #tokens
#define CAFFE_MULTILABEL_STRING(macro) CAFFE_MULTILABEL_STRING_OF(macro)

namespace caffe_multilabel {
namespace {

// The keys of each struct with their values, in the order of the file: writing and reading both go
// through these.
template <typename ThisJob, typename Visit>
void visit_keys(ThisJob& job, const Visit& visit) {
  using Text = std::conditional_t<std::is_const_v<ThisJob>, const std::string, std::string>;
  visit("list_digest", job.list_digest);
  visit("list_records", job.list_records);
  visit("label_count", job.label_count);
  visit("label_shape", job.label_shape);
  visit("root", job.root);
  visit("gray", job.gray);
  visit("resize_width", job.resize_width);
  visit("resize_height", job.resize_height);
  visit("encoded", job.encoded);
  visit("encode_type", job.encode_type);
  visit("trust", job.trust);
  visit("check_size", job.check_size);
  visit("shuffle", job.shuffle);
  visit("seed", job.seed);
  visit("label_names", job.label_names);
  visit("label_schema", JsonText<Text>{job.label_schema});
  visit("versions", JsonText<Text>{job.versions});
}

// Of records of several images; none is in the file where there is one.
template <typename ThisJob, typename Visit>
void visit_several_images(ThisJob& job, const Visit& visit) {
  visit("images_per_record", job.images_per_record);
  visit("path_digest", job.path_digest);
}

// None is in the file where it is false.
template <typename ThisJob, typename Visit>
void visit_marks(ThisJob& job, const Visit& visit) {
  visit("ramps", job.ramps);
  visit("canary", job.canary);
}

template <typename Labels, typename Visit>
void visit_converted(Labels& labels, const Visit& visit) {
  visit("list_digest", labels.list_digest);
  visit("list_records", labels.list_records);
  visit("label_digest", labels.label_digest);
}

template <typename ThisManifest, typename Visit>
void visit_sums(ThisManifest& manifest, const Visit& visit) {
  visit("records", manifest.records);
  visit("rejected", manifest.rejected);
  visit("passed_through", manifest.passed_through);
  visit("reencoded", manifest.reencoded);
  visit("image_bytes", manifest.image_bytes);
  visit("label_bytes", manifest.label_bytes);
  visit("image_digest", manifest.image_digest);
  visit("label_digest", manifest.label_digest);
}

// Sums that came after version 0.1.0 had written manifests of format 1. None is in the file where
// it is zero.
template <typename ThisManifest, typename Visit>
void visit_later_sums(ThisManifest& manifest, const Visit& visit) {
  visit("without_end_marker", manifest.without_end_marker);
  visit("from_floats", manifest.from_floats);
}

Job job_of(const Json& document) {
  Job job;
  visit_keys(job, FieldReader(document, "job."));
  if (document.contains("images_per_record")) {
    visit_several_images(job, FieldReader(document, "job."));
    const bool several = job.images_per_record > 1 && job.images_per_record <= kMaxImagesPerRecord;
    if (!several) throw DamagedField{"job.images_per_record"};
  }
  visit_marks(job, [&](const char* key, bool& mark) {
    if (document.contains(key)) FieldReader(document, "job.")(key, mark);
  });
  if (job.shuffle != job.seed.has_value()) throw DamagedField{"job.seed"};
  if (job.list_records > kMaxRecords) throw DamagedField{"job.list_records"};
  return job;
}

Manifest manifest_of(const Json& document) {
  Manifest manifest;
  const FieldReader reader(document, "");
  reader("format", manifest.format);
  reader("role", manifest.role);
  manifest.job = job_of(document.contains("job") ? document["job"] : Json());
  visit_sums(manifest, reader);
  visit_later_sums(manifest, [&](const char* key, uint64_t& sum) {
    if (document.contains(key)) reader(key, sum);
  });
  if (document.contains("converted")) {
    visit_converted(manifest.converted.emplace(), FieldReader(document["converted"], "converted."));
    if (manifest.converted->list_records > kMaxRecords) {
      throw DamagedField{"converted.list_records"};
    }
  }
  return manifest;
}

void write_job(const Job& job, Json* document) {
  visit_keys(job, field_writer(document));
  if (job.images_per_record > 1) visit_several_images(job, field_writer(document));
  visit_marks(job, [&](const char* key, bool mark) {
    if (mark) (*document)[key] = mark;
  });
}

std::string dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json parse(const std::string& text) { return Json::parse(text, nullptr, false); }

// What is wrong with a text that is no JSON, if it was JSON once: it begins as an object or a list,
// however it goes on, or nothing of it is left. Empty for a text of another kind.
std::string damage_of(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "is empty";
  return text[first] == '{' || text[first] == '[' ? "is no JSON" : "";
}

[[noreturn]] void refuse(const std::string& path, const std::string& problem,
                         const std::string& key = {}) {
  throw Error(ErrorKind::kDatabase, path + ": " + problem, path, 0, key);
}

// `detail` stands in brackets, or is empty.
[[noreturn]] void refuse_unknown(const std::string& path, const std::string& detail,
                                 const std::string& key = {}) {
  refuse(path,
         "was not written by this tool, or was changed since" +
             (detail.empty() ? "" : " (" + detail + ")") +
             "; without it the DB counts as one of another tool",
         key);
}

}  // namespace

std::string build_info() {
  return Json{{"caffe_multilabel", CAFFE_MULTILABEL_VERSION},
              {"opencv", cv::getVersionString()},
              {"libjpeg_turbo", CAFFE_MULTILABEL_STRING(LIBJPEG_TURBO_VERSION)},
              {"lmdb", mdb_version(nullptr, nullptr, nullptr)}}
      .dump();
}

std::string to_json(const Job& job) {
  Json document;
  write_job(job, &document);
  return dump(document);
}

std::optional<Job> parse_job(const std::string& text) {
  try {
    return job_of(parse(text));
  } catch (const DamagedField&) {
    return std::nullopt;
  }
}

std::string job_difference(const std::optional<Job>& before, const Job& now) {
  if (!before) return "it was made by another tool or version";
  // As texts, for what was read lacks the bytes that are no UTF-8.
  if (before->images_per_record != now.images_per_record) {
    return "images_per_record is " + std::to_string(now.images_per_record) + ", was " +
           std::to_string(before->images_per_record);
  }
  for (const auto& [name, was, is] : {std::tuple("ramps", before->ramps, now.ramps),
                                      std::tuple("canary", before->canary, now.canary)}) {
    const auto word = [](bool mark) { return mark ? "true" : "false"; };
    if (was != is) return std::string(name) + " is " + word(is) + ", was " + word(was);
  }
  const Json was = parse(to_json(*before));
  const Json is = parse(to_json(now));
  for (const auto& [key, value] : is.items()) {
    if (was[key] != value) return key + " is " + value.dump() + ", was " + was[key].dump();
  }
  return {};
}

ConvertedLabels Manifest::conversion() const {
  return converted.value_or(ConvertedLabels{job.list_digest, job.list_records, label_digest});
}

std::string to_json(const Manifest& manifest) {
  Json document = parse(manifest.source);
  document["format"] = manifest.format;
  document["role"] = manifest.role;
  write_job(manifest.job, &document["job"]);
  visit_sums(manifest, field_writer(&document));
  visit_later_sums(manifest, [&](const char* key, uint64_t sum) {
    if (sum > 0) document[key] = sum;
  });
  if (manifest.converted) {
    visit_converted(*manifest.converted, field_writer(&document["converted"]));
  }
  return dump(document) + "\n";
}

std::optional<Manifest> parse_manifest(const std::string& path, const std::string& text) {
  const Json document = parse(text);
  if (document.is_discarded()) {
    const std::string damage = damage_of(text);
    if (!damage.empty()) refuse_unknown(path, damage);
    return std::nullopt;
  }
  if (!document.is_object()) refuse_unknown(path, "is no JSON object");
  if (!document.contains("format") || !document["format"].is_number_integer()) return std::nullopt;
  uint64_t format = 0;
  if (read_value(document["format"], &format) && format > kManifestFormat) {
    refuse(path, "was written by a newer version of this tool", "format");
  }
  try {
    Manifest manifest = manifest_of(document);
    manifest.source = text;
    return manifest;
  } catch (const DamagedField& damage) {
    refuse_unknown(path, damage.key + " is missing or is not what it should be", damage.key);
  }
}

std::optional<Manifest> read_manifest(const std::string& directory, ForeignManifest foreign) {
  const std::string path = directory + kManifestFile;
  std::string text;
  try {
    if (!read_small_file(path, &text)) return std::nullopt;
  } catch (const Error& error) {
    throw Error(ErrorKind::kDatabase, error.what(), path);
  }
  auto manifest = parse_manifest(path, text);
  if (!manifest && foreign == ForeignManifest::kRefused) refuse_unknown(path, "");
  return manifest;
}

std::vector<uint32_t> converted_positions(const Manifest& manifest) {
  if (!manifest.job.shuffle) return {};
  return record_order(manifest.conversion().list_records, true, *manifest.job.seed);
}

bool lists_same_images(const Manifest& manifest, const RecordList& list) {
  const uint64_t records = manifest.conversion().list_records;
  return manifest.job.images_per_record == list.images_per_record() && records <= list.size() &&
         manifest.job.path_digest == list.path_digest(records);
}

bool same_conversion(const Manifest& a, const Manifest& b) {
  const auto all = [](const Manifest& manifest, const ConvertedLabels& labels) {
    return std::tie(manifest.image_digest, labels.list_digest, labels.list_records,
                    labels.label_digest);
  };
  const ConvertedLabels first = a.conversion();
  const ConvertedLabels second = b.conversion();
  return all(a, first) == all(b, second);
}

}  // namespace caffe_multilabel
