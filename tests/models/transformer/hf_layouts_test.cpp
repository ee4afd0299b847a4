// Models that transformers saved (tests/golden/make_hf_transformers.py): their tokens, logits and texts; there and
// back.
#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/transformer/beam_search.h"
#include "cairn/models/transformer/sampling.h"
#include "cairn/models/transformer/transformer_pipeline.h"
#include "cairn/models/transformer/transformer_runner.h"
#include "cairn/models/transformer/transformer_weights.h"
#include "cairn/nn/state_dict.h"
#include "cairn/train/checkpoint.h"
#include "tests/models/transformer/layout_test.h"
#include "tests/models/transformer/small_model.h"

namespace cairn::transformer {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<int64_t>;

const fs::path kGolden = fs::path(CAIRN_SOURCE_DIR) / "tests/golden/hf";

Json said_of(const std::string& name) {
  return said_in(kGolden / name);
}

class HfLayout : public LayoutTest {
 protected:
  fs::path exported(const std::string& layout, const fs::path& model) {
    const auto out = new_path("out");
    layout_named(layout).export_model({.model_folder = model, .out = out});
    return out;
  }
  /// A copy of a golden folder to be spoilt.
  fs::path copy_of(const std::string& name) { return LayoutTest::copy_of(kGolden / name); }
  static void change_config(const fs::path& folder, const Json& changes) {
    auto json = Json::parse(io::read_file(folder / "config.json", 1 << 20));
    json.update(changes);
    io::write_file(folder / "config.json", json.dump());
  }
};

class Marian : public HfLayout {
 protected:
  static void expect_what_was_said(const fs::path& folder) {
    const Json said = said_of("marian");
    const auto loaded = load_model(folder);
    for (size_t k = 0; k < said["texts"].size(); ++k) {
      Ids ids;
      loaded.spec.tokenizer.encode(said["texts"][k].get<std::string>(), "test", ids);
      ids.push_back(loaded.spec.tokenizer.line_end());
      EXPECT_EQ(ids, said["source"][k].get<Ids>()) << said["texts"][k];
      if (k >= said["decoded"].size()) continue;
      ids.pop_back();
      EXPECT_EQ(loaded.spec.tokenizer.decode(ids), said["decoded"][k].get<std::string>());
    }
    const int64_t V = static_cast<int64_t>(said["logits"][0][0].size());
    for (size_t k = 0; k < said["logits"].size(); ++k) {
      auto target = said["target"][k].get<Ids>();
      target.insert(target.begin(), loaded.spec.start());
      target.pop_back();
      const auto memory = loaded.network->encode(torch::tensor(said["source"][k].get<Ids>()).unsqueeze(0), {});
      const auto h = loaded.network->decode(torch::tensor(target).unsqueeze(0), memory);
      expect_near(loaded.network->logits(h)[0].narrow(1, 0, V), said["logits"][k], 1e-5);
      Ids ids;
      loaded.spec.target_tokenizer().encode(said["texts"][k].get<std::string>(), "test", ids);
      ids.push_back(loaded.spec.tokenizer.line_end());
      EXPECT_EQ(ids, said["target"][k].get<Ids>());
    }
  }

