#!/usr/bin/env bash
# Writes shipped/models/words-enwiki: the 20,000 most frequent words of enwiki by the recipe word2vec/sgns, as int8.
# Usage: shipped/make_words.sh RUN, RUN being what `cairn train word2vec/sgns --run RUN` left.
set -euo pipefail
run=$1
model=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/models/words-enwiki
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cairn export "$run" word2vec-text --out "$work/all.txt" --quiet
read -r _ dim <"$work/all.txt"
{ echo "20000 $dim"; sed -n '2,20001p' "$work/all.txt"; } >"$work/words.txt"
cairn import word2vec-text "$work/words.txt" --out "$work/words" --quiet
cairn export "$work/words" vectors-int8 --out "$work/words.safetensors" --quiet
cairn import vectors-int8 "$work/words.safetensors" --out "$work/model" --quiet
mkdir -p "$model"
cp "$work/model/config.json" "$work/model/model.safetensors" "$model/"
