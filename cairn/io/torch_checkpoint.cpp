#include "cairn/io/torch_checkpoint.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/torch_objects.h"
#include "cairn/io/zip.h"

namespace cairn::io {

using Kind = PickleValue::Kind;

namespace {

constexpr char kPickleName[] = "/data.pkl";
constexpr char kMagic[] = "0x1950a86a20f9469cfc6c";
constexpr int64_t kOldVersion = 1001;

/// The folder in the archive that everything stands in; "" if this is no checkpoint.
std::string folder_of(const ZipReader& archive) {
  for (const auto& [member, unused] : archive.members()) {
    if (member.ends_with(kPickleName)) return member.substr(0, member.size() - std::strlen(kPickleName));
  }
  return "";
}

TorchCheckpoint result(TorchObjects objects) {
  return {.tensors = std::move(objects.tensors), .values = std::move(objects.values)};
}

TorchCheckpoint parse_zip(std::span<const std::byte> bytes, const std::string& name) {
  const ZipReader archive(bytes, name);
  const std::string folder = folder_of(archive);
  if (folder.empty()) throw InputError(name, "got a zip archive without data.pkl, expected a PyTorch checkpoint");
  if (archive.find(folder + "/constants.pkl")) {
    throw InputError(name, "got a TorchScript program, expected a checkpoint that torch.save wrote");
  }
  if (archive.find(folder + "/byteorder") && archive.read(folder + "/byteorder") != "little") {
    throw InputError(name, "got values in another byte order, expected little-endian ones");
  }
  const std::string member = folder + kPickleName;
  if (!archive.find(member)->stored)
    throw InputError(name, cat("member '", member, "' is compressed, expected it stored"));
  const std::string text = archive.read(member);
  const std::string place = cat(name, ", member '", member, "'");
  const Pickle pickle =
      Pickle::parse({.bytes = std::as_bytes(std::span(text)), .name = place, .known = is_torch_global});
  ZipStorages storages(archive, folder, bytes.size());
  return result(read_torch_objects(pickle, storages, place));
}

/// Pickles behind each other: a magic number, a version, facts of the machine, the objects; then the storages.
TorchCheckpoint parse_old(std::span<const std::byte> bytes, const std::string& name) {
  uint64_t at = 0;
  const auto next = [&] {
    auto pickle = Pickle::parse({.bytes = bytes.subspan(at), .name = name, .first_byte = at, .known = is_torch_global});
    at += pickle.size();
    return pickle;
  };
  if (const Pickle magic = next(); magic.root().text != kMagic) {
    throw InputError(name,
                     "got a pickle that is no PyTorch checkpoint, expected one that begins with its magic number");
  }
  if (const Pickle version = next(); version.root().integer != kOldVersion) {
    throw InputError(name, got_expected(cat("version ", version.root().integer), kOldVersion));
  }
  const Pickle machine = next();
  const auto& facts = machine.root().items;
  for (size_t i = 0; i + 1 < facts.size(); i += 2) {
    if (facts[i]->text == "little_endian" && facts[i + 1]->integer == 0) {
      throw InputError(name, "got values in another byte order, expected little-endian ones");
    }
  }
  const Pickle objects = next();
  BlockStorages storages(bytes, at, objects, name);
  return result(read_torch_objects(objects, storages, name));
}

bool is_old(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && std::to_integer<int>(bytes[1]) <= 5;
}

/// Those whose names begin with `section` and a dot, without it.
TensorMap below(const TensorMap& tensors, const std::string& section) {
  const std::string prefix = section + ".";
  TensorMap found;
  for (auto i = tensors.lower_bound(prefix); i != tensors.end() && i->first.starts_with(prefix); ++i) {
    found[i->first.substr(prefix.size())] = i->second;
  }
  return found;
}

/// The whole file, or the part that `section` or custom says.
TensorMap chosen(const TorchCheckpoint& checkpoint, const std::string& section, const std::string& file) {
  const TensorMap& all = checkpoint.tensors;
  if (section.empty()) {
    for (const char* custom : {"state_dict", "model_state_dict", "model"}) {
      // A dict leaves an entry among the values, so that a module of a plain state dict is not taken for a section.
      if (!checkpoint.values.is_object() || !checkpoint.values.contains(custom)) continue;
      if (auto tensors = below(all, custom); !tensors.empty()) return tensors;
    }
    return all;
  }
  if (auto tensors = below(all, section); !tensors.empty()) return tensors;
  std::set<std::string> sections;
  for (const auto& [name, unused] : all) sections.insert(name.substr(0, name.find('.')));
  const std::vector<std::string> names(sections.begin(), sections.end());
  throw InputError(file, cat("no tensors in section '", section, "'", did_you_mean(section, names)));
}

}  // namespace

bool is_torch_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  if (!is_zip(bytes)) return is_old(bytes);
  return !folder_of(ZipReader(bytes, name)).empty();
}

TorchCheckpoint parse_torch_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  if (is_zip(bytes)) return parse_zip(bytes, name);
  if (is_old(bytes)) return parse_old(bytes, name);
  throw InputError(name, "got a file of another kind, expected a PyTorch checkpoint");
}

TorchCheckpoint read_torch_checkpoint(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_torch_checkpoint(file->bytes(), path.string());
}

TensorMap state_dict_of(const TorchCheckpoint& checkpoint, const std::string& section, const std::string& file) {
  TensorMap tensors = chosen(checkpoint, section, file);
  for (bool changed = true; changed;) {
    changed = false;
    for (const char* wrapper : {"module", "_orig_mod"}) {
      auto inner = below(tensors, wrapper);
      if (inner.empty() || inner.size() != tensors.size()) continue;
      tensors = std::move(inner);
      changed = true;
    }
  }
  return tensors;
}

}  // namespace cairn::io
