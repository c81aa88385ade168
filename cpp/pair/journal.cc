#include "pair/journal.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"

namespace caffe_multilabel {
namespace {

using nlohmann::json;

json to_json(const JournalEntry& entry) {
  const Tally& tally = entry.tally;
  json rejects = json::array();
  for (const Reject& reject : entry.rejects) rejects.push_back({reject.index, reject.problem});
  return {{"next_index", tally.next_index},
          {"records", tally.records},
          {"passed_through", tally.passed_through},
          {"reencoded", tally.reencoded},
          {"without_end_marker", tally.without_end_marker},
          {"from_floats", tally.from_floats},
          {"image_bytes", tally.image_bytes},
          {"label_bytes", tally.label_bytes},
          {"images", to_hex(tally.images)},
          {"labels", to_hex(tally.labels)},
          {"first_shape",
           {tally.first_shape.channels, tally.first_shape.height, tally.first_shape.width}},
          {"rejects", rejects}};
}

// Paths and reasons may hold bytes that are no UTF-8; they must not stop a conversion.
std::string to_line(const JournalEntry& entry) {
  return to_json(entry).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

JournalEntry from_json(const json& line) {
  JournalEntry entry;
  Tally& tally = entry.tally;
  line.at("next_index").get_to(tally.next_index);
  line.at("records").get_to(tally.records);
  line.at("passed_through").get_to(tally.passed_through);
  line.at("reencoded").get_to(tally.reencoded);
  line.at("without_end_marker").get_to(tally.without_end_marker);
  line.at("from_floats").get_to(tally.from_floats);
  line.at("image_bytes").get_to(tally.image_bytes);
  line.at("label_bytes").get_to(tally.label_bytes);
  tally.images = from_hex(line.at("images").get<std::string>()).value_or(Digest{});
  tally.labels = from_hex(line.at("labels").get<std::string>()).value_or(Digest{});
  const json& shape = line.at("first_shape");
  tally.first_shape = {shape.at(0).get<int>(), shape.at(1).get<int>(), shape.at(2).get<int>()};
  for (const json& reject : line.at("rejects")) {
    entry.rejects.push_back({reject.at(0).get<uint64_t>(), reject.at(1).get<std::string>()});
  }
  return entry;
}

}  // namespace

std::vector<JournalEntry> Journal::read() const {
  std::vector<JournalEntry> entries;
  std::string content;
  if (!read_small_file(path_, &content)) return entries;
  std::istringstream file(content);
  std::string line;
  while (std::getline(file, line)) {
    const json parsed = json::parse(line, nullptr, false);
    if (parsed.is_discarded()) break;
    try {
      entries.push_back(from_json(parsed));
    } catch (const json::exception&) {
      break;
    }
  }
  return entries;
}

void Journal::append(const JournalEntry& entry) { append_to_file(path_, to_line(entry)); }

void Journal::replace_all(const std::vector<JournalEntry>& entries) {
  std::string text;
  for (const JournalEntry& entry : entries) text += to_line(entry);
  replace_durably(path_, text);
}

}  // namespace caffe_multilabel
