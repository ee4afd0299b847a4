// `cairn run MODEL TASK`: a pipeline's task from a file or stdin to a file or stdout.
#include <filesystem>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/spool.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/model_path.h"
#include "cairn/tool/task_flags.h"

namespace cairn::tool {

namespace {

void print_tasks(const std::string& model, const std::vector<Command>& commands, const OutputStyle& style) {
  if (style.json) {
    Json list = Json::array();
    for (const Command& command : commands) {
      Json options = Json::array();
      for (const Field& field : command.options.all()) {
        options.push_back(
            {{"name", field.name}, {"type", field.type}, {"help", field.help}, {"default", field.fallback}});
      }
      list.push_back({{"name", command.name}, {"help", command.help}, {"options", options}});
    }
    return print_result(list, style);
  }
  std::cout << "Tasks of " << model << " (cairn run MODEL TASK [--in FILE] [--out FILE] [options]):\n";
  for (const Command& command : commands) {
    std::cout << "\n  " << command.name << ": " << command.help << "\n" << command.options.help_text("    --");
  }
}

Command& command_named(std::vector<Command>& commands, const std::string& name) {
  std::vector<std::string> names;
  for (Command& command : commands) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw UsageError("cairn run", cat("unknown task '", name, "'", did_you_mean(name, names),
                                    "; this model has: ", join(names, ", ")));
}

void run_command(const Command& command, Invocation call, const OutputStyle& style) {
  io::Spool spool;
  if (call.in == "-") call.in = command.streams_in ? "/dev/stdin" : spool.stdin_as_file();
  if (call.out == "-") call.out.clear();
  const auto rows = make_row_output(command.writes_out ? "" : call.out, style);
  call.rows = rows.get();
  command.run(call);
  rows->finish();
}

/// The first two words that are no options: MODEL and TASK.
void find_names(const Arguments& arguments, std::string& model, std::string& task) {
  for (const auto& argument : arguments) {
    if (argument.rfind("-", 0) == 0) continue;
    std::string& next = model.empty() ? model : task;
    if (next.empty()) next = argument;
  }
}

}  // namespace

int run_verb(const Arguments& arguments) {
  CommandLine line("run");
  std::string model, task;
  Invocation call;
  line.add("MODEL", &model, "a model folder, a run folder, or a shipped model's name");
  line.add("TASK", &task, "what to do; without it: the list of tasks");
  line.add("--in", &call.in, "the input's file; - is stdin");
  line.add("--out", &call.out, "where results go; - or nothing is stdout");
  line.add("WORDS", &call.words, "what the task takes besides");

  std::string named_model, named_task;
  find_names(arguments, named_model, named_task);
  if (named_model.empty()) {
    if (line.parse(arguments)) line.require(model, "MODEL");
    return 0;
  }
  const auto folder = model_folder(named_model);
  const auto pipeline = system_of(folder).pipeline(folder);
  auto commands = pipeline->commands();
  if (named_task.empty()) {
    line.parse_only(arguments);
    print_tasks(named_model, commands, line.style());
    return 0;
  }
  Command& command = command_named(commands, named_task);
  TaskFlags flags(line, command.options);
  if (!line.parse(arguments)) return 0;
  flags.read();
  run_command(command, std::move(call), line.style());
  return 0;
}

}  // namespace cairn::tool
