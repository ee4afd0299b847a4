#include "cairn/base/version.h"

#include "cairn_version.h"

namespace cairn {

std::string version() {
  return CAIRN_VERSION;
}
std::string code_version() {
  return std::string(CAIRN_VERSION) + CAIRN_COMMIT;
}

}  // namespace cairn
