#include "cairn/tool/peer_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

extern char** environ;

namespace cairn::tool {

namespace {

/// Both ends close in programs that are started meanwhile.
std::pair<int, int> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw EnvironmentError("pipe", std::strerror(errno));
  return {ends[0], ends[1]};
}

std::vector<std::string> environment_for(int64_t threads) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  for (const char* name : {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) {
    std::erase_if(variables, [&](const std::string& entry) { return entry.starts_with(cat(name, "=")); });
    variables.push_back(cat(name, "=", threads));
  }
  variables.emplace_back("PYTHONDONTWRITEBYTECODE=1");
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

double number(const std::string& text, const std::string& line) {
  size_t read = 0;
  try {
    const double value = std::stod(text, &read);
    if (read == text.size()) return value;
  } catch (const std::exception&) {
  }
  throw InputError("peer", got_expected(cat("'", line, "'"), "a number, then name=number for each quality"));
}

/// The last line of a file that says something, or "".
std::string last_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

PeerProcess::PeerProcess(PeerCommand command) : command_(std::move(command)) {
  start();
  if (const std::string line = read_line(); line != "ready") fail(got_expected(cat("'", line, "'"), "'ready'"));
}

PeerProcess::Child::~Child() {
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (id > 0) waitpid(id, nullptr, 0);
}

void PeerProcess::start() {
  const auto [child_in, to_child] = make_pipe();
  const auto [from_child, child_out] = make_pipe();
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, child_in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, child_out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&streams, STDERR_FILENO, command_.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  auto words = command_.words, variables = environment_for(command_.threads);
  pid_t child = -1;
  const int error =
      posix_spawnp(&child, words[0].c_str(), &streams, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&streams);
  close(child_in);
  close(child_out);
  child_.in = to_child;
  child_.out = from_child;
  if (error != 0) throw EnvironmentError(words[0], std::strerror(error));
  child_.id = child;
}

std::string PeerProcess::read_line() {
  for (size_t end = 0; (end = unread_.find('\n')) == std::string::npos;) {
    char bytes[4096];
    const ssize_t count = read(child_.out, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("it ended too early");
    unread_.append(bytes, static_cast<size_t>(count));
  }
  const size_t end = unread_.find('\n');
  const std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

void PeerProcess::fail(const std::string& what) const {
  const std::string said = last_line(command_.log);
  throw EnvironmentError(join(command_.words, " "), said.empty() ? what : cat(what, "; its last words: ", said));
}

Measurement PeerProcess::round() {
  if (write(child_.in, "round\n", 6) != 6) fail("it takes no more rounds");
  try {
    return parse_measurement(read_line());
  } catch (const InputError& error) {
    fail(error.what());
  }
}

Measurement parse_measurement(const std::string& line) {
  const auto words = split(line, ' ');
  Measurement result{.value = number(words[0], line), .quality = {}};
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string::npos) number("", line);
    result.quality.emplace_back(words[i].substr(0, equals), number(words[i].substr(equals + 1), line));
  }
  return result;
}

std::string to_line(const Measurement& measurement) {
  std::string line = exact(measurement.value);
  for (const auto& [name, value] : measurement.quality) line += cat(" ", name, "=", exact(value));
  return line;
}

}  // namespace cairn::tool
