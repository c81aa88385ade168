#include "image/jpeg.h"

#include <jerror.h>

#include <algorithm>
#include <vector>

namespace caffe_multilabel {
namespace {

// Programs write a dozen or so. libjpeg-turbo stops here where it is told to limit them
// (TJFLAG_LIMITSCANS).
constexpr int kMostScans = 500;

bool is_fill(uint8_t byte) { return byte == 0 || byte == 0xff; }

// Whether a decoder that was still in step would have left these bytes of a scan over. Cameras
// leave a few, and some programs fill up.
bool are_harmless(const uint8_t* bytes, size_t count) {
  return count <= JpegDecoder::kMostStray || std::all_of(bytes, bytes + count, is_fill);
}

}  // namespace

JpegDecoder::JpegDecoder() {
  info_.err = jpeg_std_error(&errors_);
  errors_.error_exit = on_error;
  errors_.emit_message = on_message;
  jpeg_create_decompress(&info_);
  progress_.progress_monitor = on_progress;
  info_.progress = &progress_;
}

JpegDecoder::~JpegDecoder() { jpeg_destroy_decompress(&info_); }

void JpegDecoder::on_error(j_common_ptr info) {
  std::longjmp(static_cast<ErrorManager*>(info->err)->escape, 1);
}

// Called for each row of blocks that is read.
void JpegDecoder::on_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  auto* errors = static_cast<ErrorManager*>(info->err);
  errors->too_many_scans = true;
  std::longjmp(errors->escape, 1);
}

void JpegDecoder::on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // traces
  auto* errors = static_cast<ErrorManager*>(info->err);
  ++errors->complaints;
  switch (errors->msg_code) {
    // Of several scans whole ones may be missing then; and when nothing but the end marker is,
    // OpenCV, and with it Caffe, leaves the last rows out.
    case JWRN_JPEG_EOF:
      errors->ran_out = true;
      break;
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      errors->damaged = true;
      break;
    // A code that went wrong often ends too early. Between the headers stray bytes do no harm.
    case JWRN_EXTRANEOUS_DATA: {
      const auto* image = reinterpret_cast<j_decompress_ptr>(info);
      const auto count = static_cast<size_t>(errors->msg_parm.i[0]);
      // When the bytes ran out, libjpeg reads from elsewhere.
      if (image->input_scan_number == 0 || errors->ran_out) break;
      errors->damaged |= !are_harmless(image->src->next_input_byte - count, count);
      break;
    }
    default:
      break;
  }
}

// Nothing but libjpeg's own frames lies between the setjmp here and the longjmp of on_error() or
// on_progress(): `body` makes no C++ object.
template <typename Body>
bool JpegDecoder::completes(const Body& body) {
  errors_.damaged = errors_.ran_out = errors_.too_many_scans = false;
  errors_.complaints = 0;
  if (setjmp(errors_.escape) != 0) return false;
  body();
  return true;
}

template <typename Body>
bool JpegDecoder::guarded(std::string* problem, const Body& body) {
  const bool completed = completes(body);
  const bool whole = !errors_.damaged && !errors_.ran_out;
  if (errors_.too_many_scans) {
    *problem = "broken JPEG: it has more than " + std::to_string(kMostScans) + " scans";
  } else if (!completed) {
    char text[JMSG_LENGTH_MAX];
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), text);
    *problem = std::string("broken JPEG: ") + text;
  } else if (!whole) {
    *problem = "broken JPEG: its data is damaged or cut off";
  }
  jpeg_abort_decompress(&info_);
  return completed && whole;
}

void JpegDecoder::start(const uint8_t* data, size_t size) {
  jpeg_mem_src(&info_, data, size);
  jpeg_read_header(&info_, TRUE);
}

bool JpegDecoder::read_header(const uint8_t* data, size_t size, Header* header,
                              std::string* problem) {
  return guarded(problem, [&] {
    start(data, size);
    header->width = static_cast<int>(info_.image_width);
    header->height = static_cast<int>(info_.image_height);
    header->components = info_.num_components;
  });
}

