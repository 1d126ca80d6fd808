// Reads pictures in the simplest format there is, so that this example needs no library for it.

#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Picture {
  int height, width;
  std::vector<char> rgb;  // row by row, 3 bytes a pixel
};

inline std::string read_file(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  if (content.str().empty()) {
    throw std::runtime_error(path + ": expected a file with content, got none; check the path");
  }
  return content.str();
}

// A binary PPM: "P6", width, height and 255 between white space and comments, then the pixels.
inline Picture read_ppm(const std::string& path) {
  constexpr int kMaxSide = 65535;  // pixels; a header that says more is damaged
  using std::to_string;
  const auto refuse = [&](const std::string& got) {
    throw std::runtime_error(path + ": expected a binary PPM (P6, 8 bits a channel), got " + got +
                             "; convert the picture again (README.md)");
  };
  const std::string content = read_file(path);
  if (content.compare(0, 2, "P6") != 0) refuse("another format");
  const char* position = content.data() + 2;
  const char* const end = content.data() + content.size();
  const auto is_space = [](unsigned char character) { return std::isspace(character) != 0; };
  const auto next_number = [&] {
    while (position < end && (*position == '#' || is_space(*position))) {
      position = *position == '#' ? std::find(position, end, '\n') : position + 1;
    }
    int number = 0;
    position = std::from_chars(position, end, number).ptr;
    return number;
  };
  const int width = next_number(), height = next_number(), maximum = next_number();
  if (std::min(width, height) < 1 || std::max(width, height) > kMaxSide || maximum != 255) {
    refuse(to_string(width) + "x" + to_string(height) + " pixels of 0 to " + to_string(maximum));
  }
  if (position < end) ++position;  // one white space ends the header
  const std::uint64_t size = std::uint64_t{3} * height * width, left = end - position;
  if (left < size) refuse(to_string(left) + " bytes of pixels instead of " + to_string(size));
  return {height, width, {position, position + size}};
}
