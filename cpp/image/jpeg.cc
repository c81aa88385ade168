#include "image/jpeg.h"

#include <jerror.h>

#include <vector>

namespace caffe_multilabel {

JpegDecoder::JpegDecoder() {
  info_.err = jpeg_std_error(&errors_);
  errors_.error_exit = on_error;
  errors_.emit_message = on_message;
  jpeg_create_decompress(&info_);
}

JpegDecoder::~JpegDecoder() { jpeg_destroy_decompress(&info_); }

void JpegDecoder::on_error(j_common_ptr info) {
  std::longjmp(static_cast<ErrorManager*>(info->err)->escape, 1);
}

void JpegDecoder::on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // traces
  auto* errors = static_cast<ErrorManager*>(info->err);
  switch (errors->msg_code) {
    // Of several scans whole ones may be missing then; and when nothing but the end marker is,
    // OpenCV, and with it Caffe, leaves the last rows out.
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      errors->damaged = true;
      break;
    default:  // stray bytes between markers and the like leave the pixels whole
      break;
  }
}

// Nothing but libjpeg's own frames lies between the setjmp here and a longjmp of on_error(): `body`
// makes no C++ object.
template <typename Body>
bool JpegDecoder::completes(const Body& body) {
  if (setjmp(errors_.escape) != 0) return false;
  body();
  return true;
}

template <typename Body>
bool JpegDecoder::guarded(std::string* problem, const Body& body) {
  errors_.damaged = false;
  const bool completed = completes(body);
  if (!completed) {
    char text[JMSG_LENGTH_MAX];
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), text);
    *problem = std::string("broken JPEG: ") + text;
  } else if (errors_.damaged) {
    *problem = "broken JPEG: its data is damaged or cut off";
  }
  jpeg_abort_decompress(&info_);
  return completed && !errors_.damaged;
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
  });
}

bool JpegDecoder::check(const uint8_t* data, size_t size, std::string* problem) {
  Header header;
  if (!read_header(data, size, &header, problem)) return false;
  const int reduced = (header.width + 7) / 8;
  row_.resize(static_cast<size_t>(reduced) * static_cast<size_t>(header.components));
  return guarded(problem, [&] {
    start(data, size);
    // An eighth of the size needs no transform at all, but every coefficient is still read.
    info_.scale_num = 1;
    info_.scale_denom = 8;
    info_.out_color_space = info_.jpeg_color_space;
    info_.do_fancy_upsampling = FALSE;
    jpeg_start_decompress(&info_);
    JSAMPROW row = row_.data();
    while (info_.output_scanline < info_.output_height) jpeg_read_scanlines(&info_, &row, 1);
  });
}

}  // namespace caffe_multilabel
