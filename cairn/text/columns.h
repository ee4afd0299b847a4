// A line taken apart at spaces, tabs or whatever else stands between its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::text {

/// What stands between any of the characters of `separators`, in order; empty pieces are left out.
std::vector<std::string> columns_of(std::string_view line, std::string_view separators = " \t");

}  // namespace cairn::text
