#include "cairn/models/word2vec/chunk.h"

#include <algorithm>

namespace cairn::word2vec {

void RowNumbers::begin(std::vector<TouchedRow>& touched) {
  base_ += used_;
  used_ = 0;
  touched.clear();
  touched_ = &touched;
  if (base_ < INT32_MAX / 2) return;
  std::fill(numbers_.begin(), numbers_.end(), 0);
  base_ = 1;
}

int32_t RowNumbers::add(int32_t row) {
  const int32_t number = used_++;
  touched_->push_back({.row = row});
  numbers_[static_cast<size_t>(row)] = base_ + number;
  return number;
}

void Chunk::fill(ExampleStream stream, Numbers& numbers) {
  numbers.inputs.begin(inputs_);
  numbers.outputs.begin(outputs_);
  for (auto* list : {&ids_, &begins_, &own_, &columns_}) list->clear();
  truly_.clear();
  falsely_.clear();
  ends_.resize(1);
  for (Example example; stream.next(example);) append(example, numbers);
}

void Chunk::append(const Example& e, Numbers& numbers) {
  for (const int32_t row : e.outputs) columns_.push_back(numbers.outputs.touch(row));
  for (const int32_t row : e.ids) ids_.push_back(numbers.inputs.touch(row));
  begins_.insert(begins_.end(), e.begins.begin(), e.begins.end());
  own_.insert(own_.end(), e.own.begin(), e.own.end());
  truly_.insert(truly_.end(), e.truly.begin(), e.truly.end());
  falsely_.insert(falsely_.end(), e.falsely.begin(), e.falsely.end());
  ends_.push_back({ids_.size(), own_.size(), columns_.size(), e.positives});
}

ExampleView Chunk::operator[](size_t i) const {
  const End &begin = ends_[i], &end = ends_[i + 1];
  const auto part = [](const auto& all, size_t from, size_t to) { return std::span(all).subspan(from, to - from); };
  ExampleView view;
  view.ids = part(ids_, begin.ids, end.ids);
  view.begins = part(begins_, begin.own + i, end.own + i + 1);
  view.own = part(own_, begin.own, end.own);
  view.outputs = part(columns_, begin.columns, end.columns);
  view.truly = part(truly_, begin.columns, end.columns);
  view.falsely = part(falsely_, begin.columns, end.columns);
  view.positives = end.positives;
  return view;
}

}  // namespace cairn::word2vec
