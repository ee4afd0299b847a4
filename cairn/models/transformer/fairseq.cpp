#include "cairn/models/transformer/fairseq.h"

#include <regex>

#include "cairn/base/error.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/transformer/fairseq_config.h"
#include "cairn/models/transformer/transformer_weights.h"
#include "cairn/text/fairseq_dictionary.h"

namespace cairn::transformer {

namespace fs = std::filesystem;

namespace {

constexpr char kLayout[] = "fairseq";
constexpr char kSourceEmbedding[] = "encoder.embed_tokens.weight";
constexpr char kTargetEmbedding[] = "decoder.embed_tokens.weight";
constexpr char kOutput[] = "decoder.output_projection.weight";
const std::vector<std::string> kSides{"encoder", "decoder"};

// ---- dictionaries

struct Dictionary {
  text::Vocabulary words;
  std::string file;
};

struct Dictionaries {
  Dictionary source, target;
  bool joint() const { return source.words.tokens() == target.words.tokens(); }
  int64_t size() const { return std::max(source.words.size(), target.words.size()); }
};

Dictionaries read_dictionaries(const ImportRequest& request) {
  const auto& files = request.files;
  if (files.size() < 2 || files.size() > 3) {
    throw UsageError(kLayout, got_expected(cat(files.size(), files.size() == 1 ? " file" : " files"),
                                           "the checkpoint, then the source's dictionary and the target's, or one"));
  }
  const auto read = [](const fs::path& file) { return Dictionary{text::read_fairseq_dictionary(file), file.string()}; };
  return {read(files[1]), read(files.back())};
}

text::Tokenizer words_of(const Dictionary& dictionary, int64_t size) {
  return {{.kind = text::TokenKind::word, .unknown = text::UnknownRule::map, .line_end = text::kFairseqLineEnd},
          text::filled_up(dictionary.words, size)};
}

void take_dictionaries(const Dictionaries& dictionaries, ModelSpec& spec) {
  if (spec.config.tie == "all" && !dictionaries.joint()) {
    throw InputError(dictionaries.target.file,
                     got_expected("other words than the source's", "the same dictionary (share_all_embeddings)"));
  }
  spec.vocabulary = dictionaries.size();
  spec.padding = dictionaries.target.words.find(text::kFairseqPadding);
  spec.tokenizer = words_of(dictionaries.source, spec.vocabulary);
  if (!dictionaries.joint()) spec.of_target = words_of(dictionaries.target, spec.vocabulary);
}

/// Rows of 0 behind those of the dictionary's tokens.
void fill_up(io::TensorMap& tensors, const std::string& name, const Dictionary& dictionary, int64_t size) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.dim() != 2) return;  // refused with the other tensors
  auto& matrix = found->second;
  if (matrix.size(0) != dictionary.words.size()) {
    throw InputError(dictionary.file, got_expected(cat(dictionary.words.size(), " tokens, the first four counted"),
                                                   cat(matrix.size(0), " as '", name, "' has rows")));
  }
  if (size > matrix.size(0)) {
    matrix = torch::cat({matrix, torch::zeros({size - matrix.size(0), matrix.size(1)}, matrix.options())});
  }
}

void fit_vocabulary(io::TensorMap& tensors, const Dictionaries& dictionaries, ModelSpec& spec) {
  const int64_t size = spec.vocabulary, targets = dictionaries.target.words.size();
  fill_up(tensors, kSourceEmbedding, dictionaries.source, size);
  for (const char* name : {kTargetEmbedding, kOutput}) fill_up(tensors, name, dictionaries.target, size);
  if (targets == size) return;
  spec.config.output_bias = true;
  tensors["output_bias"] = torch::cat({torch::zeros({targets}), torch::full({size - targets}, kNeverLikely)});
}

// ---- tensors

/// Stacks that normalise before their parts were not normalised behind the last layer by early versions.
void require_final_norm(const io::TensorMap& tensors, const std::string& source) {
  const std::pair<const char*, double> least[] = {{"encoder.version", 2}, {"decoder.version", 3}};
  for (const auto& [name, version] : least) {
    const auto found = tensors.find(name);
    const bool there = found != tensors.end() && found->second.numel() == 1;
    const double got = there ? found->second.item<double>() : 1;
    if (got < version) throw InputError(source, cat(name, ": ", got_expected(got, cat(version, " or more"))));
  }
}

/// Buffers, constants, and what version 0.12 keeps twice and overwrites as it reads: they say nothing of the weights.
bool is_no_weight(const std::string& name) {
  static const std::regex buffer(R"((encoder|decoder)\.(version|embed_positions\.(_float_tensor|weights)))");
  static const std::regex copy(R"(encoder\.layers\.\d+\.(in_proj|out_proj|fc1|fc2)_(weight|bias))");
  return std::regex_match(name, buffer) || std::regex_match(name, copy);
}

