// What a label column may hold, as the task file says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caffe_multilabel {

// One label column. Text becomes a number in three steps: a class name becomes its index, what says
// that nothing is known `ignore`, and words of yes and no 1 and 0 where these are the labels;
// anything else must read as a finite float32, a whole number as that very number; `mapping`
// replaces values; then `kind` is checked.
struct LabelRule {
  enum class Kind {
    kFree,    // any finite number; no task takes the column
    kReal,    // any finite number
    kClass,   // a whole number in [0, classes), or `ignore`
    kBinary,  // 0, 1 or `ignore`
  };

  std::string task;  // for messages; empty for kFree
  std::string part;  // name of this value within a task of several columns, or empty
  Kind kind = Kind::kFree;
  int classes = 0;
  std::map<std::string, float, std::less<>> names;  // class name -> index
  std::vector<std::pair<float, float>> mapping;     // value in the list -> value stored
  std::optional<float> ignore;
  // Whether the task may have an `ignore` at all: some losses leave no label out. A weight, which
  // is none of a task, has 0 in its place.
  bool takes_unknown = true;
  // A kReal label must not be below 0: it is a weight or a margin.
  bool non_negative = false;
  // Some class name is a number other than its index, so that text which is no name, and no value
  // of `mapping` or `ignore`, must not be taken for an index.
  bool by_name_only = false;

  // Both give the value to store, or nothing with `*problem` saying what was found and what is
  // allowed.
  std::optional<float> read(std::string_view field, std::string* problem) const;
  std::optional<float> check(float value, std::string* problem) const;

  // Whether a label DB may hold `value`: what check() asks after the mapping.
  bool allows(float value, std::string* problem) const;

  // Whether `field` looks like a label of this column at all: a number, a class name, yes or no, or
  // unknown where it may be.
  bool recognises(std::string_view field) const;

  // Whether `field` is a whole number that no class has where classes have no names: that of a
  // class may be its name.
  bool may_be_name(std::string_view field) const;

  // The class name that a field which is none most likely means, as the end of a message:
  // "; did you mean 'red'?"; where none is near the names, if they are few. Looks at every name, so
  // it is not for a million fields.
  std::string suggestion(std::string_view field) const;

 private:
  std::string described() const;  // "task 'color'"
  std::string classes_in_order() const;
  // What to do about a field that says that nothing is known, as the end of a message.
  std::string unknown_hint() const;
};

// A finite float32 written in decimal; a leading '+' is allowed, blanks are not.
std::optional<float> parse_number(std::string_view field);
// Whether `field` is a number at all, "nan", "inf" and those too large for a float32 included.
bool is_numeric(std::string_view field);

}  // namespace caffe_multilabel
