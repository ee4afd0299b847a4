// What a system's section of `cairn demo` works with.
#pragma once

#include <filesystem>

#include "cairn/base/document.h"

namespace cairn {

namespace vision {
class Page;
}

struct DemoContext {
  vision::Page& page;            ///< the report; a section begins with a heading
  std::filesystem::path folder;  ///< an existing folder of the section's own, for runs and files
  Json& results;                 ///< what the tool prints for this system: {"test.nll": 98.1, ...}
};

}  // namespace cairn
