#include "cairn/models/transformer/hf_gpt2.h"

#include <regex>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/model_folder.h"
#include "cairn/models/transformer/hf_folder.h"
#include "cairn/models/transformer/transformer_weights.h"

namespace cairn::transformer {

namespace fs = std::filesystem;

namespace {

constexpr char kLayout[] = "hf-gpt2";
constexpr char kEnd[] = "<|endoftext|>";

/// A part of a layer: its name here and there. Matrices stand transposed there.
struct Part {
  const char *ours, *theirs;
};
constexpr Part kNorms[] = {{"self_attn_layer_norm", "ln_1"}, {"final_layer_norm", "ln_2"}};
constexpr Part kMatrices[] = {{"self_attn.out_proj", "attn.c_proj"}, {"fc1", "mlp.c_fc"}, {"fc2", "mlp.c_proj"}};
constexpr Part kOutside[] = {{"decoder.embed_tokens.weight", "wte.weight"},
                             {"decoder.embed_positions.weight", "wpe.weight"},
                             {"decoder.layer_norm.weight", "ln_f.weight"},
                             {"decoder.layer_norm.bias", "ln_f.bias"}};
/// The parts of their one matrix attn.c_attn, in its order.
constexpr const char* kProjections[] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};

ModelSpec spec_of(const ForeignConfig& config) {
  config.require("scale_attn_weights", true);
  config.require("scale_attn_by_inverse_layer_idx", false);
  config.require("add_cross_attention", false);
  config.require("tie_word_embeddings", true);
  ModelSpec spec;
  auto& c = spec.config;
  c.task = "language_model";
  c.width = config.integer("n_embd");
  c.heads = config.integer("n_head");
  c.decoder_layers = config.integer("n_layer");
  c.feed_forward = config.has("n_inner") ? config.integer("n_inner") : 4 * c.width;
  c.activation = activation_of_hf(config, "activation_function");
  c.norm_eps = config.number("layer_norm_epsilon", c.norm_eps);
  c.norm_first = true;
  c.positions = "learned";
  c.max_length = config.integer("n_positions");
  c.embedding_scale = false;
  c.dropout = config.number("resid_pdrop", c.dropout);
  c.attention_dropout = config.number("attn_pdrop", c.attention_dropout);
  spec.vocabulary = config.integer("vocab_size");
  return spec;
}

/// Takes a tensor out, if it is there.
void move_tensor(io::TensorMap& from, const std::string& name, io::TensorMap& to, const std::string& new_name,
                 bool transpose = false) {
  const auto node = from.extract(name);
  if (!node.empty()) to[new_name] = transpose && node.mapped().dim() == 2 ? node.mapped().t() : node.mapped();
}

void split_projections(io::TensorMap& from, const std::string& theirs, io::TensorMap& to, const std::string& ours) {
  for (const char* kind : {".weight", ".bias"}) {
    const auto node = from.extract(theirs + "attn.c_attn" + kind);
    if (node.empty()) continue;
    const auto& joint = node.mapped();
    if (joint.dim() == 0 || joint.size(-1) % 3 != 0) {
      to[theirs + "attn.c_attn" + kind] = joint;  // unexpected, and will be called so
      continue;
    }
    const auto parts = joint.chunk(3, -1);
    for (size_t k = 0; k < parts.size(); ++k) {
      to[ours + kProjections[k] + kind] = (parts[k].dim() == 2 ? parts[k].t() : parts[k]).contiguous();
    }
  }
}

/// Tensors by our names; those that have none keep theirs, and are refused by them.
io::TensorMap renamed(const io::TensorMap& tensors, int64_t layers, const std::string& source) {
  constexpr std::string_view kPrefix = "transformer.";
  static const std::regex mask(R"(h\.\d+\.attn\.(bias|masked_bias))");  // constants that older files hold
  io::TensorMap theirs, ours;
  for (const auto& [name, tensor] : tensors) {
    const auto short_name = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
    if (!std::regex_match(short_name, mask)) theirs[short_name] = tensor;
  }
  if (const auto embedding = theirs.find("wte.weight"); embedding != theirs.end()) {
    drop_copies(theirs, torch::Tensor(embedding->second), {"lm_head.weight"}, source);
  }
  for (const auto& [our_name, their_name] : kOutside) move_tensor(theirs, their_name, ours, our_name);
  for (int64_t n = 0; n < layers; ++n) {
    const auto from = cat("h.", n, "."), to = cat("decoder.layers.", n, ".");
    split_projections(theirs, from, ours, to);
    for (const char* kind : {".weight", ".bias"}) {
      for (const auto& [our_name, their_name] : kNorms) {
        move_tensor(theirs, from + their_name + kind, ours, to + our_name + kind);
      }
      for (const auto& [our_name, their_name] : kMatrices) {
        move_tensor(theirs, from + their_name + kind, ours, to + our_name + kind, /*transpose=*/true);
      }
    }
  }
  ours.merge(theirs);
  return ours;
}

std::vector<std::string> read_merges(const fs::path& file) {
  constexpr uint64_t kMaxBytes = 64 << 20;
  std::vector<std::string> merges;
  for (auto& line : split(io::read_file(file, kMaxBytes), '\n')) {
    if (!line.empty() && !line.starts_with("#version")) merges.push_back(std::move(line));
  }
  return merges;
}

void import_hf_gpt2(const ImportRequest& request) {
  const auto model = read_hf_model(request, "gpt2");
  auto spec = spec_of(model.config);
  const auto& folder = only_file(request);
  auto tokens = read_hf_vocabulary(folder / "vocab.json", spec.vocabulary);
  spec.first_token = tokens.find(kEnd);
  if (spec.first_token < 0) throw InputError((folder / "vocab.json").string(), cat("no token ", kEnd));
  spec.tokenizer = text::Tokenizer(
      text::BytePairs(std::move(tokens), read_merges(folder / "merges.txt"), (folder / "merges.txt").string()));
  write_imported_transformer(spec, renamed(model.tensors, spec.config.decoder_layers, model.source), request);
}

void require_gpt2(const ModelSpec& spec) {
  const auto& c = spec.config;
  const auto require = [](bool holds, const std::string& got, const char* expected) {
    if (!holds) throw UsageError(kLayout, got_expected("a model with " + got, expected));
  };
  require(!c.translates(), cat("task ", c.task), "language_model");
  require(c.norm_first, "normalisation behind each part", "norm_first");
  require(c.norm == "layer", cat("norm ", c.norm), "layer");
  require(c.attention == "softmax", cat("attention ", c.attention), "softmax");
  require(c.learned_positions(), cat("positions ", c.positions), "learned");
  require(c.bias && !c.output_bias, cat("bias: ", c.bias, ", output_bias: ", c.output_bias), "bias alone");
  require(c.tie != "none", cat("tie: ", c.tie), "all or decoder");
  require(!c.embedding_scale, "embedding_scale", "none");
  require(spec.tokenizer.kind() == text::TokenKind::byte_pairs, "other tokens", "byte_pairs");
}

io::TensorMap tensors_of(io::TensorMap ours, int64_t layers) {
  io::TensorMap theirs;
  const auto name_of = [](const std::string& name) { return "transformer." + name; };
  for (const auto& [our_name, their_name] : kOutside) move_tensor(ours, our_name, theirs, name_of(their_name));
  for (int64_t n = 0; n < layers; ++n) {
    const auto from = cat("decoder.layers.", n, "."), to = name_of(cat("h.", n, "."));
    for (const char* kind : {".weight", ".bias"}) {
      std::vector<torch::Tensor> parts;
      for (const char* part : kProjections) {
        const auto& tensor = ours.at(from + part + kind);
        parts.push_back(tensor.dim() == 2 ? tensor.t() : tensor);
      }
      theirs[to + "attn.c_attn" + kind] = torch::cat(parts, -1);
      for (const auto& [our_name, their_name] : kNorms) {
        move_tensor(ours, from + our_name + kind, theirs, to + their_name + kind);
      }
      for (const auto& [our_name, their_name] : kMatrices) {
        move_tensor(ours, from + our_name + kind, theirs, to + their_name + kind, /*transpose=*/true);
      }
    }
  }
  return theirs;
}

void export_hf_gpt2(const ExportRequest& request) {
  auto spec = ModelSpec::from_json(read_model_config(request.model_folder).at("model"), "config.json");
  read_tokenizers(request.model_folder, spec);
  require_gpt2(spec);
  const auto& c = spec.config;
  const Json config{{"architectures", {"GPT2LMHeadModel"}},
                    {"model_type", "gpt2"},
                    {"vocab_size", spec.vocabulary},
                    {"n_embd", c.width},
                    {"n_head", c.heads},
                    {"n_layer", c.decoder_layers},
                    {"n_inner", c.feed_forward},
                    {"n_positions", c.max_length},
                    {"activation_function", activation_to_hf(c.activation, kLayout)},
                    {"layer_norm_epsilon", c.norm_eps},
                    {"resid_pdrop", c.dropout},
                    {"embd_pdrop", c.dropout},
                    {"attn_pdrop", c.attention_dropout},
                    {"tie_word_embeddings", true},
                    {"bos_token_id", spec.start()},
                    {"eos_token_id", spec.start()}};
  Json vocabulary = Json::object();
  for (int64_t id = 0; id < spec.vocabulary; ++id) vocabulary[spec.tokenizer.byte_pairs()->tokens()[id]] = id;
  io::AtomicFolder folder(request.out);
  io::write_file(folder.path() / "config.json", config.dump(2) + "\n");
  io::write_file(folder.path() / "vocab.json", vocabulary.dump(2) + "\n");
  io::write_file(folder.path() / "merges.txt",
                 "#version: 0.2\n" + join(spec.tokenizer.byte_pairs()->merges(), "\n") + "\n");
  const auto ours = io::read_safetensors(request.model_folder / "model.safetensors").tensors;
  io::write_safetensors(folder.path() / "model.safetensors", tensors_of(ours, c.decoder_layers), {{"format", "pt"}});
  folder.commit();
}

}  // namespace

Layout hf_gpt2_layout() {
  return {.name = kLayout,
          .help = "a folder of GPT-2 as Hugging Face's transformers stores it, with its tokenizer",
          .import_model = import_hf_gpt2,
          .export_model = export_hf_gpt2};
}

}  // namespace cairn::transformer
