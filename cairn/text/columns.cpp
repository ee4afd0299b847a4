#include "cairn/text/columns.h"

namespace cairn::text {

std::vector<std::string> columns_of(std::string_view line, std::string_view separators) {
  std::vector<std::string> columns;
  for (size_t at = 0; (at = line.find_first_not_of(separators, at)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(separators, at), line.size());
    columns.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return columns;
}

}  // namespace cairn::text
