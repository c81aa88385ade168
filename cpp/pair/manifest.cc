#include "pair/manifest.h"

#include <jpeglib.h>
#include <lmdb.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/core/version.hpp>
#include <tuple>
#include <type_traits>

#include "base/error.h"
#include "base/file.h"
#include "record/key.h"

// jconfig.h gives the version as bare tokens.
#define CAFFE_MULTILABEL_STRING_OF(tokens) #tokens
#define CAFFE_MULTILABEL_STRING(macro) CAFFE_MULTILABEL_STRING_OF(macro)

namespace caffe_multilabel {
namespace {

using json = nlohmann::ordered_json;

// A text that holds JSON, to be written as what it says.
template <typename Text>
struct JsonText {
  Text& text;
};

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

template <typename Value>
json write(const Value& value) {
  if constexpr (std::is_same_v<Value, Digest>) {
    return to_hex(value);
  } else if constexpr (std::is_same_v<Value, Shape>) {
    return {value.channels, value.height, value.width};
  } else if constexpr (std::is_same_v<Value, std::optional<uint64_t>>) {
    return value ? json(*value) : json(nullptr);
  } else if constexpr (std::is_same_v<Value, JsonText<const std::string>>) {
    return json::parse(value.text, nullptr, false);
  } else {
    return value;
  }
}

// What is wrong with a manifest, as in "job.seed".
struct Damage {
  std::string key;
};

// Each tells whether the value is of its kind; numbers must be whole and fit.
bool read(const json& from, std::string* value) {
  return from.is_string() && (from.get_to(*value), true);
}

bool read(const json& from, bool* value) {
  return from.is_boolean() && (from.get_to(*value), true);
}

bool read(const json& from, uint64_t* value) {
  return from.is_number_unsigned() && (from.get_to(*value), true);
}

bool read(const json& from, int* value) {
  uint64_t number = 0;
  if (!read(from, &number) || number > std::numeric_limits<int>::max()) return false;
  *value = static_cast<int>(number);
  return true;
}

bool read(const json& from, std::optional<uint64_t>* value) {
  value->reset();
  return from.is_null() || read(from, &value->emplace());
}

bool read(const json& from, Digest* value) {
  const auto digest = from.is_string() ? from_hex(from.get<std::string>()) : std::nullopt;
  *value = digest.value_or(Digest{});
  return digest.has_value();
}

bool read(const json& from, Shape* value) {
  return from.is_array() && from.size() == 3 && read(from[0], &value->channels) &&
         read(from[1], &value->height) && read(from[2], &value->width);
}

bool read(const json& from, std::vector<std::string>* value) {
  if (!from.is_array()) return false;
  value->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) {
    if (!read(from[i], &(*value)[i])) return false;
  }
  return true;
}

// Reads the keys of one object; `where` stands before their names in what is wrong.
class Reader {
 public:
  Reader(const json& from, std::string where) : from_(from), where_(std::move(where)) {}

  template <typename Value>
  void operator()(const char* key, Value& value) const {
    if (!read(at(key), &value)) throw Damage{where_ + key};
  }
  void operator()(const char* key, const JsonText<std::string>& value) const {
    value.text = at(key).dump();
  }

 private:
  const json& at(const char* key) const {
    if (!from_.is_object() || !from_.contains(key)) throw Damage{where_ + key};
    return from_[key];
  }

  const json& from_;
  std::string where_;
};

auto writer(json* to) {
  return [to](const char* key, const auto& value) { (*to)[key] = write(value); };
}

Job job_of(const json& document) {
  Job job;
  visit_keys(job, Reader(document, "job."));
  if (job.shuffle != job.seed.has_value()) throw Damage{"job.seed"};
  if (job.list_records > kMaxRecords) throw Damage{"job.list_records"};
  return job;
}

Manifest manifest_of(const json& document) {
  Manifest manifest;
  const Reader reader(document, "");
  reader("format", manifest.format);
  reader("role", manifest.role);
  manifest.job = job_of(document.contains("job") ? document["job"] : json());
  visit_sums(manifest, reader);
  visit_later_sums(manifest, [&](const char* key, uint64_t& sum) {
    if (document.contains(key)) reader(key, sum);
  });
  if (document.contains("converted")) {
    visit_converted(manifest.converted.emplace(), Reader(document["converted"], "converted."));
    if (manifest.converted->list_records > kMaxRecords) throw Damage{"converted.list_records"};
  }
  return manifest;
}

std::string dump(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

json parse(const std::string& text) { return json::parse(text, nullptr, false); }

// Of an object or a list, however it goes on.
bool begins_as_json(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text[first] == '[');
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
  return json{{"caffe_multilabel", CAFFE_MULTILABEL_VERSION},
              {"opencv", cv::getVersionString()},
              {"libjpeg_turbo", CAFFE_MULTILABEL_STRING(LIBJPEG_TURBO_VERSION)},
              {"lmdb", mdb_version(nullptr, nullptr, nullptr)}}
      .dump();
}

std::string to_json(const Job& job) {
  json document;
  visit_keys(job, writer(&document));
  return dump(document);
}

std::optional<Job> parse_job(const std::string& text) {
  try {
    return job_of(parse(text));
  } catch (const Damage&) {
    return std::nullopt;
  }
}

std::string job_difference(const std::optional<Job>& before, const Job& now) {
  if (!before) return "it was made by another tool or version";
  // As texts, for what was read lacks the bytes that are no UTF-8.
  const json was = parse(to_json(*before));
  const json is = parse(to_json(now));
  for (const auto& [key, value] : is.items()) {
    if (was[key] != value) return key + " is " + value.dump() + ", was " + was[key].dump();
  }
  return {};
}

ConvertedLabels Manifest::conversion() const {
  return converted.value_or(ConvertedLabels{job.list_digest, job.list_records, label_digest});
}

std::string to_json(const Manifest& manifest) {
  json document = parse(manifest.source);
  document["format"] = manifest.format;
  document["role"] = manifest.role;
  visit_keys(manifest.job, writer(&document["job"]));
  visit_sums(manifest, writer(&document));
  visit_later_sums(manifest, [&](const char* key, uint64_t sum) {
    if (sum > 0) document[key] = sum;
  });
  if (manifest.converted) {
    visit_converted(*manifest.converted, writer(&document["converted"]));
  }
  return dump(document) + "\n";
}

std::optional<Manifest> parse_manifest(const std::string& path, const std::string& text) {
  const json document = parse(text);
  if (document.is_discarded()) {
    if (begins_as_json(text)) refuse_unknown(path, "is no JSON");
    return std::nullopt;
  }
  if (!document.is_object()) refuse_unknown(path, "is no JSON object");
  if (!document.contains("format") || !document["format"].is_number_integer()) return std::nullopt;
  uint64_t format = 0;
  if (read(document["format"], &format) && format > kManifestFormat) {
    refuse(path, "was written by a newer version of this tool", "format");
  }
  try {
    Manifest manifest = manifest_of(document);
    manifest.source = text;
    return manifest;
  } catch (const Damage& damage) {
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
