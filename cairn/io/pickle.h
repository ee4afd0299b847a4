// Python's pickle format as data: a machine that builds a tree of values and never runs anything.
//
// What a pickle asks Python to call stays a value of kind `object`: which callable, with which arguments and state.
// Only callables on the caller's list are accepted. Opcodes: Python's Lib/pickletools.py, those that protocols 2 to 5
// write for containers, numbers, texts and objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::io {

struct PickleValue {
  enum class Kind { none, boolean, integer, number, text, bytes, list, tuple, set, dict, global, object, persistent };

  Kind kind = Kind::none;
  uint64_t offset = 0;  ///< of the opcode that made it, in bytes of the pickle's file
  int64_t integer = 0;  ///< boolean, integer
  double number = 0;
  /// text (UTF-8), bytes, global ("module.name"). An integer beyond 64 bits is a text too: "0x1950a86a20f9469cfc6c".
  std::string text;
  std::vector<const PickleValue*> items;   ///< list, tuple, set; of dict and object: key, value, key, value, ...
  const PickleValue* callable = nullptr;   ///< object: a global
  const PickleValue* arguments = nullptr;  ///< object: a tuple; persistent: its id
  const PickleValue* state = nullptr;      ///< object: what was set on it afterwards, or null

  bool is(Kind other) const { return kind == other; }
};

struct PickleSource {
  std::span<const std::byte> bytes;  ///< from the pickle's first byte on; more may follow its end
  std::string name;                  ///< of the file, in messages
  uint64_t first_byte = 0;           ///< where `bytes` begin in that file
  /// Whether the pickle may name this module and attribute.
  std::function<bool(std::string_view module, std::string_view name)> known;
};

/// Owns its values; they may refer to each other in circles, as Python's may.
class Pickle {
 public:
  /// Throws InputError naming file and byte for an opcode or a global that is not known, for whatever breaks the
  /// format's rules, and for more than four million values.
  static Pickle parse(const PickleSource& source);

  const PickleValue& root() const { return *root_; }
  const std::deque<PickleValue>& values() const { return values_; }
  uint64_t size() const { return size_; }  ///< bytes it took of the source

 private:
  friend class PickleMachine;
  std::deque<PickleValue> values_;
  const PickleValue* root_ = nullptr;
  uint64_t size_ = 0;
};

/// "text", "list", ...: for messages.
const char* name_of(PickleValue::Kind kind);

}  // namespace cairn::io
