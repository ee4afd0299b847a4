// What this build is.
#pragma once

#include <string>

namespace cairn {

/// "0.1.0"
std::string version();
/// The version with the commit it was built from, where that is known: "0.1.0+3dc656c".
std::string code_version();

}  // namespace cairn