  static void expect_beams(const fs::path& folder, const std::string& name, const BeamOptions& options) {
    const Json said = said_of("marian");
    const auto loaded = load_model(folder);
    const TransformerRunner runner(loaded.network);
    std::vector<Ids> sources;
    std::vector<Request> requests;
    for (size_t k = 0; k < said["beams"][name].size(); ++k) {
      sources.push_back(said["source"][k].get<Ids>());
      requests.push_back({.most = 60});
    }
    const Symbols symbols{.start = loaded.spec.start(), .end = 0, .barred = {loaded.spec.start()}};
    const auto found = beam_search(*runner.start(runner.encode(sources)), symbols, requests, options);
    EXPECT_EQ(found.size(), 100U);
    for (size_t k = 0; k < found.size(); ++k) {
      auto ids = found[k].front().tokens;
      ids.push_back(symbols.end);
      EXPECT_EQ(ids, said["beams"][name][k].get<Ids>()) << "sentence " << k;
    }
  }
};

TEST_F(Marian, GivesWhatTransformersGives) {
  expect_what_was_said(imported("hf-marian", kGolden / "marian"));
}

TEST_F(Marian, WritesWhatTransformersWrites) {
  const auto folder = imported("hf-marian", kGolden / "marian");
  const LengthPenalty length{PenaltyForm::length, 1}, less{PenaltyForm::length, 0.6};
  expect_beams(folder, "greedy", {.beam = 1, .penalty = length});
  expect_beams(folder, "beam 4, first", {.beam = 4, .penalty = length, .stop = BeamStop::first});
  expect_beams(folder, "beam 5, likely", {.beam = 5, .penalty = less, .stop = BeamStop::likely});
}

TEST_F(Marian, ThereAndBackIsTheSameNetwork) {
  const auto model = imported("hf-marian", kGolden / "marian");
  const auto out = exported("hf-marian", model);
  expect_what_was_said(imported("hf-marian", out));
  const auto before = io::read_safetensors(kGolden / "marian/model.safetensors").tensors;
  const auto after = io::read_safetensors(out / "model.safetensors").tensors;
  for (const auto& [name, tensor] : before) EXPECT_TRUE(torch::equal(after.at(name), tensor)) << name;
}

TEST_F(Marian, PyTorchFilesAreReadToo) {
  const auto folder = copy_of("marian");
  io::write_torch_checkpoint(folder / "pytorch_model.bin", io::read_safetensors(folder / "model.safetensors").tensors);
  fs::remove(folder / "model.safetensors");
  expect_what_was_said(imported("hf-marian", folder));
}

/// Pieces of words and any positions, from a start that is no padding.
class OurMarian : public Marian, public testing::WithParamInterface<const char*> {};

TEST_P(OurMarian, TranslatesTheSameAsBefore) {
  auto loaded = small_model({.positions = GetParam(), .max_length = 40, .tie = "all"});
  const auto golden = imported("hf-marian", kGolden / "marian");
  loaded.spec.tokenizer = text::Tokenizer({.kind = text::TokenKind::sentencepiece, .unknown = text::UnknownRule::map},
                                          *load_model(golden).spec.tokenizer.pieces());
  loaded.spec.vocabulary = loaded.spec.tokenizer.size();
  loaded.network = make_network(loaded.spec);
  {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(3);
    for (auto& parameter : loaded.network->parameters()) parameter.add_(0.3 * torch::randn_like(parameter));
  }
  const auto folder = new_path("ours");
  fs::create_directory(folder);
  train::write_model_files(folder,
                           {.config = {{"system", "transformer"}, {"format", 1}, {"model", loaded.spec.to_json()}},
                            .tensors = nn::state_dict(*loaded.network)});
  loaded.spec.write_tokenizers(folder);
  const auto back = Translator::load(imported("hf-marian", exported("hf-marian", folder)));
  const auto before = Translator::load(folder);
  const std::vector<std::string> lines{"the dog runs", "eine Katze", "", "grass grass green"};
  const auto expected = before.translate(lines), found = back.translate(lines);
  for (size_t k = 0; k < lines.size(); ++k) {
    EXPECT_EQ(found[k][0].text, expected[k][0].text);
    EXPECT_NEAR(found[k][0].score, expected[k][0].score, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Positions, OurMarian, testing::Values("sinusoidal", "sinusoidal_halves", "learned", "none"));

TEST_F(Marian, OtherNetworksAreRefused) {
  const auto spoilt = [&](const Json& changes, const std::string& part) {
    const auto folder = copy_of("marian");
    change_config(folder, changes);
    refused("hf-marian", folder, part);
  };
  spoilt({{"model_type", "bart"}}, "model_type: got bart, expected marian");
  spoilt({{"normalize_before", true}}, "normalize_before: got true, expected false");
  spoilt({{"decoder_attention_heads", 2}}, "decoder_attention_heads: got 2, expected 4");
  spoilt({{"share_encoder_decoder_embeddings", false}}, "share_encoder_decoder_embeddings");
  spoilt({{"activation_function", "mish"}}, "activation_function: got mish");
  spoilt({{"eos_token_id", 1}}, "eos_token_id: got 1, expected 0");
  spoilt({{"d_model", "wide"}}, "d_model: got \"wide\"");
  spoilt({{"vocab_size", 12}}, "tokens, expected 12");
  spoilt({{"encoder_layers", 3}}, "missing tensor 'encoder.layers.2.");
  spoilt({{"decoder_layers", 1}}, "unexpected tensor 'decoder.layers.1.");
  spoilt({{"encoder_ffn_dim", 1 << 30}, {"decoder_ffn_dim", 1 << 30}}, "got sizes that need a tensor of");
  spoilt({{"max_position_embeddings", 1 << 30}}, "got sizes that need a tensor of");
  auto folder = copy_of("marian");
  fs::remove(folder / "model.safetensors");
  refused("hf-marian", folder, "model.safetensors or pytorch_model.bin");
  folder = copy_of("marian");
  auto tensors = io::read_safetensors(folder / "model.safetensors").tensors;
  tensors["lm_head.weight"] = tensors.at("model.shared.weight") + 1;
  io::write_safetensors(folder / "model.safetensors", tensors);
  refused("hf-marian", folder, "'lm_head.weight'");
  refused("hf-marian", folder / "config.json", "no folder");
}

class Gpt2 : public HfLayout {
 protected:
  static void expect_what_was_said(const fs::path& folder) {
    const Json said = said_of("gpt2");
    const auto loaded = load_model(folder);
    for (size_t k = 0; k < said["texts"].size(); ++k) {
      const auto text = said["texts"][k].get<std::string>();
      Ids ids;
      loaded.spec.tokenizer.encode(text, "test", ids);
      EXPECT_EQ(ids, said["ids"][k].get<Ids>()) << text;
      EXPECT_EQ(loaded.spec.tokenizer.decode(ids), text);
    }
    for (size_t k = 0; k < said["logits"].size(); ++k) {
      const auto x = torch::tensor(said["contexts"][k].get<Ids>()).unsqueeze(0);
      expect_near(loaded.network->logits(loaded.network->decode(x))[0], said["logits"][k], 1e-5);
    }
    const TransformerRunner runner(loaded.network);
    for (size_t k = 0; k < said["greedy"].size(); ++k) {
      const auto expected = said["greedy"][k].get<Ids>(), context = said["contexts"][k].get<Ids>();
      const Request request{.prefix = {context.begin() + 1, context.end()},
                            .most = static_cast<int64_t>(expected.size()) - 1};
      const auto found = sample(*runner.start(), {.start = context.front()}, {request}, {.temperature = 0}).front();
      EXPECT_EQ(found.tokens, Ids(expected.begin() + 1, expected.end()));
    }
  }
};

TEST_F(Gpt2, GivesWhatTransformersGives) {
  expect_what_was_said(imported("hf-gpt2", kGolden / "gpt2"));
}

TEST_F(Gpt2, ThereAndBackKeepsEveryTensor) {
  const auto out = exported("hf-gpt2", imported("hf-gpt2", kGolden / "gpt2"));
  expect_what_was_said(imported("hf-gpt2", out));
  const auto before = io::read_safetensors(kGolden / "gpt2/model.safetensors").tensors;
  const auto after = io::read_safetensors(out / "model.safetensors").tensors;
  EXPECT_EQ(before.size(), after.size());
  for (const auto& [name, tensor] : before) EXPECT_TRUE(torch::equal(after.at(name), tensor)) << name;
}

TEST_F(Gpt2, WritesAndScoresText) {
  const auto generator = TextGenerator::load(imported("hf-gpt2", kGolden / "gpt2"));
  const auto text = generator.sample({.prefix = "the dog\nruns", .length = 80, .drawn = {.top_k = 20}});
  EXPECT_TRUE(text.starts_with("the dog\nruns"));
  EXPECT_EQ(generator.score({"the dog", ""})[1].tokens, 1);
}

TEST_F(Gpt2, OtherNetworksAreRefused) {
  const auto spoilt = [&](const Json& changes, const std::string& part) {
    const auto folder = copy_of("gpt2");
    change_config(folder, changes);
    refused("hf-gpt2", folder, part);
  };
  spoilt({{"scale_attn_by_inverse_layer_idx", true}}, "scale_attn_by_inverse_layer_idx: got true");
  spoilt({{"n_layer", 1}}, "unexpected tensor 'h.1.attn.c_attn.bias'");
  spoilt({{"n_layer", 3}}, "missing tensor 'decoder.layers.2.");
  spoilt({{"vocab_size", 3}}, "tokens, expected 3");
  spoilt({{"n_positions", 1 << 30}}, "got sizes that need a tensor of");
  spoilt({{"n_inner", 1 << 30}}, "got sizes that need a tensor of");
  const auto folder = copy_of("gpt2");
  io::write_file(folder / "merges.txt", "#version: 0.2\nno such\n");
  refused("hf-gpt2", folder, "merge 1: got 'no such'");
}

TEST_F(HfLayout, WhatALayoutCannotSayIsRefused) {
  const auto model = imported("hf-marian", kGolden / "marian");
  EXPECT_THROW(exported("hf-gpt2", model), UsageError);
  EXPECT_THROW(exported("hf-marian", imported("hf-gpt2", kGolden / "gpt2")), UsageError);
}

}  // namespace
}  // namespace cairn::transformer