/// Today's name of a tensor: norms were numbered once, and the output had another name.
std::string present_name(const std::string& name) {
  static const std::regex numbered(R"((encoder|decoder)(\.layers\.\d+\.)layer_norms\.(\d)\.(weight|bias))");
  static const std::map<std::string, std::vector<std::string>> kNorms{
      {"encoder", {"self_attn_layer_norm", "final_layer_norm"}},
      {"decoder", {"self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm"}}};
  if (name == "decoder.embed_out") return kOutput;
  std::smatch parts;
  if (!std::regex_match(name, parts, numbered)) return name;
  const auto& norms = kNorms.at(parts[1]);
  const auto number = static_cast<size_t>(parts[3].str()[0] - '0');
  return number < norms.size() ? cat(parts[1].str(), parts[2].str(), norms[number], ".", parts[4].str()) : name;
}

/// The matrix of an attention's three projections in one, of early versions, is taken apart.
void split_projections(io::TensorMap& tensors) {
  static const std::regex joint(R"((.*_attn\.)in_proj_(weight|bias))");
  io::TensorMap parts;
  std::erase_if(tensors, [&](const auto& entry) {
    const auto& [name, tensor] = entry;
    std::smatch match;
    if (!std::regex_match(name, match, joint) || tensor.dim() == 0 || tensor.size(0) % 3 != 0) return false;
    const auto three = tensor.chunk(3);
    for (size_t k = 0; k < three.size(); ++k) {
      constexpr const char* kProjections[] = {"q_proj.", "k_proj.", "v_proj."};
      parts[cat(match[1].str(), kProjections[k], match[2].str())] = three[k].contiguous();
    }
    return true;
  });
  tensors.merge(parts);
}

void drop_tied(io::TensorMap& tensors, const std::string& tie, const std::string& source) {
  const char* kept = tie == "all" ? kSourceEmbedding : kTargetEmbedding;
  const auto original = tensors.find(kept);
  if (tie == "none" || original == tensors.end()) return;
  std::vector<std::string> copies{kOutput};
  if (tie == "all") copies.emplace_back(kTargetEmbedding);
  drop_copies(tensors, torch::Tensor(original->second), copies, source);
}

/// Learned positions begin at the first one that a token has.
void cut_positions(io::TensorMap& tensors, const ForeignConfig& options, const ModelConfig& c) {
  if (!c.learned_positions()) return;
  for (const auto& side : kSides) {
    const auto found = tensors.find(side + ".embed_positions.weight");
    if (found == tensors.end() || found->second.dim() != 2) continue;
    const std::string key = side == "encoder" ? "max_source_positions" : "max_target_positions";
    const int64_t rows = found->second.size(0) - kFirstFairseqPosition;
    if (options.integer(key, rows) != rows) options.refuse(key, cat(options.integer(key)), cat(rows, ", the tensor's"));
    found->second = found->second.slice(0, kFirstFairseqPosition, kFirstFairseqPosition + c.max_length).contiguous();
  }
}

io::TensorMap renamed(const io::TensorMap& theirs, const std::string& source) {
  io::TensorMap ours;
  for (const auto& [name, tensor] : theirs) {
    if (is_no_weight(name)) continue;
    if (!ours.emplace(present_name(name), tensor).second) {
      throw InputError(source, cat("tensor '", present_name(name), "' is there by its old name and its new one"));
    }
  }
  split_projections(ours);
  return ours;
}

void import_fairseq(const ImportRequest& request) {
  const auto dictionaries = read_dictionaries(request);
  const auto file = request.files.front().string();
  const auto checkpoint = io::read_torch_checkpoint(file);
  const auto options = fairseq_options(checkpoint.values, file);
  auto spec = fairseq_spec(options);
  take_dictionaries(dictionaries, spec);
  const auto theirs = io::state_dict_of(checkpoint, request.section, file);
  if (spec.config.norm_first) require_final_norm(theirs, file);
  auto tensors = renamed(theirs, file);
  cut_positions(tensors, options, spec.config);
  drop_tied(tensors, spec.config.tie, file);
  fit_vocabulary(tensors, dictionaries, spec);
  write_imported_transformer(spec, tensors, request);
}

}  // namespace

Layout fairseq_layout() {
  return {.name = kLayout,
          .help = "a translation model of fairseq: CHECKPOINT.pt dict.SRC.txt dict.TGT.txt, or one dictionary for both",
          .import_model = import_fairseq};
}

}  // namespace cairn::transformer
