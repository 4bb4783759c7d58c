"""An answer without a model: the sentences of the prompt that fit its question best.

Always the same for the same prompt. Longer questions and longer contexts get longer answers, as
they do from a real model.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.common import tokens

QUESTION = re.compile(r"^Question:", re.MULTILINE)
BLOCK = re.compile(r"^\[(\d+)\] ", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
WORD = re.compile(r"[a-z0-9]+")
MIN_WORDS = 4
BASE_TOKENS = 40
TOKENS_PER_CONTEXT_TOKEN = 0.15
TOKENS_PER_QUESTION_TOKEN = 0.7
NOTHING_FOUND = "The documentation given does not answer this question."


@dataclass(frozen=True)
class Sentence:
    """``block`` is the number of the passage it stands in, 0 outside of any."""

    position: int
    block: int
    text: str

    @property
    def cited(self) -> str:
        return f"{self.text} [{self.block}]" if self.block else self.text


@dataclass(frozen=True)
class Answer:
    """``is_cut`` if the limit of tokens ended it."""

    text: str
    tokens: int
    is_cut: bool


def compose(prompt: str, max_tokens: int) -> Answer:
    """Answer a prompt. Its question is what follows the last `Question:`, or its last line."""
    question, context = split(prompt)
    wanted = (
        BASE_TOKENS
        + TOKENS_PER_CONTEXT_TOKEN * tokens.count(context)
        + TOKENS_PER_QUESTION_TOKEN * tokens.count(question)
    )
    chosen = _choose(rank(question, sentences(context)), wanted)
    ordered = sorted(chosen, key=lambda sentence: sentence.position)
    text = " ".join(sentence.cited for sentence in ordered) or NOTHING_FOUND
    cut = tokens.truncate(text, max_tokens)
    return Answer(cut, tokens.count(cut), len(cut) < len(text))


def split(prompt: str) -> tuple[str, str]:
    """A prompt's question and what stands before it."""
    found = list(QUESTION.finditer(prompt))
    if found:
        return prompt[found[-1].end() :].strip(), prompt[: found[-1].start()]
    context, _, question = prompt.rstrip().rpartition("\n")
    return question.strip(), context


def sentences(context: str) -> list[Sentence]:
    """The sentences of at least ``MIN_WORDS`` words, numbered blocks told apart."""
    pieces = BLOCK.split(context)
    blocks = [("0", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    texts = (
        (int(number), text.strip())
        for number, block in blocks
        for text in SENTENCE_END.split(block)
    )
    return [
        Sentence(position, block, text)
        for position, (block, text) in enumerate(texts)
        if len(text.split()) >= MIN_WORDS
    ]


def rank(question: str, found: Sequence[Sentence]) -> list[Sentence]:
    """Best first: rare words shared with the question, in relation to the sentence's length.

    Sentences that share none are left out.
    """
    asked = _words(question)
    spoken = [_words(sentence.text) for sentence in found]
    documents = Counter(word for words in spoken for word in words)

    def score(words: frozenset[str]) -> float:
        shared = sum(math.log1p(len(found) / documents[word]) for word in asked & words)
        return shared / math.sqrt(len(words) or 1)

    scored = [(score(words), sentence) for sentence, words in zip(found, spoken, strict=True)]
    scored.sort(key=lambda pair: -pair[0])
    return [sentence for points, sentence in scored if points > 0]


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.lower()))


def _choose(ranked: Iterable[Sentence], wanted_tokens: float) -> list[Sentence]:
    chosen: list[Sentence] = []
    written = 0
    for sentence in ranked:
        if written >= wanted_tokens:
            break
        chosen.append(sentence)
        written += tokens.count(sentence.cited)
    return chosen
