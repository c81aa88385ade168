#include "label_rule.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "key.h"

namespace caffe_multilabel {
namespace {

std::string number_text(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

// The words name the reason where parse_number only says no.
std::string not_a_number(std::string_view field) {
  float value = 0;
  const char* begin = field.data() + (!field.empty() && field.front() == '+');
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop == end && begin != end) {
    if (error == std::errc::result_out_of_range) {
      return "'" + printable(field) + "' does not fit a 32-bit float";
    }
    return "'" + printable(field) + "' is not finite";
  }
  return "'" + printable(field.substr(0, 60)) + "' is not a number";
}

}  // namespace

std::optional<float> parse_number(std::string_view field) {
  const bool plus = !field.empty() && field.front() == '+';
  const char* begin = field.data() + plus;
  const char* end = field.data() + field.size();
  if (plus && begin != end && *begin == '-') return std::nullopt;
  float value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<float> LabelRule::read(std::string_view field, std::string* problem) const {
  if (const auto name = names.find(field); name != names.end()) return name->second;
  const std::optional<float> value = parse_number(field);
  if (!value) {
    *problem = not_a_number(field);
    if (!names.empty()) *problem += " and no class name of " + described();
    return std::nullopt;
  }
  const bool is_mapped = std::any_of(mapping.begin(), mapping.end(),
                                     [&value](const auto& pair) { return pair.first == *value; });
  if (by_name_only && !is_mapped && value != ignore) {
    *problem = described() + ": '" + printable(field) +
               "' is no class name, and cannot be an index since class names are numbers";
    return std::nullopt;
  }
  return check(*value, problem);
}

std::string LabelRule::described() const {
  return "task '" + task + "'" + (part.empty() ? "" : " (" + part + ")");
}

std::optional<float> LabelRule::check(float value, std::string* problem) const {
  const auto mapped = std::find_if(mapping.begin(), mapping.end(),
                                   [value](const auto& pair) { return pair.first == value; });
  const float stored = mapped == mapping.end() ? value : mapped->second;
  if (allows(stored, problem)) return stored;
  for (const auto& [from, to] : mapping) {
    *problem += ", or " + number_text(from) + " (becomes " + number_text(to) + ")";
  }
  return std::nullopt;
}

bool LabelRule::allows(float value, std::string* problem) const {
  if (!std::isfinite(value)) {
    *problem = number_text(value) + " is not finite";
    return false;
  }
  if (kind == Kind::kFree || kind == Kind::kReal || (ignore && value == *ignore)) return true;
  const bool whole = std::trunc(value) == value;
  const float limit = kind == Kind::kBinary ? 2.0F : static_cast<float>(classes);
  if (whole && value >= 0 && value < limit) return true;
  *problem = described() + ": " + number_text(value) + " is not allowed, want ";
  *problem +=
      kind == Kind::kBinary ? "0 or 1" : "a whole number from 0 to " + std::to_string(classes - 1);
  if (ignore) *problem += ", or " + number_text(*ignore) + " (ignore_label)";
  return false;
}

bool LabelRule::recognises(std::string_view field) const {
  return names.find(field) != names.end() || parse_number(field).has_value();
}

}  // namespace caffe_multilabel
