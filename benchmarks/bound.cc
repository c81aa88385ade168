// The most that a converter can reach on this machine: JPEGs that are already in memory are decoded
// and resized on all threads, and nothing is written.
//
//   bench_bound LIST THREADS WIDTH HEIGHT
//   bench_bound --version
//
// LIST holds one path a line. Prints one JSON line: the rate, or the versions of the libraries.

// jpeglib.h needs <cstdio> before it.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// The version is a bare 2.1.5 in jconfig.h.
#define TEXT_OF_TOKENS(tokens) #tokens
#define TEXT_OF(macro) TEXT_OF_TOKENS(macro)

namespace {

using Bytes = std::vector<unsigned char>;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::vector<Bytes> read_files(const std::string& list) {
  std::ifstream lines(list);
  if (!lines) throw std::runtime_error("cannot open " + list);
  std::vector<Bytes> files;
  for (std::string path; std::getline(lines, path);) files.push_back(read_file(path));
  if (files.empty()) throw std::runtime_error(list + " names no file");
  return files;
}

// Decodes into a buffer that grows to the largest image and is kept. libjpeg's own handler ends
// the process on a bad file, which is right here: a bound over broken input would mean nothing.
class Decoder {
 public:
  Decoder() {
    jpeg_.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&jpeg_);
  }
  ~Decoder() { jpeg_destroy_decompress(&jpeg_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // The image stays valid until the next call.
  cv::Mat decode(const Bytes& file) {
    jpeg_mem_src(&jpeg_, file.data(), file.size());
    jpeg_read_header(&jpeg_, TRUE);
    jpeg_.out_color_space = JCS_EXT_BGR;
    jpeg_.dct_method = JDCT_ISLOW;
    jpeg_.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&jpeg_);
    const std::size_t stride = std::size_t{jpeg_.output_width} * 3;
    pixels_.resize(stride * jpeg_.output_height);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = pixels_.data() + stride * jpeg_.output_scanline;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    const auto height = static_cast<int>(jpeg_.output_height);
    const auto width = static_cast<int>(jpeg_.output_width);
    jpeg_finish_decompress(&jpeg_);
    return cv::Mat(height, width, CV_8UC3, pixels_.data());
  }

 private:
  jpeg_error_mgr errors_{};
  jpeg_decompress_struct jpeg_{};
  Bytes pixels_;
};

// Seconds for all files.
double run(const std::vector<Bytes>& files, unsigned threads, cv::Size size) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    Decoder decoder;
    cv::Mat resized;
    for (std::size_t i; (i = next++) < files.size();) {
      cv::resize(decoder.decode(files[i]), resized, size, 0, 0, cv::INTER_LINEAR);
    }
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i) pool.emplace_back(work);
  for (std::thread& thread : pool) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run_command(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--version") {
    std::cout << "{\"opencv\": \"" CV_VERSION "\", \"libjpeg_turbo\": \""
              << TEXT_OF(LIBJPEG_TURBO_VERSION) << "\"}\n";
    return 0;
  }
  if (arguments.size() != 4)
    throw std::invalid_argument("usage: bench_bound LIST THREADS WIDTH HEIGHT");
  cv::setNumThreads(1);  // one image a thread; OpenCV must not add threads of its own
  const std::vector<Bytes> files = read_files(arguments[0]);
  const auto threads = static_cast<unsigned>(std::stoul(arguments[1]));
  const double seconds =
      run(files, threads, cv::Size(std::stoi(arguments[2]), std::stoi(arguments[3])));
  const double rate = static_cast<double>(files.size()) / seconds;
  std::cout << "{\"threads\": " << threads << ", \"seconds\": " << seconds
            << ", \"images_per_second\": " << rate << "}\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "bench_bound: " << error.what() << '\n';
    return 1;
  }
}
