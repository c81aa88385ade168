#include "list/rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "list/diagnosis.h"
#include "list/number.h"

namespace caffe_multilabel {
namespace {

struct Parsed {
  float value = 0;
  std::errc error = std::errc::invalid_argument;
};

Parsed parse(std::string_view field) {
  Parsed parsed;
  parsed.error = read_number(field, &parsed.value);
  return parsed;
}

// The number that a whole number written in digits becomes where a float32 cannot hold it: those
// above 2^24 are only some.
std::optional<std::string> rounded_whole(std::string_view field, float value) {
  constexpr float kAllBelow = 16777216.0F;
  if (std::abs(value) < kAllBelow) return std::nullopt;
  const bool negative = field.front() == '-';
  if (negative || field.front() == '+') field.remove_prefix(1);
  const size_t point = std::min(field.find('.'), field.size());
  std::string_view digits = field.substr(0, point);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  const bool whole =
      digits.find_first_not_of("0123456789") == std::string_view::npos &&
      field.find_first_not_of('0', std::min(point + 1, field.size())) == std::string_view::npos;
  if (!whole) return std::nullopt;
  std::array<char, 64> exact;  // the largest float has 39 digits
  const auto end = std::to_chars(exact.data(), exact.data() + exact.size(), std::abs(value),
                                 std::chars_format::fixed, 0);
  const std::string_view held(exact.data(), static_cast<size_t>(end.ptr - exact.data()));
  if (held == digits) return std::nullopt;
  return (negative ? "-" : "") + std::string(held);
}

// The words name the reason where parse_number only says no.
std::string not_a_number(std::string_view field) {
  const std::string shown = in_quotes(field);
  const std::errc error = parse(field).error;
  if (error == std::errc()) return shown + " is not finite";
  if (error == std::errc::result_out_of_range) return shown + " does not fit a 32-bit float";
  return shown + " is not a number";
}

// Of a word of so many bytes for each of them, so many letters at most may be wrong.
constexpr size_t kMostEdits = 3;
constexpr size_t kBytesAnEdit = 3;
constexpr size_t kLongestWord = 64;
// So many classes are named where none is near.
constexpr size_t kFewClasses = 8;

// The letters of UTF-8, each as its bytes in one number, small ones for A to Z.
std::u32string letters_of(std::string_view text) {
  std::u32string letters;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    const bool continues = (value & 0xC0U) == 0x80U && !letters.empty();
    if (continues) {
      letters.back() = letters.back() << 8U | value;
    } else {
      const bool is_capital = value >= 'A' && value <= 'Z';
      letters.push_back(static_cast<char32_t>(is_capital ? value + 32 : value));
    }
  }
  return letters;
}

// Letters put in, left out, replaced or swapped with the next to make `b` of `a` (the optimal
// string alignment distance); `limit` where it is that or more.
size_t count_edits(std::u32string_view a, std::u32string_view b, size_t limit) {
  const size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference >= limit || std::max(a.size(), b.size()) > kLongestWord) return limit;
  std::array<std::array<size_t, kLongestWord + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t kept = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, kept});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], rows[(i + 1) % 3][j - 2] + 1);
      }
    }
  }
  return std::min(rows[a.size() % 3][b.size()], limit);
}

// Whether words that differ by so many letters mean the same: one Chinese letter of two is another
// word, unless it was left out.
bool is_near(std::u32string_view a, std::u32string_view b, size_t edits) {
  const auto is_wide = [](char32_t letter) { return letter > 0x7F; };
  if (std::none_of(a.begin(), a.end(), is_wide)) return true;
  return 2 * edits < std::max(a.size(), b.size()) || a.find(b) != a.npos || b.find(a) != b.npos;
}

}  // namespace

std::optional<float> parse_number(std::string_view field) {
  const Parsed parsed = parse(field);
  if (parsed.error != std::errc() || !std::isfinite(parsed.value)) return std::nullopt;
  return parsed.value;
}

bool is_numeric(std::string_view field) {
  return parse(field).error != std::errc::invalid_argument;
}

std::optional<float> LabelRule::read(std::string_view field, std::string* problem) const {
  if (const auto name = names.find(field); name != names.end()) return name->second;
  if (ignore && is_unknown(field)) return ignore;
  if (kind == Kind::kBinary) {
    if (const auto truth = read_truth(field)) return *truth ? 1.0F : 0.0F;
  }
  const std::optional<float> value = parse_number(field);
  if (!value) {
    *problem = not_a_number(field);
    *problem += names.empty() ? field_hint(field) : " and no class name of " + described();
    if (is_unknown(field)) *problem += unknown_hint();
    return std::nullopt;
  }
  if (const auto rounded = rounded_whole(field, *value)) {
    *problem = in_quotes(field) + " does not fit a 32-bit float, which would make it " + *rounded +
               field_hint(field);
    return std::nullopt;
  }
  const bool is_mapped = std::any_of(mapping.begin(), mapping.end(),
                                     [&value](const auto& pair) { return pair.first == *value; });
  if (by_name_only && !is_mapped && value != ignore) {
    *problem = described() + ": " + in_quotes(field) +
               " is no class name, and cannot be an index since class names are numbers";
    return std::nullopt;
  }
  return check(*value, problem);
}

std::string LabelRule::unknown_hint() const {
  if (task.empty()) return "";
  if (!takes_unknown) return "; " + described() + " takes no unknown labels: leave the record out";
  if (non_negative) return "; it takes 0 or more, and 0 leaves the record out of the loss";
  return "; for unknown labels " + described() + " needs an ignore_label";
}

std::string LabelRule::described() const {
  return "task " + in_quotes(task) + (part.empty() ? "" : " (" + part + ")");
}

std::optional<float> LabelRule::check(float value, std::string* problem) const {
  if (ignore && std::isnan(value)) return ignore;  // what a program has where nothing is known
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
  if (kind == Kind::kFree || (ignore && value == *ignore)) return true;
  if (kind == Kind::kReal) {
    if (!non_negative || value >= 0) return true;
    *problem = described() + ": " + number_text(value) + " is not allowed, want 0 or more";
    return false;
  }
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
  return names.find(field) != names.end() || parse_number(field).has_value() ||
         (ignore && is_unknown(field)) || (kind == Kind::kBinary && read_truth(field).has_value());
}

bool LabelRule::may_be_name(std::string_view field) const {
  if (kind != Kind::kClass || !names.empty()) return false;
  const std::optional<float> value = parse_number(field);
  return value && std::trunc(*value) == *value && *value >= static_cast<float>(classes);
}

std::string LabelRule::suggestion(std::string_view field) const {
  const std::u32string word = letters_of(field);
  std::string_view nearest;
  size_t least = 1 + std::min(kMostEdits, field.size() / kBytesAnEdit);
  for (const auto& [name, index] : names) {
    const std::u32string other = letters_of(name);
    const size_t edits = count_edits(word, other, least);
    if (edits >= least || !is_near(word, other, edits)) continue;
    least = edits;
    nearest = name;
  }
  if (!nearest.empty()) return "; did you mean " + in_quotes(nearest) + "?";
  if (names.empty() || names.size() > kFewClasses || is_unknown(field)) return "";
  return "; the classes are " + classes_in_order();
}

std::string LabelRule::classes_in_order() const {
  std::map<float, std::string_view> by_index;
  for (const auto& [name, index] : names) by_index.emplace(index, name);
  std::string listed;
  for (const auto& [index, name] : by_index) {
    listed += (listed.empty() ? "" : ", ") + in_quotes(name);
  }
  return listed;
}

}  // namespace caffe_multilabel
