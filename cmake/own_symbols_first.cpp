// own_symbols_first IN OUT: copies a shared library so that it binds to its own symbols before those of others
// (DF_SYMBOLIC, as `ld -Bsymbolic` would have set it). For 64-bit ELF of this machine's byte order.
#include <elf.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

namespace {

int fail(const char* message) {
  std::cerr << "own_symbols_first: " << message << "\n";
  return 1;
}

Elf64_Dyn* dynamic_section(std::vector<char>& bytes, size_t& count) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header) return nullptr;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return nullptr;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const size_t at = header.e_phoff + i * sizeof segment;
    if (at + sizeof segment > bytes.size()) return nullptr;
    std::memcpy(&segment, bytes.data() + at, sizeof segment);
    if (segment.p_type != PT_DYNAMIC || segment.p_offset + segment.p_filesz > bytes.size()) continue;
    count = segment.p_filesz / sizeof(Elf64_Dyn);
    return reinterpret_cast<Elf64_Dyn*>(bytes.data() + segment.p_offset);
  }
  return nullptr;
}

/// In the entry of flags, or in a spare one behind the end (one more must follow as the new end).
bool set_symbolic(Elf64_Dyn* entries, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (entries[i].d_tag == DT_FLAGS) {
      entries[i].d_un.d_val |= DF_SYMBOLIC;
      return true;
    }
    if (entries[i].d_tag == DT_NULL) {
      if (i + 1 >= count || entries[i + 1].d_tag != DT_NULL) return false;
      entries[i].d_tag = DT_FLAGS;
      entries[i].d_un.d_val = DF_SYMBOLIC;
      return true;
    }
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("got other arguments, expected IN OUT");
  std::ifstream in(argv[1], std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
  size_t count = 0;
  Elf64_Dyn* entries = dynamic_section(bytes, count);
  if (!entries) return fail("the first file is no 64-bit shared library");
  if (!set_symbolic(entries, count)) return fail("no room for DF_SYMBOLIC in the dynamic section");
  std::ofstream out(argv[2], std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out.flush() ? 0 : fail("the second file cannot be written");
}
