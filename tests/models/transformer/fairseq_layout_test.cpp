// Models that fairseq saved (tests/golden/make_fairseq.py): their tokens, logits and texts; and what is refused.
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/transformer/beam_search.h"
#include "cairn/models/transformer/fairseq_config.h"
#include "cairn/models/transformer/transformer_pipeline.h"
#include "tests/models/transformer/layout_test.h"

namespace cairn::transformer {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<int64_t>;

const fs::path kGolden = fs::path(CAIRN_SOURCE_DIR) / "tests/golden/fairseq";

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files{folder / "checkpoint_best.pt", folder / "dict.de.txt"};
  if (fs::exists(folder / "dict.en.txt")) files.push_back(folder / "dict.en.txt");
  return files;
}

Ids ended(const text::Tokenizer& tokenizer, const Json& line) {
  Ids ids;
  tokenizer.encode(line.get<std::string>(), "test", ids);
  ids.push_back(tokenizer.line_end());
  return ids;
}

class Fairseq : public LayoutTest, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    said_ = said_in(kGolden / GetParam());
    folder_ = imported("fairseq", files_of(kGolden / GetParam()));
  }
  Json said_;
  fs::path folder_;
};

TEST_P(Fairseq, NumbersTokensAsItDoes) {
  const auto spec = load_model(folder_).spec;
  for (size_t k = 0; k < said_["texts"].size(); ++k) {
    EXPECT_EQ(ended(spec.tokenizer, said_["texts"][k]), said_["source"][k].get<Ids>());
    EXPECT_EQ(ended(spec.target_tokenizer(), said_["translations"][k]), said_["target"][k].get<Ids>());
  }
}

TEST_P(Fairseq, GivesItsLogits) {
  constexpr double kTolerance = 1e-5;
  const auto loaded = load_model(folder_);
  for (size_t k = 0; k < said_["logits"].size(); ++k) {
    auto before = said_["target"][k].get<Ids>();
    before.insert(before.begin(), loaded.spec.start());
    before.pop_back();
    const auto memory = loaded.network->encode(torch::tensor(said_["source"][k].get<Ids>()).unsqueeze(0), {});
    const auto h = loaded.network->decode(torch::tensor(before).unsqueeze(0), memory);
    const auto logits = loaded.network->logits(h)[0].detach();
    const auto words = static_cast<int64_t>(said_["logits"][k][0].size());
    expect_near(logits.narrow(1, 0, words), said_["logits"][k], kTolerance);
    const auto never = logits.slice(1, words).softmax(1);  // what fills up the smaller dictionary
    EXPECT_EQ(torch::softmax(logits, 1).slice(1, words).sum().item<double>(), 0) << never;
  }
}

TEST_P(Fairseq, WritesWhatItsBeamsWrite) {
  const auto translator = Translator::load(folder_);
  const auto tokenizer = load_model(folder_).spec.target_tokenizer();
  const auto expect = [&](const std::string& name, const BeamOptions& search) {
    const TranslateOptions options{.search = search, .least = {0, 1}, .most = {0, 200}};  // its defaults
    const auto found = translator.translate(said_["searched"].get<std::vector<std::string>>(), options);
    const auto& beams = said_["beams"][name];
    ASSERT_EQ(found.size(), beams.size());
    for (size_t k = 0; k < found.size(); ++k) {
      EXPECT_EQ(ended(tokenizer, found[k][0].text), beams[k]["tokens"].get<Ids>()) << "sentence " << k;
      EXPECT_NEAR(found[k][0].score, beams[k]["score"].get<double>(), 2e-5);
    }
  };
  expect("beam 4", {.beam = 4, .penalty = {PenaltyForm::length, 1}});
  expect("beam 3, alpha 0.5", {.beam = 3, .penalty = {PenaltyForm::length, 0.5}});
}

INSTANTIATE_TEST_SUITE_P(Golden, Fairseq, testing::Values("separate", "joint", "old"),
                         [](const auto& test) { return test.param; });

using FairseqRefuses = LayoutTest;

TEST_F(FairseqRefuses, DictionariesThatDoNotFit) {
  auto folder = copy_of(kGolden / "separate");
  const auto spoilt = [&](const std::string& file, const std::string& text, const std::string& part) {
    const auto before = io::read_file(folder / file, 1 << 20);
    io::write_file(folder / file, before + text);
    refused("fairseq", files_of(folder), part);
    io::write_file(folder / file, before);
  };
  spoilt("dict.de.txt", "neu 1\n", "dict.de.txt] got 21 tokens, the first four counted, expected 20");
  spoilt("dict.en.txt", "new 1\n", "dict.en.txt] got 16 tokens, the first four counted, expected 15");
  spoilt("dict.en.txt", "new\n", "dict.en.txt:12] got 'new', expected 'TOKEN COUNT'");
  const auto [checkpoint, source] = std::pair(folder / "checkpoint_best.pt", folder / "dict.de.txt");
  refused("fairseq", std::vector{checkpoint, folder / "dict.en.txt", source}, "dict.en.txt] got 15 tokens");
  refused("fairseq", checkpoint, "got 1 file, expected the checkpoint, then");
  const auto joint = files_of(kGolden / "joint");
  refused("fairseq", std::vector{joint[0], joint[1], source}, "share_all_embeddings");
}

