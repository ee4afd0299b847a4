// The pickle machine: one function an opcode family, every length checked against what is left of the file.
#include "cairn/io/pickle.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"

namespace cairn::io {

using Kind = PickleValue::Kind;

namespace {

constexpr size_t kMaxValues = size_t{1} << 22;
constexpr size_t kMaxName = 256;

}  // namespace

const char* name_of(Kind kind) {
  static constexpr const char* kNames[] = {"None",  "bool", "integer", "number", "text",   "bytes",     "list",
                                           "tuple", "set",  "dict",    "class",  "object", "persistent"};
  return kNames[static_cast<int>(kind)];
}

class PickleMachine {
 public:
  explicit PickleMachine(const PickleSource& source) : source_(source) {}

  Pickle run() {
    while (!pickle_.root_) {
      opcode_at_ = at_;
      step(static_cast<unsigned char>(take(1)[0]));
    }
    pickle_.size_ = at_;
    return std::move(pickle_);
  }

 private:
  // What is left of the source.

  uint64_t place() const { return source_.first_byte + opcode_at_; }

  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(source_.name, cat("byte ", place(), ": ", what));
  }

  std::string_view take(uint64_t count) {
    const uint64_t left = source_.bytes.size() - at_;
    if (count > left) refuse(cat("truncated: ", got_expected(cat(left, " bytes"), count)));
    const std::string_view taken(reinterpret_cast<const char*>(source_.bytes.data()) + at_, count);
    at_ += count;
    return taken;
  }

  /// Little-endian, unsigned.
  uint64_t number(int width) {
    uint64_t value = 0;
    int shift = 0;
    for (const unsigned char byte : take(static_cast<uint64_t>(width))) value |= uint64_t{byte} << shift, shift += 8;
    return value;
  }

