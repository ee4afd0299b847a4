#include "cairn/io/npy.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/numpy_types.h"
#include "cairn/io/tensor_map.h"

namespace cairn::io {

namespace {

constexpr size_t kMaxHeader = 1 << 20;
constexpr size_t kMaxDimensions = 64;

struct Header {
  torch::ScalarType type = torch::kFloat32;
  bool big_endian = false;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// Reads the one form of Python literal that a header may be: {'descr': '<f4', 'fortran_order': False, 'shape': (2,
/// 3)}.
class HeaderParser {
 public:
  HeaderParser(std::string text, size_t offset, const std::string& file)
      : text_(std::move(text)), offset_(offset), file_(file) {}

  Header parse() {
    Header header;
    int seen = 0;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        read_type(quoted(), header), seen |= 1;
      } else if (key == "fortran_order") {
        header.fortran = boolean(), seen |= 2;
      } else if (key == "shape") {
        header.shape = tuple(), seen |= 4;
      } else {
        refuse(cat("unknown key '", key, "'"));
      }
      if (!take(',') && peek() != '}') refuse("expected ',' or '}'");
    }
    if (seen != 7) refuse("expected descr, fortran_order and shape");
    if (peek() != 0) refuse("text after the header's end");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(file_, cat("byte ", offset_ + at_, ": bad .npy header: ", what));
  }
  char peek() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) { return peek() == c && ++at_; }
  void expect(char c) {
    if (!take(c)) refuse(cat("expected '", c, "'"));
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') refuse("expected quoted text");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string::npos) refuse("text without an end");
    const std::string value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (const char* word : {"True", "False"}) {
      if (text_.compare(at_, std::strlen(word), word) == 0) {
        at_ += std::strlen(word);
        return word[0] == 'T';
      }
    }
    refuse("expected True or False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!take(')')) {
      if (sizes.size() == kMaxDimensions) refuse("too many dimensions");
      sizes.push_back(number());
      if (!take(',') && peek() != ')') refuse("expected ',' or ')'");
    }
    return sizes;
  }
  int64_t number() {
    int64_t value = 0;
    if (peek() < '0' || peek() > '9') refuse("expected a size");
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text_[at_] - '0', &value)) {
        refuse("a size too large to count");
      }
    }
    return value;
  }
  void read_type(const std::string& descr, Header& header) {
    const bool has_order = !descr.empty() && std::strchr("<>|=", descr[0]);
    const std::string name = has_order ? descr.substr(1) : descr;
    const auto type = numpy_type(name);
    if (!type) refuse(got_expected(cat("dtype '", descr, "'"), "a number or bool"));
    header.type = *type;
    header.big_endian = has_order && descr[0] == '>';
  }

  std::string text_;
  size_t offset_;
  const std::string& file_;
  size_t at_ = 0;
};

}  // namespace

torch::Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (bytes.size() < 10 || std::memcmp(data, "\x93NUMPY", 6) != 0) throw InputError(name, "this is no .npy file");
  const bool wide = data[6] >= 2;
  if (data[6] < 1 || data[6] > 3 || (wide && bytes.size() < 12)) {
    throw InputError(name, got_expected(cat(".npy version ", int{data[6]}), "1, 2 or 3"));
  }
  size_t length = data[8] | data[9] << 8;
  if (wide) length |= static_cast<size_t>(data[10]) << 16 | static_cast<size_t>(data[11]) << 24;
  const size_t start = wide ? 12 : 10;
  if (length > kMaxHeader || length > bytes.size() - start) {
    throw InputError(name, got_expected(cat("a header of ", length, " bytes"), "one that the file can hold"));
  }
  const Header header =
      HeaderParser(std::string(reinterpret_cast<const char*>(data) + start, length), start, name).parse();
  const auto expected = byte_count(header.shape, header.type);
  const c10::IntArrayRef sizes(header.shape);
  if (!expected) throw InputError(name, got_expected(cat("shape ", sizes), "sizes that can be counted"));
  const uint64_t found = bytes.size() - start - length;
  if (found != *expected) {
    throw InputError(name, cat("byte ", start + length, ": truncated or oversized: ",
                               got_expected(cat(found, " bytes of data"), cat(*expected, " for shape ", sizes))));
  }
  auto shape = header.shape;
  if (header.fortran) std::reverse(shape.begin(), shape.end());
  auto array = torch::empty(shape, header.type);
  if (found > 0) std::memcpy(array.data_ptr(), data + start + length, found);
  if (header.big_endian) swap_byte_order(array);
  if (!header.fortran) return array;
  std::vector<int64_t> axes(shape.size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(axes.size() - 1 - i);
  return array.permute(axes).contiguous();
}

torch::Tensor read_npy(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_npy(file->bytes(), path.string());
}

std::string npy_bytes(const torch::Tensor& array) {
  const auto data = array.detach().to(torch::kCPU).contiguous();
  const char* type = numpy_name(data.scalar_type());
  if (type == nullptr) throw UsageError("npy", cat("got dtype ", data.scalar_type(), ", expected one that NumPy has"));
  std::string shape;
  for (const int64_t size : data.sizes()) shape += cat(size, ", ");
  if (data.dim() > 1) shape.resize(shape.size() - 2);
  if (data.dim() == 1) shape.pop_back();
  std::string header = cat("{'descr': '", data.element_size() == 1 ? "|" : "<", type,
                           "', 'fortran_order': False, 'shape': (", shape, "), }");
  constexpr size_t kAlign = 64, kStart = 10;
  header.append((kAlign - (kStart + header.size() + 1) % kAlign) % kAlign, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  if (data.nbytes() > 0) bytes.append(static_cast<const char*>(data.data_ptr()), data.nbytes());
  return bytes;
}

void write_npy(const std::filesystem::path& path, const torch::Tensor& array) {
  write_file(path, npy_bytes(array));
}

}  // namespace cairn::io
