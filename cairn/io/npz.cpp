#include "cairn/io/npz.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/npy.h"

namespace cairn::io {

namespace {

constexpr std::string_view kEnding = ".npy";

torch::Tensor read_member(const ZipReader& archive, const std::string& member, const std::string& name) {
  const std::string bytes = archive.read(member);
  return parse_npy(std::as_bytes(std::span(bytes)), cat(name, ", member '", member, "'"));
}

}  // namespace

bool is_npz(const ZipReader& archive) {
  const auto& members = archive.members();
  return std::any_of(members.begin(), members.end(),
                     [](const auto& member) { return member.first.ends_with(kEnding); });
}

TensorMap parse_npz(std::span<const std::byte> bytes, const std::string& name) {
  const ZipReader archive(bytes, name);
  TensorMap arrays;
  for (const auto& [member, unused] : archive.members()) {
    if (!member.ends_with(kEnding))
      throw InputError(name, got_expected(cat("member '", member, "'"), ".npy files alone"));
    arrays[member.substr(0, member.size() - kEnding.size())] = read_member(archive, member, name);
  }
  return arrays;
}

TensorMap read_npz(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_npz(file->bytes(), path.string());
}

torch::Tensor parse_npz_array(std::span<const std::byte> bytes, const std::string& name,
                              const std::optional<std::string>& array) {
  const ZipReader archive(bytes, name);
  std::vector<std::string> names;
  for (const auto& [member, unused] : archive.members()) {
    if (member.ends_with(kEnding)) names.push_back(member.substr(0, member.size() - kEnding.size()));
  }
  if (!array && names.size() != 1) {
    throw InputError(name, cat("got ", names.size(), " arrays (", join(names, ", "),
                               "), expected one, or its name: ", name, ":NAME"));
  }
  const std::string& wanted = array ? *array : names.front();
  if (std::find(names.begin(), names.end(), wanted) == names.end()) {
    throw InputError(name,
                     cat("no array '", wanted, "'", did_you_mean(wanted, names), "; it holds ", join(names, ", ")));
  }
  return read_member(archive, wanted + std::string(kEnding), name);
}

void write_npz(const std::filesystem::path& path, const TensorMap& arrays, ZipWriter::Method method) {
  ZipWriter archive(method);
  for (const auto& [name, array] : arrays) archive.add_text(name + std::string(kEnding), npy_bytes(array));
  archive.write(path);
}

}  // namespace cairn::io
