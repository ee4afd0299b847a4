// After the "MAT-File Format" document, chapter 1: a header of 128 bytes, then elements: a type and a count of bytes
// (packed into one word if the data fit into 4 bytes), the data, padding to 8 bytes. An array is an element made of
// elements.
#include "cairn/io/matlab.h"

#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

namespace cairn::io {

namespace {

constexpr uint64_t kMaxBytes = uint64_t{4} << 30;
constexpr size_t kHeader = 128;
enum : uint32_t { kInt8 = 1, kInt32 = 5, kUInt32 = 6, kMatrix = 14, kCompressed = 15 };

struct Element {
  uint32_t type = 0;
  std::string_view data;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  bool at_end() const { return bytes_.empty(); }

  Element next() {
    const uint32_t first = number(0);
    Element element{first & 0xffff, {}};
    const uint32_t packed = first >> 16;
    if (packed > 4) refuse("a packed element larger than 4 bytes");
    const size_t begin = packed > 0 ? 4 : 8, size = packed > 0 ? packed : number(4);
    if (packed == 0) element.type = first;
    if (begin + size > bytes_.size()) refuse(cat("an element of ", size, " bytes where ", bytes_.size(), " are left"));
    element.data = bytes_.substr(begin, size);
    const size_t padded = packed > 0 ? 8 : (begin + size + 7) / 8 * 8;
    bytes_.remove_prefix(std::min(padded, bytes_.size()));
    return element;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(source_, got_expected(what, "a MATLAB 5 file of plain arrays (save -v6)"));
  }

 private:
  uint32_t number(size_t at) const {
    if (at + 4 > bytes_.size()) refuse("the end of the file within an element");
    uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + at, 4);
    return value;
  }

  std::string_view bytes_;
  const std::string& source_;
};

template <class T>
torch::Tensor numbers(std::string_view data, torch::ScalarType type) {
  const auto count = static_cast<int64_t>(data.size() / sizeof(T));
  auto values = torch::empty({count}, torch::dtype(type));
  AT_DISPATCH_ALL_TYPES(type, "matlab", [&] {
    auto* to = values.data_ptr<scalar_t>();
    for (int64_t i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
      to[i] = static_cast<scalar_t>(value);
    }
  });
  return values;
}

torch::Tensor numbers(const Element& element, const Reader& reader) {
  switch (element.type) {
    case kInt8:
      return numbers<int8_t>(element.data, torch::kInt8);
    case 2:
      return numbers<uint8_t>(element.data, torch::kUInt8);
    case 3:
      return numbers<int16_t>(element.data, torch::kInt16);
    case 4:
      return numbers<uint16_t>(element.data, torch::kInt64);
    case kInt32:
      return numbers<int32_t>(element.data, torch::kInt32);
    case kUInt32:
      return numbers<uint32_t>(element.data, torch::kInt64);
    case 7:
      return numbers<float>(element.data, torch::kFloat32);
    case 9:
      return numbers<double>(element.data, torch::kFloat64);
    case 12:
      return numbers<int64_t>(element.data, torch::kInt64);
    case 13:
      return numbers<uint64_t>(element.data, torch::kInt64);
    default:
      reader.refuse(cat("numbers of type ", element.type));
  }
}

/// Sizes of an array, whose product fits what follows.
std::vector<int64_t> sizes_of(const Element& element, const Reader& reader) {
  if (element.type != kInt32 || element.data.size() % 4 != 0 || element.data.size() > 4 * 32)
    reader.refuse("odd dimensions");
  const auto sizes = numbers<int32_t>(element.data, torch::kInt64);
  int64_t product = 1;
  for (int64_t i = 0; i < sizes.numel(); ++i) {
    const int64_t size = sizes[i].item<int64_t>();
    if (size < 0 || (size > 0 && product > static_cast<int64_t>(kMaxBytes) / size)) reader.refuse("odd dimensions");
    product *= size;
  }
  return {sizes.data_ptr<int64_t>(), sizes.data_ptr<int64_t>() + sizes.numel()};
}

void read_array(std::string_view data, const std::string& source, std::map<std::string, torch::Tensor>& arrays) {
  Reader reader(data, source);
  const auto flags = reader.next();
  if (flags.type != kUInt32 || flags.data.size() < 8) reader.refuse("an array without flags");
  const auto kind = static_cast<unsigned char>(flags.data[0]), bits = static_cast<unsigned char>(flags.data[1]);
  if (kind < 6 || kind > 15 || (bits & 0x08) != 0)
    reader.refuse(cat("an array of class ", int{kind}, ", flags ", int{bits}));
  auto sizes = sizes_of(reader.next(), reader);
  const std::string name(reader.next().data);
  const auto values = numbers(reader.next(), reader);
  int64_t product = 1;
  for (const int64_t size : sizes) product *= size;
  if (values.numel() != product)
    reader.refuse(cat("array '", name, "' of ", values.numel(), " numbers for ", product, " places"));
  std::vector<int64_t> order(sizes.rbegin(), sizes.rend()), axes;  // columns are contiguous: read reversed, then turned
  for (int64_t k = static_cast<int64_t>(sizes.size()) - 1; k >= 0; --k) axes.push_back(k);
  arrays[name] = values.view(order).permute(axes).contiguous();
}

}  // namespace

std::map<std::string, torch::Tensor> read_matlab(const std::filesystem::path& path) {
  const std::string bytes = read_file(path, kMaxBytes), source = path.string();
  Reader reader(std::string_view(bytes).substr(std::min(kHeader, bytes.size())), source);
  const bool little = bytes.size() >= kHeader && bytes.substr(126, 2) == "IM";
  if (!little || !bytes.starts_with("MATLAB 5.0")) reader.refuse("another header");
  std::map<std::string, torch::Tensor> arrays;
  while (!reader.at_end()) {
    const auto element = reader.next();
    if (element.type == kCompressed) reader.refuse("a compressed array");
    if (element.type != kMatrix) reader.refuse(cat("an element of type ", element.type));
    read_array(element.data, source, arrays);
  }
  return arrays;
}

}  // namespace cairn::io