TEST_F(FairseqRefuses, WhatIsNoCheckpointOfIts) {
  const auto folder = copy_of(kGolden / "separate");
  io::write_torch_checkpoint(folder / "checkpoint_best.pt", {{"encoder.version", torch::tensor({3.})}});
  refused("fairseq", files_of(folder), "got neither of them, expected args or cfg.model");
  // A pickle that asks for os.system.
  io::write_file(folder / "checkpoint_best.pt", std::string("\x80\x02") + "cos\nsystem\nX\x04\0\0\0true\x85R.");
  refused("fairseq", files_of(folder), "os.system");
  io::write_file(folder / "checkpoint_best.pt", "text");
  refused("fairseq", files_of(folder), "expected a PyTorch checkpoint");
}

TEST_F(FairseqRefuses, OtherTensors) {
  // A tensor's name gives way to another of the same length; these two files have no checksums.
  const auto spoilt = [&](const char* model, const std::string& name, const std::string& other,
                          const std::vector<std::string>& parts) {
    const auto folder = copy_of(kGolden / model);
    const auto file = folder / "checkpoint_best.pt";
    auto bytes = io::read_file(file, 1 << 20);
    const size_t at = bytes.find(name);
    ASSERT_NE(at, std::string::npos);
    io::write_file(file, bytes.replace(at, name.size(), other));
    for (const auto& part : parts) refused("fairseq", files_of(folder), part);
  };
  spoilt("old", "encoder.layers.1.fc2.bias", "encoder.layers.1.fc9.bias",
         {"missing tensor 'encoder.layers.1.fc2.bias'", "unexpected tensor 'encoder.layers.1.fc9.bias'"});
  spoilt("old", "decoder.embed_out", "decoder.embed_0ut", {"missing tensor 'decoder.output_projection.weight'"});
  spoilt("old", "decoder.layers.0.self_attn.in_proj_bias", "decoder.layers.0.self_attn.in_proj_dias",
         {"missing tensor 'decoder.layers.0.self_attn.k_proj.bias'"});
  spoilt("old", "encoder.layers.0.layer_norms.1.bias", "encoder.layers.0.layer_norms.7.bias", {"layer_norms.7.bias"});
  spoilt("joint", "decoder.version", "decoder.versi0n", {"decoder.version: got 1, expected 3 or more"});
  spoilt("joint", "encoder.layer_norm.bias", "encoder.layer_n0rm.bias", {"missing tensor 'encoder.layer_norm.bias'"});
}

/// The options of a golden checkpoint, changed.
ModelSpec spec_with(const Json& changes) {
  auto values = io::read_torch_checkpoint(kGolden / "separate/checkpoint_best.pt").values;
  values["args"].update(changes);
  return fairseq_spec(fairseq_options(values, "x.pt"));
}

TEST_F(FairseqRefuses, OtherNetworks) {
  const auto refuses = [](const Json& changes, const std::string& part) {
    try {
      spec_with(changes);
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("[x.pt, args] " + part), std::string::npos) << error.what();
    }
  };
  refuses({{"arch", "transformer_lm_gpt"}}, "arch: got transformer_lm_gpt");
  refuses({{"arch", "fconv_iwslt_de_en"}}, "arch: got fconv_iwslt_de_en");
  refuses({{"layernorm_embedding", true}}, "layernorm_embedding: got true, expected false");
  refuses({{"adaptive_softmax_cutoff", {10, 20}}}, "adaptive_softmax_cutoff: got [10,20], expected none");
  refuses({{"cross_self_attention", true}}, "cross_self_attention: got true");
  refuses({{"decoder_normalize_before", true}}, "decoder_normalize_before: got true, expected false");
  refuses({{"decoder_learned_pos", true}}, "decoder_learned_pos: got true, expected false");
  refuses({{"decoder_attention_heads", 4}}, "decoder_attention_heads: got 4, expected 2");
  refuses({{"activation_fn", "mish"}}, "activation_fn: got mish, expected relu");
  refuses({{"encoder_layers", nullptr}}, "encoder_layers: got nothing, expected a value");
  refuses({{"encoder_embed_dim", "wide"}}, "encoder_embed_dim: got \"wide\"");
}

TEST(FairseqOptions, SayTheNetwork) {
  const auto c = spec_with({{"activation_fn", "gelu_accurate"},
                            {"relu_dropout", 0.2},
                            {"no_scale_embedding", true},
                            {"encoder_layerdrop", 0.1},
                            {"no_token_positional_embeddings", true},
                            {"share_all_embeddings", true}})
                     .config;
  EXPECT_EQ(c.activation, "gelu_tanh");
  EXPECT_EQ(c.activation_dropout, 0.2);
  EXPECT_FALSE(c.embedding_scale);
  EXPECT_EQ(c.positions, "none");
  EXPECT_EQ(c.tie, "all");
  EXPECT_EQ(c.max_length, 48);
  const Json groups{{"_name", "transformer"},
                    {"encoder", {{"embed_dim", 8}, {"attention_heads", 2}, {"ffn_embed_dim", 12}, {"layers", 3}}},
                    {"decoder", {{"embed_dim", 8}, {"layers", 1}}}};
  const auto grouped = fairseq_spec(fairseq_options({{"args", nullptr}, {"cfg", {{"model", groups}}}}, "x.pt")).config;
  EXPECT_EQ(grouped.encoder_layers, 3);
  EXPECT_EQ(grouped.tie, "none");
}

}  // namespace
}  // namespace cairn::transformer
