#include "cairn/io/torch_storage.h"

#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/torch_globals.h"

namespace cairn::io {

using Kind = PickleValue::Kind;

namespace {

[[noreturn]] void refuse(const std::string& file, uint64_t offset, const std::string& what) {
  throw InputError(file, cat("byte ", offset, ": ", what));
}

torch::Tensor copy_of(std::span<const std::byte> bytes) {
  auto storage = torch::empty({static_cast<int64_t>(bytes.size())}, torch::kUInt8);
  if (!bytes.empty()) std::memcpy(storage.data_ptr(), bytes.data(), bytes.size());
  return storage;
}

/// A view: (key of its own, first element, count), or None.
uint64_t first_element(const PickleValue& view, const std::string& file) {
  if (view.is(Kind::none)) return 0;
  const bool whole =
      view.is(Kind::tuple) && view.items.size() == 3 && view.items[1]->is(Kind::integer) && view.items[1]->integer >= 0;
  if (!whole) refuse(file, view.offset, "got a storage's view of another form, expected (key, first, count)");
  return static_cast<uint64_t>(view.items[1]->integer);
}

}  // namespace

StorageClaim StorageClaim::of(const PickleValue& persistent, const std::string& file) {
  const auto& id = persistent.arguments->items;
  const auto is = [&](size_t i, Kind kind) { return i < id.size() && id[i]->is(kind); };
  const bool whole = (id.size() == 5 || id.size() == 6) && is(0, Kind::text) && id[0]->text == "storage" &&
                     is(1, Kind::global) && (is(2, Kind::text) || is(2, Kind::integer)) && is(4, Kind::integer);
  if (!whole) refuse(file, persistent.offset, "got a persistent id of another form, expected a storage");
  const TorchGlobal* known = find_torch_global(id[1]->text);
  if (!known || known->role != TorchRole::storage) {
    refuse(file, persistent.offset, got_expected(cat("a storage of class ", id[1]->text), "a storage class"));
  }
  StorageClaim claim{.key = is(2, Kind::text) ? id[2]->text : cat(id[2]->integer), .type = known->type};
  const uint64_t width = known->type ? torch::elementSize(*known->type) : 1;
  if (id[4]->integer < 0 || __builtin_mul_overflow(static_cast<uint64_t>(id[4]->integer), width, &claim.bytes)) {
    refuse(file, persistent.offset, got_expected(cat(id[4]->integer, " elements"), "a number that can be counted"));
  }
  if (id.size() == 6) claim.first = first_element(*id[5], file);
  return claim;
}

torch::Tensor TorchStorages::at(const StorageClaim& claim, const std::string& file) {
  const auto found = loaded_.find(claim.key);
  if (found == loaded_.end()) return loaded_[claim.key] = load(claim);
  const uint64_t bytes = found->second.nbytes();
  if (bytes != claim.bytes) {
    throw InputError(
        file, cat("storage '", claim.key, "': ", got_expected(cat(claim.bytes, " bytes"), cat(bytes, ", as before"))));
  }
  return found->second;
}

torch::Tensor ZipStorages::load(const StorageClaim& claim) {
  const std::string member = cat(folder_, "/data/", claim.key);
  const ZipMember* known = archive_.find(member);
  if (!known) throw InputError(archive_.name(), cat("has no member '", member, "', which a tensor needs"));
  if (!known->stored) {
    throw InputError(archive_.name(),
                     cat("member '", member, "' is compressed, expected it stored, as torch.save does"));
  }
  if (known->size != claim.bytes) {
    throw InputError(archive_.name(),
                     cat("member '", member, "': ", got_expected(cat(known->size, " bytes"), claim.bytes)));
  }
  auto storage = torch::empty({static_cast<int64_t>(claim.bytes)}, torch::kUInt8);
  archive_.read(member, {static_cast<std::byte*>(storage.data_ptr()), claim.bytes});
  return storage;
}

BlockStorages::BlockStorages(std::span<const std::byte> file, uint64_t at, const Pickle& objects,
                             const std::string& name)
    : file_(file), name_(name) {
  std::map<std::string, uint64_t> widths;
  for (const auto& value : objects.values()) {
    if (!value.is(Kind::persistent)) continue;
    const StorageClaim claim = StorageClaim::of(value, name);
    widths[claim.key] = claim.type ? torch::elementSize(*claim.type) : 1;
  }
  const Pickle keys = Pickle::parse(
      {.bytes = file.subspan(at), .name = name, .first_byte = at, .known = [](auto, auto) { return false; }});
  if (!keys.root().is(Kind::list)) refuse(name, at, got_expected(name_of(keys.root().kind), "a list of storages"));
  at += keys.size();
  for (const PickleValue* key : keys.root().items) {
    const std::string text = key->is(Kind::integer) ? cat(key->integer) : key->text;
    const auto width = widths.find(text);
    if (width == widths.end()) refuse(name, key->offset, cat("got storage '", text, "', which no tensor names"));
    int64_t count = 0;
    uint64_t bytes = 0;
    if (file.size() - at < sizeof count) refuse(name, at, cat("truncated before storage '", text, "'"));
    std::memcpy(&count, file.data() + at, sizeof count);
    at += sizeof count;
    const bool fits = count >= 0 && !__builtin_mul_overflow(static_cast<uint64_t>(count), width->second, &bytes) &&
                      bytes <= file.size() - at;
    if (!fits) {
      refuse(name, at - sizeof count,
             cat("storage '", text, "': ",
                 got_expected(cat(count, " elements of ", width->second, " bytes"),
                              cat("at most the ", file.size() - at, " bytes left"))));
    }
    if (!blocks_.emplace(text, file.subspan(at, bytes)).second) refuse(name, at, cat("storage '", text, "' twice"));
    at += bytes;
  }
}

torch::Tensor BlockStorages::load(const StorageClaim& claim) {
  const auto found = blocks_.find(claim.key);
  if (found == blocks_.end()) throw InputError(name_, cat("has no storage '", claim.key, "', which a tensor needs"));
  if (found->second.size() != claim.bytes) {
    throw InputError(
        name_, cat("storage '", claim.key, "': ", got_expected(cat(found->second.size(), " bytes"), claim.bytes)));
  }
  return copy_of(found->second);
}

}  // namespace cairn::io