  std::string_view line() {
    const size_t left = source_.bytes.size() - at_;
    const std::string_view rest(reinterpret_cast<const char*>(source_.bytes.data()) + at_, std::min(left, kMaxName));
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) refuse("a name without an end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  // The stack. A mark remembers how high it was.

  PickleValue& make(Kind kind) {
    if (pickle_.values_.size() == kMaxValues) refuse(got_expected("more values", cat("at most ", kMaxValues)));
    PickleValue& value = pickle_.values_.emplace_back();
    value.kind = kind;
    value.offset = place();
    return value;
  }

  PickleValue& push(Kind kind) {
    PickleValue& value = make(kind);
    stack_.push_back(&value);
    return value;
  }

  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue* pop() {
    PickleValue* value = top();
    stack_.pop_back();
    return value;
  }

  PickleValue* top() const {
    if (stack_.size() <= floor()) refuse("the stack is empty");
    return stack_.back();
  }

  PickleValue* pop(Kind kind, const char* what) {
    PickleValue* value = pop();
    if (value->kind != kind) refuse(cat(what, ": ", got_expected(name_of(value->kind), name_of(kind))));
    return value;
  }

  std::vector<const PickleValue*> pop_last(size_t count) {
    std::vector<const PickleValue*> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  std::vector<const PickleValue*> pop_to_mark() {
    if (marks_.empty()) refuse("no mark on the stack");
    std::vector<const PickleValue*> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  // Values.

  void push_boolean(int64_t value) { push(Kind::boolean).integer = value; }

  void push_integer(int64_t value) { push(Kind::integer).integer = value; }

  /// Two's complement, little-endian, of any width.
  void push_long(std::string_view bytes) {
    if (bytes.size() <= 8) {
      uint64_t value = 0;
      for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
      const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80);
      if (negative && bytes.size() < 8) value |= ~uint64_t{0} << (8 * bytes.size());
      return push_integer(static_cast<int64_t>(value));
    }
    std::string text = "0x";
    for (size_t i = bytes.size(); i-- > 0;) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    push(Kind::text).text = std::move(text);
  }

  void push_number() {
    uint64_t bits = 0;
    for (const unsigned char byte : take(8)) bits = bits << 8 | byte;
    push(Kind::number).number = std::bit_cast<double>(bits);
  }

  void push_text(std::string_view bytes) {
    std::string text(bytes);
    if (!is_utf8(text)) refuse("got a text that is not UTF-8");
    push(Kind::text).text = std::move(text);
  }

  /// Python 2 wrote texts as bytes.
  void push_old_string(std::string_view bytes) {
    std::string text(bytes);
    const Kind kind = is_utf8(text) ? Kind::text : Kind::bytes;
    push(kind).text = std::move(text);
  }

  void push_bytes(std::string_view bytes) { push(Kind::bytes).text = bytes; }

  void push_tuple(size_t count) {
    auto items = pop_last(count);
    push(Kind::tuple).items = std::move(items);
  }

  void push_items(Kind kind) {
    auto items = pop_to_mark();
    push(kind).items = std::move(items);
  }

  // Containers that grow.

  void add(Kind kind, std::vector<const PickleValue*> items) {
    PickleValue* target = top();
    if (target->kind != kind) refuse(got_expected(cat("items for a ", name_of(target->kind)), name_of(kind)));
    target->items.insert(target->items.end(), items.begin(), items.end());
  }

  void set_items(std::vector<const PickleValue*> items) {
    if (items.size() % 2) refuse("a key without a value");
    const Kind kind = top()->is(Kind::object) ? Kind::object : Kind::dict;
    add(kind, std::move(items));
  }

  // What Python would call.

  void push_global(std::string_view module, std::string_view name) {
    if (!source_.known(module, name)) {
      refuse(cat("got the class or function '", module, ".", name,
                 "', which is not on the list of those that may be named; nothing was executed"));
    }
    push(Kind::global).text = cat(module, ".", name);
  }

  void push_named_global() {
    const std::string_view module = line();
    push_global(module, line());
  }

  void push_stack_global() {
    const PickleValue* name = pop(Kind::text, "name");
    const PickleValue* module = pop(Kind::text, "module");
    if (name->text.size() > kMaxName || module->text.size() > kMaxName) refuse("a name without an end");
    push_global(module->text, name->text);
  }

  void push_object() {
    const PickleValue* arguments = pop(Kind::tuple, "arguments");
    const PickleValue* callable = pop(Kind::global, "callable");
    PickleValue& object = push(Kind::object);
    object.callable = callable;
    object.arguments = arguments;
  }

  void build() {
    const PickleValue* state = pop();
    PickleValue* object = top();
    if (!object->is(Kind::object)) refuse(got_expected(cat("state for a ", name_of(object->kind)), "for an object"));
    if (object->state) refuse("an object's state set twice");
    object->state = state;
  }

  void push_persistent() {
    const PickleValue* id = pop(Kind::tuple, "persistent id");
    push(Kind::persistent).arguments = id;
  }

  // The memo: values to be used again, by number.

  void put(uint64_t key) { memo_[key] = top(); }

  void get(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) refuse(cat("memo has no entry ", key));
    stack_.push_back(found->second);
  }

  void check_protocol(uint64_t version) const {
    if (version > 5) refuse(got_expected(cat("protocol ", version), "up to 5"));
  }

  void stop() {
    const PickleValue* root = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("values left on the stack");
    pickle_.root_ = root;
  }

  // One line an opcode, by pickletools' names.
  // clang-format off
  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: return check_protocol(number(1));                      // PROTO
      case 0x95: return void(number(8));                                // FRAME
      case '.':  return stop();                                         // STOP
      case '(':  return marks_.push_back(stack_.size());                // MARK
      case '0':  return void(pop());                                    // POP
      case '1':  return void(pop_to_mark());                            // POP_MARK
      case 'N':  return void(push(Kind::none));                         // NONE
      case 0x88: return push_boolean(1);                                // NEWTRUE
      case 0x89: return push_boolean(0);                                // NEWFALSE
      case 'J':  return push_integer(static_cast<int32_t>(number(4)));  // BININT
      case 'K':  return push_integer(static_cast<int64_t>(number(1)));  // BININT1
      case 'M':  return push_integer(static_cast<int64_t>(number(2)));  // BININT2
      case 0x8a: return push_long(take(number(1)));                     // LONG1
      case 0x8b: return push_long(take(number(4)));                     // LONG4
      case 'G':  return push_number();                                  // BINFLOAT
      case 'U':  return push_old_string(take(number(1)));               // SHORT_BINSTRING
      case 'T':  return push_old_string(take(number(4)));               // BINSTRING
      case 0x8c: return push_text(take(number(1)));                     // SHORT_BINUNICODE
      case 'X':  return push_text(take(number(4)));                     // BINUNICODE
      case 0x8d: return push_text(take(number(8)));                     // BINUNICODE8
      case 'C':  return push_bytes(take(number(1)));                    // SHORT_BINBYTES
      case 'B':  return push_bytes(take(number(4)));                    // BINBYTES
      case 0x8e: return push_bytes(take(number(8)));                    // BINBYTES8
      case 0x96: return push_bytes(take(number(8)));                    // BYTEARRAY8
      case ')':  return push_tuple(0);                                  // EMPTY_TUPLE
      case 0x85: return push_tuple(1);                                  // TUPLE1
      case 0x86: return push_tuple(2);                                  // TUPLE2
      case 0x87: return push_tuple(3);                                  // TUPLE3
      case 't':  return push_items(Kind::tuple);                        // TUPLE
      case ']':  return void(push(Kind::list));                         // EMPTY_LIST
      case 'a':  return add(Kind::list, pop_last(1));                   // APPEND
      case 'e':  return add(Kind::list, pop_to_mark());                 // APPENDS
      case 0x8f: return void(push(Kind::set));                          // EMPTY_SET
      case 0x90: return add(Kind::set, pop_to_mark());                  // ADDITEMS
      case 0x91: return push_items(Kind::set);                          // FROZENSET
      case '}':  return void(push(Kind::dict));                         // EMPTY_DICT
      case 's':  return set_items(pop_last(2));                         // SETITEM
      case 'u':  return set_items(pop_to_mark());                       // SETITEMS
      case 'c':  return push_named_global();                            // GLOBAL
      case 0x93: return push_stack_global();                            // STACK_GLOBAL
      case 'R':  return push_object();                                  // REDUCE
      case 0x81: return push_object();                                  // NEWOBJ
      case 'b':  return build();                                        // BUILD
      case 'Q':  return push_persistent();                              // BINPERSID
      case 'h':  return get(number(1));                                 // BINGET
      case 'j':  return get(number(4));                                 // LONG_BINGET
      case 'q':  return put(number(1));                                 // BINPUT
      case 'r':  return put(number(4));                                 // LONG_BINPUT
      case 0x94: return put(memo_.size());                              // MEMOIZE
      default: refuse(cat("got opcode 0x", std::hex, int{opcode}, ", expected one of those that hold plain data"));
    }
  }
  // clang-format on

  const PickleSource& source_;
  size_t at_ = 0, opcode_at_ = 0;
  Pickle pickle_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

Pickle Pickle::parse(const PickleSource& source) {
  return PickleMachine(source).run();
}

}  // namespace cairn::io
