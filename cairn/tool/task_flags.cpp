#include "cairn/tool/task_flags.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::tool {

namespace {

/// Words as typed -> the value an option of `type` reads. Texts stay texts even where they look like numbers.
Json parse(const std::string& type, const std::vector<std::string>& words, const std::string& name) {
  if (type == "text") return words.back();
  if (type == "list of texts") return words;
  const auto parse_word = [&](const std::string& word) {
    return Document::parse_yaml("value: " + word, "--" + name).at("value");
  };
  if (type.rfind("list", 0) != 0) return parse_word(words.back());
  Json list = Json::array();
  for (const auto& word : words) list.push_back(parse_word(word));
  return list;
}

std::string describe(const Field& field) {
  if (field.fallback.is_null() || field.fallback == "") return field.help;
  return cat(field.help, " (default ", field.fallback.dump(), ")");
}

}  // namespace

TaskFlags::TaskFlags(CommandLine& line, Fields& options) : options_(options) {
  using Words = OptionLook::Words;
  for (const Field& field : options.all()) {
    const bool list = field.type.rfind("list", 0) == 0;
    line.add("--" + field.name, &typed_[field.name], describe(field),
             {.type = field.type,
              .group = "Task",
              .words = list                         ? Words::by_target
                       : field.type == "true/false" ? Words::maybe
                                                    : Words::last});
  }
}

void TaskFlags::read() {
  Document document(Json::object(), "command line");
  for (const auto& [name, words] : typed_) {
    if (!words.empty()) document.set(name, parse(options_.find(name)->type, words, name), {"command line", 0});
  }
  options_.read(document, "");
}

}  // namespace cairn::tool
