#include "cairn/models/word2vec/vector_files.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/byte_reader.h"
#include "cairn/text/text_source.h"

namespace cairn::word2vec {

namespace {

constexpr int64_t kMostDim = 65536, kMostWords = INT32_MAX, kMostName = 1 << 16;

struct Header {
  int64_t words = 0, dim = 0;
};

/// "V D", with bounds on both.
Header parse_header(std::string_view line, const std::string& where) {
  Header header;
  const char* end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, header.words);
  const char* space = first.ptr;
  while (space < end && *space == ' ') ++space;
  const auto second = std::from_chars(space, end, header.dim);
  const char* rest = second.ptr;
  while (rest < end && (*rest == ' ' || *rest == '\r')) ++rest;
  const bool parsed = first.ec == std::errc() && second.ec == std::errc() && space > first.ptr && rest == end;
  const bool bounded = header.words > 0 && header.words <= kMostWords && header.dim > 0 && header.dim <= kMostDim;
  if (!parsed || !bounded) {
    throw InputError(where, got_expected(cat("'", line.substr(0, 80), "'"), "the number of words and of dimensions"));
  }
  return header;
}

/// Rows collected one by one, so that a header's claim is never memory before
/// it is bytes of the file.
class Collector {
 public:
  explicit Collector(int64_t dim) : dim_(dim) {}
  void add(std::string_view word, const float* values, const std::string& where) {
    if (const size_t bad = invalid_utf8(word); bad != std::string_view::npos) {
      throw InputError(where, cat("byte ", bad, " of the word's name is not UTF-8"));
    }
    if (vocabulary_.find(word) >= 0) throw InputError(where, cat("the word '", word, "' is there twice"));
    for (int64_t k = 0; k < dim_; ++k) {
      if (!std::isfinite(values[k])) throw InputError(where, cat("number ", k + 1, " of '", word, "' is not finite"));
    }
    vocabulary_.add(word, 0);
    values_.insert(values_.end(), values, values + dim_);
  }
  int64_t size() const { return vocabulary_.size(); }
  VectorTable table() && {
    const auto vectors = torch::empty({size(), dim_}, torch::kFloat32);
    std::memcpy(vectors.data_ptr(), values_.data(), values_.size() * sizeof(float));
    return {.vocabulary = std::move(vocabulary_), .vectors = vectors};
  }

 private:
  int64_t dim_;
  Vocabulary vocabulary_;
  std::vector<float> values_;
};

/// A file read byte by byte and piece by piece, knowing where it is.
class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& path) : reader_(path), name_(path.string()) {}
  std::string here() const { return cat(name_, ": byte ", at_); }
  /// -1 at the end.
  int next() {
    if (used_ == have_ && !fill()) return -1;
    ++at_;
    return static_cast<unsigned char>(buffer_[used_++]);
  }
  void read(void* to, size_t bytes) {
    auto* out = static_cast<char*>(to);
    while (bytes > 0) {
      if (used_ == have_ && !fill())
        throw InputError(here(), cat("the file ends here; expected ", bytes, " more bytes"));
      const size_t part = std::min(bytes, have_ - used_);
      std::memcpy(out, buffer_.data() + used_, part);
      used_ += part;
      at_ += part;
      out += part;
      bytes -= part;
    }
  }
  template <class T>
  T number() {
    T value{};
    read(&value, sizeof value);
    return value;
  }
  std::string until(char end, size_t most) {
    std::string text;
    for (int c = next(); c != static_cast<unsigned char>(end); c = next()) {
      if (c < 0 || text.size() == most) throw InputError(here(), "the file ends, or goes on too long, within a name");
      text += static_cast<char>(c);
    }
    return text;
  }

 private:
  bool fill() {
    have_ = reader_.read(buffer_.data(), buffer_.size());
    used_ = 0;
    return have_ > 0;
  }
  io::ByteReader reader_;
  std::string name_, buffer_ = std::string(1 << 18, '\0');
  size_t used_ = 0, have_ = 0, at_ = 0;
};

}  // namespace

VectorTable read_word2vec_binary(const std::filesystem::path& path, ReadOptions options) {
  Bytes bytes(path);
  const Header header = parse_header(bytes.until('\n', 100), bytes.here());
  const int64_t wanted = options.limit > 0 ? std::min(options.limit, header.words) : header.words;
  Collector rows(header.dim);
  std::vector<float> values(static_cast<size_t>(header.dim));
  while (rows.size() < wanted) {
    const std::string where = cat(bytes.here(), " (word ", rows.size() + 1, " of ", header.words, ")");
    std::string word = bytes.until(' ', kMostName);
    if (word.starts_with('\n')) word.erase(0, 1);
    bytes.read(values.data(), values.size() * sizeof(float));
    rows.add(word, values.data(), where);
  }
  if (wanted == header.words) {
    int rest = bytes.next();
    if (rest == '\n') rest = bytes.next();
    if (rest >= 0) throw InputError(bytes.here(), cat("the file goes on after its ", header.words, " words"));
  }
  return std::move(rows).table();
}

