// One sitting of a word2vec run: from its newest checkpoint to its end or to a signal.
#pragma once

#include <memory>
#include <optional>

#include "cairn/base/progress.h"
#include "cairn/io/tensorboard_events.h"
#include "cairn/models/word2vec/rounds.h"
#include "cairn/models/word2vec/word2vec_learner.h"
#include "cairn/train/checkpoint.h"
#include "cairn/train/due.h"
#include "cairn/train/log_file.h"
#include "cairn/train/run_folder.h"

namespace cairn::word2vec {

class Training {
 public:
  /// Writes the corpus as word numbers into the run folder, where it is not there yet.
  Training(Word2VecLearner& learner, const train::TrainConfig& config, train::RunFolder& folder);
  train::TrainResult run();

 private:
  void restore();
  void advance();
  int64_t next_stop() const;
  void end_epoch();
  void write_log();
  void write_metrics(const train::Metrics& metrics, Json line);
  train::Metrics measure(data::Split split, bool final);
  void checkpoint();
  train::TrainResult finish();
  train::TrainResult result(train::Metrics metrics, bool interrupted) const;
  double epochs() const { return static_cast<double>(state_.step) / static_cast<double>(plan_.per_epoch); }
  double lr_at(int64_t round) const;

  Word2VecLearner& learner_;
  train::TrainConfig config_;
  train::RunFolder& folder_;
  std::filesystem::path token_path_;
  std::optional<TokenFile> tokens_;
  RoundPlan plan_;
  int64_t total_ = 0;
  train::CheckpointStore store_;
  std::optional<train::Due> log_due_, evaluate_due_, checkpoint_due_;
  std::unique_ptr<RoundRunner> rounds_;
  train::LoopState state_;
  LossSum window_, epoch_;  // since the last line of the log; since the epoch's begin
  double first_epoch_loss_ = 0, last_epoch_loss_ = 0;
  double window_seconds_ = 0;
  int64_t window_rounds_ = 0;
  std::optional<train::LogFile> log_;
  std::optional<io::EventWriter> events_;
  std::optional<Progress> progress_;
  int64_t checkpointed_ = -1;
};

}  // namespace cairn::word2vec
