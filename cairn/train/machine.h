// What a run was made with: the machine, the library versions, the code.
#pragma once

#include <vector>

#include "cairn/base/document.h"

namespace cairn::train {

/// {"cpu", "cores", "memory_bytes", "system", "libtorch", "cairn", "code"}
Json describe_machine();

/// What must be equal for a resumed run to end in the same bits: {"code", "libtorch", "threads"}.
Json conditions(int64_t threads);
/// One line for each condition that was saved and is another now. A run whose bits do not depend on one saves none of
/// it.
std::vector<std::string> differences(const Json& saved, const Json& now);

}  // namespace cairn::train
