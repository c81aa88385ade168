#include "pair/relabel_manifest.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "pair/manifest.h"

namespace caffe_multilabel {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* kConverted = "converted";

json parse(const std::string& text) { return json::parse(text, nullptr, false); }

// What a conversion wrote, from its own manifest or from one that was relabelled.
json conversion_of(const json& manifest) {
  if (manifest.contains(kConverted)) return manifest.at(kConverted);
  return {{"list_digest", manifest.at("job").at("list_digest")},
          {"list_records", manifest.at("job").at("list_records")},
          {"label_digest", manifest.at("label_digest")}};
}

}  // namespace

PriorManifest read_prior_manifest(const std::string& path, const std::string& manifest) {
  try {
    const json parsed = json::parse(manifest);
    if (parsed.at("format").get<int>() > kManifestFormat) {
      throw Error(ErrorKind::kDatabase, path + ": was written by a newer version of this tool",
                  path);
    }
    const json conversion = conversion_of(parsed);
    const json& job = parsed.at("job");
    PriorManifest prior;
    parsed.at("label_digest").get_to(prior.label_digest);
    parsed.at("rejected").get_to(prior.rejected);
    if (job.at("shuffle").get<bool>()) {
      prior.positions = record_order(conversion.at("list_records").get<uint64_t>(), true,
                                     job.at("seed").get<uint64_t>());
    }
    return prior;
  } catch (const json::exception&) {
    throw Error(ErrorKind::kDatabase,
                path +
                    ": was not written by this tool, or was changed since; without it the DB "
                    "counts as one of another tool",
                path);
  }
}

bool of_one_conversion(const std::string& a, const std::string& b) {
  try {
    const json first = json::parse(a);
    const json second = json::parse(b);
    return first.at("image_digest") == second.at("image_digest") &&
           conversion_of(first) == conversion_of(second);
  } catch (const json::exception&) {
    return false;
  }
}

std::string relabelled_manifest(const std::string& manifest, const RecordList& list,
                                const NewLabels& labels, const std::string& role) {
  json changed = parse(manifest);
  const json conversion = conversion_of(changed);
  json& job = changed["job"];
  job["list_digest"] = to_hex(list.digest());
  job["list_records"] = list.size();
  job["label_count"] = list.label_count();
  job["label_shape"] = {labels.shape.channels, labels.shape.height, labels.shape.width};
  job["label_names"] = labels.names;
  job["label_schema"] = parse(labels.schema);
  changed["role"] = role;
  changed["label_bytes"] = labels.bytes;
  changed["label_digest"] = to_hex(labels.digest);
  changed[kConverted] = conversion;
  return changed.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace caffe_multilabel
