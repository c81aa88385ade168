#include "record/datum.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <iterator>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

namespace caffe_multilabel {
namespace {

enum class Field : protozero::pbf_tag_type {
  kChannels = 1,
  kHeight = 2,
  kWidth = 3,
  kData = 4,
  kLabel = 5,
  kFloatData = 6,
  kEncoded = 7,
};

constexpr auto tag(Field field) { return static_cast<protozero::pbf_tag_type>(field); }

void add_shape(const Shape& shape, protozero::pbf_writer* message) {
  message->add_int32(tag(Field::kChannels), shape.channels);
  message->add_int32(tag(Field::kHeight), shape.height);
  message->add_int32(tag(Field::kWidth), shape.width);
}

// Three int32 fields, and the tag and length of the data: 3 * 6 + 1 + 10 bytes at most.
constexpr size_t kHeadRoom = 32;
// The label, of 11 bytes when negative, and the flag.
constexpr size_t kTailRoom = 16;

}  // namespace

uint8_t* ImageDatum::begin(const Shape* shape, size_t size) {
  std::string head;
  if (shape != nullptr) {
    protozero::pbf_writer message(head);
    add_shape(*shape, &message);
  }
  // A length-delimited field is its tag with wire type 2, the length, then the bytes themselves,
  // which the caller writes.
  protozero::write_varint(std::back_inserter(head), uint64_t{tag(Field::kData) << 3U | 2U});
  protozero::write_varint(std::back_inserter(head), uint64_t{size});

  const size_t wanted = kHeadRoom + size + kTailRoom;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  message_begin_ = kHeadRoom - head.size();
  data_end_ = kHeadRoom + size;
  std::memcpy(buffer_.data() + message_begin_, head.data(), head.size());
  return buffer_.data() + kHeadRoom;
}

uint8_t* ImageDatum::begin_raw(const Shape& shape) {
  encoded_ = false;
  return begin(&shape, shape.size());
}

uint8_t* ImageDatum::begin_encoded(size_t size) {
  encoded_ = true;
  return begin(nullptr, size);
}

std::string_view ImageDatum::finish(int32_t label) {
  std::string tail;
  protozero::pbf_writer message(tail);
  message.add_int32(tag(Field::kLabel), label);
  message.add_bool(tag(Field::kEncoded), encoded_);
  std::memcpy(buffer_.data() + data_end_, tail.data(), tail.size());
  return {reinterpret_cast<const char*>(buffer_.data()) + message_begin_,
          data_end_ + tail.size() - message_begin_};
}

void ImageDatum::release_if_above(size_t bytes) {
  if (buffer_.capacity() > bytes) buffer_ = {};
}

void write_label_datum(const Shape& shape, const float* labels, std::optional<int32_t> number,
                       std::string* value) {
  value->clear();
  protozero::pbf_writer message(*value);
  add_shape(shape, &message);
  if (number) message.add_int32(tag(Field::kLabel), *number);
  for (size_t i = 0; i < shape.size(); ++i) message.add_float(tag(Field::kFloatData), labels[i]);
}

std::vector<float> DatumView::values() const {
  std::vector<float> values(value_count());
  copy_values(values.data());
  return values;
}

void DatumView::copy_values(float* to) const {
  if (data.empty()) {
    std::copy(float_data.begin(), float_data.end(), to);
  } else {
    std::transform(data.begin(), data.end(), to,
                   [](char byte) { return static_cast<float>(static_cast<uint8_t>(byte)); });
  }
}

bool parse_datum(std::string_view value, DatumView* datum, std::string* problem) {
  datum->shape = {};
  datum->data = {};
  datum->label = 0;
  datum->encoded = false;
  datum->float_data.clear();
  using Wire = protozero::pbf_wire_type;
  try {
    protozero::pbf_reader message(value.data(), value.size());
    while (message.next()) {
      switch (message.tag_and_type()) {
        case protozero::tag_and_type(Field::kChannels, Wire::varint):
          datum->shape.channels = message.get_int32();
          break;
        case protozero::tag_and_type(Field::kHeight, Wire::varint):
          datum->shape.height = message.get_int32();
          break;
        case protozero::tag_and_type(Field::kWidth, Wire::varint):
          datum->shape.width = message.get_int32();
          break;
        case protozero::tag_and_type(Field::kData, Wire::length_delimited): {
          const protozero::data_view bytes = message.get_view();
          datum->data = {bytes.data(), bytes.size()};
          break;
        }
        case protozero::tag_and_type(Field::kLabel, Wire::varint):
          datum->label = message.get_int32();
          break;
        case protozero::tag_and_type(Field::kFloatData, Wire::fixed32):
          datum->float_data.push_back(message.get_float());
          break;
        case protozero::tag_and_type(Field::kFloatData, Wire::length_delimited):
          for (const float one : message.get_packed_float()) datum->float_data.push_back(one);
          break;
        case protozero::tag_and_type(Field::kEncoded, Wire::varint):
          // Not get_bool(), which looks at the first byte even where none is left.
          datum->encoded = message.get_uint64() != 0;
          break;
        default:
          message.skip();
      }
    }
  } catch (const protozero::exception& error) {
    *problem = std::string("is no Datum (") + error.what() + ")";
    return false;
  }
  return true;
}

}  // namespace caffe_multilabel