VectorTable read_word2vec_text(const std::filesystem::path& path, ReadOptions options) {
  text::LineReader lines(text::TextSource({path}));
  std::string line;
  if (!lines.next(line)) throw InputError(path.string(), got_expected("an empty file", "a first line 'V D'"));
  const Header header = parse_header(line, lines.place().text());
  const int64_t wanted = options.limit > 0 ? std::min(options.limit, header.words) : header.words;
  Collector rows(header.dim);
  std::vector<float> values(static_cast<size_t>(header.dim));
  while (rows.size() < wanted && lines.next(line)) {
    const std::string where = lines.place().text();
    const size_t space = line.find(' ');
    const char *at = line.data() + std::min(space, line.size()), *end = line.data() + line.size();
    for (int64_t k = 0; k < header.dim; ++k) {
      while (at < end && *at == ' ') ++at;
      const auto parsed = std::from_chars(at, end, values[static_cast<size_t>(k)]);
      if (parsed.ec != std::errc()) {
        throw InputError(where,
                         got_expected(cat(k, " numbers after '", line.substr(0, std::min<size_t>(space, 80)), "'"),
                                      cat(header.dim)));
      }
      at = parsed.ptr;
    }
    while (at < end && *at == ' ') ++at;
    if (at != end) throw InputError(where, got_expected("more numbers", cat(header.dim)));
    rows.add(std::string_view(line).substr(0, space), values.data(), where);
  }
  if (rows.size() < wanted) {
    throw InputError(path.string(), got_expected(cat(rows.size(), " words"), cat(header.words, " by the first line")));
  }
  if (wanted == header.words && lines.next(line) && !line.empty()) {
    throw InputError(lines.place().text(), cat("the file goes on after its ", header.words, " words"));
  }
  return std::move(rows).table();
}

namespace {

constexpr int32_t kFastTextMagic = 793712314, kFastTextVersion = 12;
constexpr std::string_view kFastTextEnd = "</s>";  // what it writes for a line's end: a word without n-grams

struct FastTextHead {
  int32_t dim, bucket, minn, maxn, words;
};

/// Arguments and dictionary; the words go to `vocabulary`.
FastTextHead read_fasttext_head(Bytes& bytes, Vocabulary& vocabulary) {
  const auto refuse = [&](const std::string& what) { throw InputError(bytes.here(), what); };
  if (bytes.number<int32_t>() != kFastTextMagic) refuse("this is no fastText model (its first four bytes are others)");
  const auto version = bytes.number<int32_t>();
  if (version != kFastTextVersion) refuse(got_expected(cat("version ", version), cat(kFastTextVersion)));
  FastTextHead head{};
  head.dim = bytes.number<int32_t>();
  for (int skipped = 0; skipped < 6; ++skipped) bytes.number<int32_t>();  // ws, epoch, minCount, neg, wordNgrams, loss
  bytes.number<int32_t>();                                                // model
  head.bucket = bytes.number<int32_t>();
  head.minn = bytes.number<int32_t>();
  head.maxn = bytes.number<int32_t>();
  bytes.number<int32_t>();  // lrUpdateRate
  bytes.number<double>();   // t
  const auto entries = bytes.number<int32_t>();
  head.words = bytes.number<int32_t>();
  const auto labels = bytes.number<int32_t>();
  bytes.number<int64_t>();  // tokens
  const auto pruned = bytes.number<int64_t>();
  if (labels != 0) refuse(got_expected(cat(labels, " labels"), "none: word vectors, no classifier"));
  if (entries != head.words || head.words <= 0 || head.dim <= 0 || head.dim > kMostDim || head.bucket < 0) {
    refuse(cat("sizes that make no sense: ", entries, " entries, ", head.words, " words, ", head.dim, " dimensions"));
  }
  if (pruned > 0) refuse("this model is pruned; expected a full one");
  for (int32_t i = 0; i < head.words; ++i) {
    const std::string word = bytes.until('\0', kMostName);
    if (invalid_utf8(word) != std::string::npos) refuse(cat("word ", i, " is not UTF-8"));
    vocabulary.add(word, bytes.number<int64_t>());
    bytes.number<int8_t>();
    if (vocabulary.size() != i + 1) refuse(cat("the word '", word, "' is there twice"));
  }
  return head;
}

/// Each word's mean of its row and its n-grams' rows.
torch::Tensor composed(const torch::Tensor& input, const Vocabulary& vocabulary, const SubwordOptions& options) {
  const int64_t V = vocabulary.size(), D = input.size(1);
  const auto vectors = input.narrow(0, 0, V).clone();
  for (int32_t v = 0; v < V; ++v) {
    float* row = vectors.data_ptr<float>() + v * D;
    const auto grams =
        vocabulary.words[v] == kFastTextEnd ? std::vector<int32_t>() : subwords(vocabulary.words[v], options);
    for (const int32_t gram : grams) {
      const float* other = input.const_data_ptr<float>() + (V + gram) * D;
      for (int64_t k = 0; k < D; ++k) row[k] += other[k];
    }
    for (int64_t k = 0; k < D; ++k) row[k] *= 1.0f / static_cast<float>(1 + grams.size());
  }
  return vectors;
}

}  // namespace

