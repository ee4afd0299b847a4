"""Writes tests/golden/bleu.json: what sacreBLEU says of synthetic texts, which the file holds, and of the Multi30k test
sets in CAIRN_DATA, of which it holds the numbers alone.

Usage: CAIRN_DATA=path/to/data python3 tests/golden/make_bleu.py      (pip install sacrebleu==2.6.0)
"""

import gzip
import json
import os
import pathlib

from sacrebleu.metrics import BLEU, CHRF

TOKENIZERS = ["13a", "intl", "char", "zh", "none"]
SETS = ["test_2016_flickr", "test_2017_flickr", "test_2017_mscoco", "test_2018_flickr"]

# Hypothesis, then its references.
CASES = {
    "one_sentence": [["The cat sat on the mat.", "The cat is sitting on the mat."]],
    "two_references": [
        ["the dog bit the man .", "the dog bit the man.", "The dog had bit the man!"],
        ["it wasn't a surprise", "It was not unexpected.", "No one was surprised."],
        ["the man bit him first", "The man bit him first.", "The man had bitten the dog."],
    ],
    "empty_lines": [["", ""], ["", "something"], ["something", ""], ["   ", "\t"], ["a b c d e", "a b c d e"]],
    "all_empty": [["", "a"], ["", ""]],
    "shorter_than_four": [["a b", "a b"], ["c", "c d"]],
    "no_match": [["x y z", "a b c"], ["q", "r"]],
    "numbers": [
        ["It cost $1,234.56 (about 5-10% more).", "It cost 1,234.56 $ (some 5 - 10 % more)."],
        ["v1.2.3-beta, e.g. 3.", "v1.2.3 - beta, e. g. 3 ."],
        ["10.000,5 ... 1..2 ,5 5, .5", "10.000, 5 .. 1.2 , 5 5 , . 5"],
        ["state-of-the-art 9-to-5", "state of the art 9 - to - 5"],
    ],
    "entities": [
        ["&quot;A &amp; B&quot; &lt;skipped&gt; <skipped>&amp;lt;", '"A & B" < skipped > <'],
        ["line-\nbreak and\nmore", "linebreak and more"],
    ],
    "chinese": [
        ["我在2019年12月买了3.5公斤苹果。", "我在 2019 年 12 月买了 3.5 公斤苹果!"],
        ["「你好」、world？（测试）", "「 你好 」, world ?"],
        ["𠀀𠀁漢字ｆｕｌｌ　ｗｉｄｔｈ℃①―“x”", "𠀀 漢 字 full width ℃ ①"],
        [" .5 x ", ".5 x"],
    ],
    "unicode": [
        ["«Straße» – naïve…  ½ ² € ₿ ©®", "„Strasse“ - naive ... 1/2 2 € BTC"],
        ["\u00a0a\u2003b\u200bc\u2028d\u0085e\x1cf", "a b c d e f"],
        ["🙂👍🏽 👨‍👩‍👧 e\u0301 é ẞ İ ǅ", "🙂 👍 e\u0301 É ß i ǆ"],
        ["ΟΔΟΣ ΣΑΣ Σ. ΆΣ\u0301", "οδος σας σ. άς\u0301"],
        ["شكرا، ١٢٣٫٤؟", "شكرا ، ١٢٣ ؟"],
        ["१२,३४ ।दुनिया॥", "१२,३४ । दुनिया ॥"],
        ["a.b,c 'quoted' \"double\" `tick` ^_~{}|\\", "a . b , c ' quoted ' \" double \""],
        ["¿Qué? ¡Sí! 3‰ №5 §7 x²+y³=z±1×2÷3", "¿ Qué ? ¡ Sí ! 3 ‰ № 5 § 7"],
    ],
    "repeated": [["the the the the the the the", "the cat is on the mat", "there is a cat on the mat the the"]],
    "nearest_length": [["a b c d e", "a b c d", "a b c d e f"], ["a b c d e", "a b c d e f g", "a b c"]],
    "punctuated_words": [["(hi) 'tis well-known. ?! - a, !", "(hi ) ' tis well-known ?! - a !"]],
}


def bleu(pairs, **options):
    metric = BLEU(force=True, **options)
    score = metric.corpus_score([p[0] for p in pairs], references_of(pairs))
    return {"score": score.score, "correct": score.counts, "total": score.totals,
            "lengths": [score.sys_len, score.ref_len], "detail": score._verbose,
            "signature": str(metric.get_signature())}


def chrf(pairs, **options):
    metric = CHRF(**options)
    score = metric.corpus_score([p[0] for p in pairs], references_of(pairs))
    return {"score": score.score, "name": score.name, "signature": str(metric.get_signature())}


def references_of(pairs):
    return [list(column) for column in zip(*[p[1:] for p in pairs])]


def numbers(pairs):
    said = {}
    for name in TOKENIZERS:
        said[name] = bleu(pairs, tokenize=name)
        said[name + " lc"] = bleu(pairs, tokenize=name, lowercase=True)
    said["chrF"] = chrf(pairs)
    said["chrF++"] = chrf(pairs, word_order=2)
    said["chrF lc"] = chrf(pairs, lowercase=True, word_order=2)
    said["chrF space"] = chrf(pairs, whitespace=True)
    return said


def smoothed(pairs):
    return {f"{method} {effective}": bleu(pairs, smooth_method=method, effective_order=effective == "eff")
            for method in ["none", "floor", "add-k", "exp"] for effective in ["all", "eff"]}


def damaged(line, i):
    """The rule that the test repeats: lose every seventh word, swap some neighbours, lose every 29th line."""
    if i % 29 == 0:
        return ""
    words = [w for j, w in enumerate(line.split(" ")) if (i + 3 * j) % 7 != 0]
    for k in range(len(words) // 2):
        if (i + k) % 5 == 0:
            words[2 * k], words[2 * k + 1] = words[2 * k + 1], words[2 * k]
    return " ".join(words)


def multi30k(folder):
    said = {}
    for name in SETS:
        for language in ["en", "de"]:
            with gzip.open(folder / f"{name}.{language}.gz", "rt", encoding="utf-8", newline="\n") as file:
                lines = file.read().split("\n")[:-1]
            said[f"{name}.{language}"] = numbers([[damaged(line, i), line] for i, line in enumerate(lines)])
    return said


def listed(entries):
    """JSON with one entry a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


cases = {name: {"segments": pairs, "said": numbers(pairs), "smoothed": smoothed(pairs)}
         for name, pairs in CASES.items()}
sets = multi30k(pathlib.Path(os.environ["CAIRN_DATA"]) / "multi30k")
text = f'{{"cases": {listed(cases)},\n"multi30k": {listed(sets)}}}\n'
(pathlib.Path(__file__).parent / "bleu.json").write_text(text, encoding="utf-8")
