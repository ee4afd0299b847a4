// `cairn data`: the catalogue of data sets.
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/catalogue.h"
#include "cairn/tool/command_line.h"

namespace cairn::tool {

namespace {

using data::DataSet;

std::vector<const DataSet*> chosen(const std::string& name) {
  if (!name.empty()) return {&data::data_set_named(name)};
  std::vector<const DataSet*> all;
  for (const DataSet& set : data::catalogue()) all.push_back(&set);
  return all;
}

Json folder_or_null(const DataSet& set) {
  const auto folder = data::find_folder(set);
  return folder ? Json(folder->string()) : Json();
}

int list(const std::string& name, const OutputStyle& style) {
  Json sets = Json::array();
  for (const DataSet* set : chosen(name)) {
    sets.push_back(
        {{"name", set->name}, {"here", folder_or_null(*set)}, {"licence", set->licence}, {"summary", set->summary}});
  }
  print_result(sets, style);
  return 0;
}

int path(const std::string& name, const OutputStyle& style) {
  const std::string folder = data::folder_of(data::data_set_named(name)).string();
  if (style.json) {
    print_result({{"name", name}, {"path", folder}}, style);
  } else {
    std::cout << folder << "\n";
  }
  return 0;
}

/// No set's publisher is asked by this tool, because licences want a person to have read them: it says what to do.
int fetch(const std::string& name, const OutputStyle& style) {
  const DataSet& set = data::data_set_named(name);
  const bool here = data::find_folder(set).has_value();
  if (style.json) {
    print_result({{"name", name}, {"path", folder_or_null(set)}, {"how", data::how_to_get(set)}}, style);
  } else {
    std::cout << (here ? cat(name, " is here: ", data::find_folder(set)->string(), "\n") : data::how_to_get(set));
  }
  return here ? 0 : 1;
}

int verify(const std::string& name, const OutputStyle& style) {
  Json results = Json::array();
  bool whole = true;
  for (const DataSet* set : chosen(name)) {
    if (name.empty() && !data::find_folder(*set)) continue;
    const auto damages = data::damages(*set);
    whole = whole && damages.empty();
    results.push_back({{"name", set->name}, {"whole", damages.empty()}, {"damages", damages}});
  }
  print_result(results, style);
  return whole ? 0 : 1;
}

}  // namespace

int data_verb(const Arguments& arguments) {
  CommandLine line("data");
  std::string action, name;
  line.add("ACTION", &action,
           "list: the sets; path: where one is; fetch: how to get one; verify: its files' checksums");
  line.add("NAME", &name, "a data set");
  if (!line.parse(arguments)) return 0;
  line.require(action, "ACTION");
  if (action == "list") return list(name, line.style());
  if (action == "verify") return verify(name, line.style());
  const std::vector<std::string> actions{"list", "path", "fetch", "verify"};
  if (action != "path" && action != "fetch") {
    throw UsageError("cairn data", cat("unknown action '", action, "'", did_you_mean(action, actions),
                                       "; known: ", join(actions, ", ")));
  }
  line.require(name, "NAME");
  return action == "path" ? path(name, line.style()) : fetch(name, line.style());
}

}  // namespace cairn::tool
