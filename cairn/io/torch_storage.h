// Where a PyTorch checkpoint keeps the numbers of its tensors: members of a zip archive, or, in files from before 2020,
// a list of blocks behind the pickle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include <torch/types.h>

#include "cairn/io/pickle.h"
#include "cairn/io/zip.h"

namespace cairn::io {

/// What a pickle says of a storage: ("storage", class, key, place, count[, view of another one]).
struct StorageClaim {
  std::string key;
  std::optional<torch::ScalarType> type;  ///< none: bytes without a type
  uint64_t bytes = 0;
  uint64_t first = 0;  ///< of a view: its first element in the whole storage

  /// Throws InputError naming `file` for a persistent value that claims something else.
  static StorageClaim of(const PickleValue& persistent, const std::string& file);
};

/// The storages of one checkpoint, each read once, so that tensors that share one do so here too.
class TorchStorages {
 public:
  virtual ~TorchStorages() = default;
  /// The whole storage: uint8 [bytes]. Throws InputError if there is none or it has another size; `file` is where the
  /// claim stands.
  torch::Tensor at(const StorageClaim& claim, const std::string& file);
  /// Bytes of the whole file: no honest checkpoint holds more.
  virtual uint64_t file_bytes() const = 0;

 protected:
  virtual torch::Tensor load(const StorageClaim& claim) = 0;

 private:
  std::map<std::string, torch::Tensor> loaded_;
};

/// Members `folder`/data/KEY.
class ZipStorages : public TorchStorages {
 public:
  ZipStorages(const ZipReader& archive, std::string folder, uint64_t file_bytes)
      : archive_(archive), folder_(std::move(folder)), file_bytes_(file_bytes) {}
  uint64_t file_bytes() const override { return file_bytes_; }

 private:
  torch::Tensor load(const StorageClaim& claim) override;

  const ZipReader& archive_;
  std::string folder_;
  uint64_t file_bytes_;
};

/// Behind the pickle: a pickled list of keys, then for each key its count (int64) and its values.
class BlockStorages : public TorchStorages {
 public:
  /// `at`: where the list begins in `file`. The widths of the values come from what `objects` claims.
  BlockStorages(std::span<const std::byte> file, uint64_t at, const Pickle& objects, const std::string& name);
  uint64_t file_bytes() const override { return file_.size(); }

 private:
  torch::Tensor load(const StorageClaim& claim) override;

  std::span<const std::byte> file_;
  std::string name_;
  std::map<std::string, std::span<const std::byte>> blocks_;
};

}  // namespace cairn::io