bool JpegDecoder::decode(const uint8_t* data, size_t size, bool gray, cv::Mat* pixels,
                         std::string* problem) {
  Header header;
  if (!read_header(data, size, &header, problem)) return false;
  pixels->create(header.height, header.width, gray ? CV_8UC1 : CV_8UC3);
  return guarded(problem, [&] {
    start(data, size);
    info_.out_color_space = gray ? JCS_GRAYSCALE : JCS_EXT_BGR;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels->data + info_.output_scanline * pixels->step[0];
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);  // looks at what is left
  });
}

// An eighth of the size needs no transform at all, but every coefficient is still read.
void JpegDecoder::read_coefficients(const uint8_t* data, size_t size) {
  start(data, size);
  info_.scale_num = 1;
  info_.scale_denom = 8;
  info_.out_color_space = info_.jpeg_color_space;
  info_.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&info_);
  JSAMPROW row = row_.data();
  while (info_.output_scanline < info_.output_height) jpeg_read_scanlines(&info_, &row, 1);
}

// For read_coefficients().
void JpegDecoder::make_row(const Header& header) {
  const int reduced = (header.width + 7) / 8;
  row_.resize(static_cast<size_t>(reduced) * static_cast<size_t>(header.components));
}

bool JpegDecoder::check(const uint8_t* data, size_t size, std::string* problem) {
  Header header;
  if (!read_header(data, size, &header, problem)) return false;
  make_row(header);
  return guarded(problem, [&] {
    read_coefficients(data, size);
    jpeg_finish_decompress(&info_);
  });
}

bool JpegDecoder::lacks_end(const uint8_t* data, size_t size, const Header& header) {
  make_row(header);
  // Where codes are missing a decoder goes on in the zeros that fill a copy up, and complains of
  // none. So the codes must end before them. An encoder fills its last byte with ones.
  size_t filled = size;
  while (filled > 0 && is_fill(data[filled - 1])) --filled;
  if (ends_open(data, filled)) return true;
  const bool is_stuffed = filled + 1 < size && data[filled] == 0xff && data[filled + 1] == 0;
  return is_stuffed && ends_open(data, filled + 2);
}

bool JpegDecoder::ends_open(const uint8_t* data, size_t size) {
  const bool completed = completes([&] { read_coefficients(data, size); });
  // That the bytes ran out may be told, and nothing else.
  const bool lacks = completed && errors_.complaints == static_cast<int>(errors_.ran_out) &&
                     only_harmless_behind() && has_all_coefficients();
  jpeg_abort_decompress(&info_);
  return lacks;
}

// Of several scans libjpeg reads on to the end marker. Of a single one it stops somewhere behind
// the last code, and another build, which holds more bits, further on: the bytes must tell.
bool JpegDecoder::only_harmless_behind() {
  if (errors_.ran_out) return true;
  if (jpeg_input_complete(&info_) != FALSE || info_.unread_marker != 0) return false;
  const uint8_t* at = info_.src->next_input_byte;
  const uint8_t* const end = at + info_.src->bytes_in_buffer;
  const auto begins_marker = [](uint8_t a, uint8_t b) { return a == 0xff && b != 0 && b != 0xff; };
  return std::adjacent_find(at, end, begins_marker) == end &&
         are_harmless(at, info_.src->bytes_in_buffer);
}

// Bits that were missing in a scan are a complaint; this is about scans that are missing.
bool JpegDecoder::has_all_coefficients() const {
  // An arithmetic code goes on in zeros that need not be written: nothing tells a cut.
  if (info_.arith_code != FALSE) return false;
  for (int i = 0; i < info_.num_components; ++i) {
    // Latched by the first scan that has the component.
    if (info_.comp_info[i].quant_table == nullptr) return false;
    if (info_.progressive_mode == FALSE) continue;
    // How many low bits of each coefficient are still to come; -1 for all.
    const int* bits = info_.coef_bits[i];
    if (std::any_of(bits, bits + DCTSIZE2, [](int left) { return left != 0; })) return false;
  }
  return true;
}

}  // namespace caffe_multilabel
