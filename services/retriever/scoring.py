"""How well a passage answers a question: its words, in order, against the question's.

A local alignment as for sequences of amino acids: Smith and Waterman (1981), with Gotoh's (1982)
affine gaps. Words that match count as much as they are rare in the corpus. On the questions in
seed/ it lifts hit@5 from 0.80 (vectors alone) to 0.86. Its cost grows with the number of words in
question and passage multiplied.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from services.common import flags
from services.common.passages import Passage
from services.retriever.fingerprint import fingerprint, likeness
from services.retriever.repeats import distinct

WORD = re.compile(r"[a-z]+|[0-9]+")
SUFFIXES = ("ing", "ies", "es", "ed", "s")
MIN_STEM_CHARS = 3
MISMATCH = 0.5
GAP_OPEN = 0.3
GAP_EXTEND = 0.05
# How much the alignment (0 to 1) counts beside the cosine similarity.
ALIGNMENT_WEIGHT = 0.5
# Fingerprints are compared and don't count yet: nothing in seed/ was found better with them.
LIKENESS_WEIGHT = 0.0


def words(text: str) -> list[str]:
    """Lower-case word stems in order; identifiers fall into their parts, as in `lru_cache`."""
    return [_stem(word) for word in WORD.findall(text.lower())]


def _stem(word: str) -> str:
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= MIN_STEM_CHARS:
            return word[: -len(suffix)]
    return word


class Rarity:
    """Inverse document frequency over a corpus, as BM25 has it (Robertson and Walker, 1994)."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._documents: Counter[str] = Counter()
        self._total = 0
        for text in texts:
            self._total += 1
            self._documents.update(set(words(text)))

    def of(self, word: str) -> float:
        """0 or more; the rarer the word, the more."""
        documents = self._documents[word]
        return math.log1p((self._total - documents + 0.5) / (documents + 0.5))


def alignment(question: Sequence[str], weights: Sequence[float], passage: Sequence[str]) -> float:
    """The score of the best local alignment; a match of question[i] counts weights[i]."""
    best = 0.0
    above = [0.0] * len(passage)
    gaps_above = [0.0] * len(passage)
    for word, weight in zip(question, weights, strict=True):
        diagonal = left = gap_left = 0.0
        for column, other in enumerate(passage):
            up = above[column]
            gap_up = max(gaps_above[column] - GAP_EXTEND, up - GAP_OPEN)
            gap_left = max(gap_left - GAP_EXTEND, left - GAP_OPEN)
            met = diagonal + (weight if word == other else -MISMATCH)
            left = max(met, gap_up, gap_left, 0.0)
            diagonal = up
            above[column] = left
            gaps_above[column] = gap_up
            if left > best:
                best = left
    return best


def score(question: str, passages: Sequence[Passage], rarity: Rarity) -> list[Passage]:
    """The passages with new scores, best first; the order given decides between equals.

    A score is the cosine similarity that the passage came with plus the weighted share of the
    question that aligns, scaled so that 1 is the most there can be. A passage that has the same
    words as one before it is left out.
    """
    asked = words(question)
    weights = [rarity.of(word) for word in asked]
    most = sum(weights) or 1.0
    texts = [words(f"{passage.title} {passage.text}") for passage in passages]
    alike = _likenesses(question, passages)
    scored = []
    for place in distinct(texts):
        aligned = alignment(asked, weights, texts[place]) / most
        combined = _combine(passages[place].score, aligned, alike[place])
        scored.append(passages[place].model_copy(update={"score": combined}))
    return sorted(scored, key=lambda passage: -passage.score)


def _likenesses(question: str, passages: Sequence[Passage]) -> list[float]:
    if not flags.is_on("rerank_features"):
        return [0.0] * len(passages)
    asked = fingerprint(question)
    return [likeness(asked, fingerprint(passage.text)) for passage in passages]


def _combine(similarity: float, aligned: float, alike: float) -> float:
    combined = max(similarity, 0.0) + ALIGNMENT_WEIGHT * aligned + LIKENESS_WEIGHT * alike
    return round(combined / (1 + ALIGNMENT_WEIGHT + LIKENESS_WEIGHT), 6)
