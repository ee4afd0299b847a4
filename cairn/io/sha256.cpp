// SHA-256 by OpenSSL.
#include "cairn/io/sha256.h"

#include <openssl/evp.h>
#include <fstream>
#include <memory>
#include <vector>

#include "cairn/base/error.h"

namespace cairn::io {
namespace {

class Digest {
 public:
  Digest() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }
  void add(const void* data, size_t bytes) { check(EVP_DigestUpdate(context_.get(), data, bytes)); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest, &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  static void check(int ok) {
    if (ok != 1) throw EnvironmentError("sha256", "OpenSSL refused to compute a SHA-256 digest");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::string sha256(const void* data, size_t bytes) {
  Digest digest;
  digest.add(data, bytes);
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw EnvironmentError(path.string(), "cannot be opened for reading");
  Digest digest;
  std::vector<char> block(1 << 20);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    digest.add(block.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) throw EnvironmentError(path.string(), "cannot be read to its end");
  return digest.hex();
}

}  // namespace cairn::io
