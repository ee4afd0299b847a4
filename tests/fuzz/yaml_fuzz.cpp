// Recipes: YAML with lines remembered, then the sections that every recipe has.
#include "cairn/train/recipe.h"
#include "cairn/train/train_config.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    const auto document = cairn::Document::parse_yaml(cairn::fuzz::text_of(data, size), "fuzz");
    document.to_yaml();
    cairn::train::read_train_config(cairn::train::load_recipe(document, "fuzz").document);
  });
}
