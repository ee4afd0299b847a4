// A model folder's config.json, up to the options of a network.
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/models/model_folder.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    const auto config = cairn::parse_model_config(cairn::fuzz::text_of(data, size), "fuzz");
    cairn::autoregressive::ModelSpec::from_json(config["model"], "fuzz").to_json();
  });
}
