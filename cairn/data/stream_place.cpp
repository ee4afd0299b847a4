#include "cairn/data/stream_place.h"

#include "cairn/base/error.h"

namespace cairn::data {

StreamPlace stream_place(const Json& position, int64_t size) {
  const auto whole = [&](const char* key) -> int64_t {
    if (!position.is_object() || !position.contains(key) || !position[key].is_number_integer()) {
      throw InputError("stream position", got_expected(position.dump(), cat("a whole number '", key, "'")));
    }
    return position[key].get<int64_t>();
  };
  const StreamPlace place{whole("epoch"), whole("next")};
  if (place.epoch < 0 || place.next < 0 || place.next >= size) {
    throw InputError("stream position",
                     got_expected(position.dump(), cat("epoch >= 0 and next within the ", size, " of a pass")));
  }
  return place;
}

int64_t drawn_so_far(const Json& position) {
  const bool good = position.is_object() && position.contains("next") && position["next"].is_number_integer() &&
                    position["next"].get<int64_t>() >= 0;
  if (!good) throw InputError("stream position", got_expected(position.dump(), R"({"next": 0 or more})"));
  return position["next"].get<int64_t>();
}

}  // namespace cairn::data