VectorTable read_fasttext_bin(const std::filesystem::path& path) {
  Bytes bytes(path);
  VectorTable table;
  const FastTextHead head = read_fasttext_head(bytes, table.vocabulary);
  if (bytes.number<bool>()) throw InputError(bytes.here(), "this model is quantized; expected plain numbers");
  const auto rows = bytes.number<int64_t>(), dim = bytes.number<int64_t>();
  const bool subworded = head.maxn > 0;
  const int64_t expected = head.words + (subworded || rows > head.words ? head.bucket : 0);
  if (dim != head.dim || rows != expected) {
    throw InputError(bytes.here(),
                     got_expected(cat("a matrix [", rows, ", ", dim, "]"), cat("[", expected, ", ", head.dim, "]")));
  }
  if (static_cast<uint64_t>(rows) * static_cast<uint64_t>(dim) * sizeof(float) > std::filesystem::file_size(path)) {
    throw InputError(path.string(), "the file is shorter than its matrix");
  }
  const auto input = torch::empty({rows, dim}, torch::kFloat32);
  bytes.read(input.data_ptr(), static_cast<size_t>(rows * dim) * sizeof(float));
  if (!subworded) {
    table.vectors = input.narrow(0, 0, head.words).clone();
    return table;
  }
  table.subwords = SubwordOptions{.min_n = head.minn, .max_n = head.maxn, .bucket = head.bucket};
  table.ngrams = input.narrow(0, head.words, head.bucket).clone();
  table.vectors = composed(input, table.vocabulary, *table.subwords);
  return table;
}

namespace {

constexpr int64_t kWriteBlock = 4096;

/// write(word, values) for each word.
template <class Write>
void for_each_row(const VectorTable& table, const Write& write) {
  for (int64_t begin = 0; begin < table.size(); begin += kWriteBlock) {
    const auto rows = table.rows(begin, std::min(kWriteBlock, table.size() - begin)).contiguous();
    for (int64_t i = 0; i < rows.size(0); ++i) {
      write(table.vocabulary.words[static_cast<int32_t>(begin + i)], rows.const_data_ptr<float>() + i * table.dim());
    }
  }
}

void write_text(const VectorTable& table, const std::filesystem::path& path, std::string_view line_end) {
  io::AtomicFile file(path);
  file.write(cat(table.size(), " ", table.dim(), "\n"));
  for_each_row(table, [&](std::string_view word, const float* values) {
    std::string line(word);
    for (int64_t k = 0; k < table.dim(); ++k) {
      char number[32];
      const auto end = std::to_chars(number, number + sizeof number, values[k]).ptr;
      line += ' ';
      line.append(number, end);
    }
    file.write(line.append(line_end));
  });
  file.commit();
}

}  // namespace

void write_word2vec_binary(const VectorTable& table, const std::filesystem::path& path) {
  io::AtomicFile file(path);
  file.write(cat(table.size(), " ", table.dim(), "\n"));
  for_each_row(table, [&](std::string_view word, const float* values) {
    std::string row = cat(word, " ");
    row.append(reinterpret_cast<const char*>(values), static_cast<size_t>(table.dim()) * sizeof(float));
    file.write(row += '\n');
  });
  file.commit();
}

void write_word2vec_text(const VectorTable& table, const std::filesystem::path& path) {
  write_text(table, path, "\n");
}

void write_fasttext_vec(const VectorTable& table, const std::filesystem::path& path) {
  write_text(table, path, " \n");
}

}  // namespace cairn::word2vec
