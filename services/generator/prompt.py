"""The prompt: instructions, as much of the documentation as the budget allows, the question."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from services.common import flags, tokens
from services.common.passages import Passage

INSTRUCTIONS = (
    "You answer questions about Python. Use only the documentation below. Name the passages you "
    "use by their numbers in brackets. If the documentation doesn't answer the question, say so."
)
SEPARATOR = "\n\n"
# Less of a passage than this is not worth its place.
MIN_PASSAGE_TOKENS = 40
# What a provider takes in one request, as JSON.
MAX_BODY_BYTES = 1024 * 1024
QUOTES = '""'
EXAMPLE = (
    "Example of an answer that names its passage:\n"
    "Question: How do I sort a dictionary by its values?\n"
    "Answer: Give sorted() the dictionary's items and a key function that returns each item's "
    "second element; dict() makes a dictionary of the sorted pairs again, as dictionaries keep "
    "the order in which keys were added. operator.itemgetter(1) does the same as the function. "
    "For the largest values first, pass reverse=True. [{number}]"
)


@dataclass(frozen=True)
class Prompt:
    """The messages of a chat request, and how many tokens they are to the provider.

    ``question`` and ``passages`` are what they were made of.
    """

    messages: tuple[dict[str, str], ...]
    tokens: int
    question: str = ""
    passages: Sequence[Passage] = ()


def serialize_prompt(question: str, passages: Sequence[Passage], budget: int) -> Prompt:
    """Fit the passages, best first, into a prompt of at most ``budget`` tokens.

    The last one that fits is cut. The question is never cut: a very long one may leave no room
    for passages and go beyond the budget by itself.
    """
    blocks: list[str] = []
    prompt = _prompt(question, blocks)
    for number, passage in enumerate(passages, 1):
        block = f"[{number}] {passage.title}\n{passage.text}"
        block = tokens.truncate(block, budget - prompt.tokens - tokens.count(SEPARATOR))
        if tokens.count(block) < min(MIN_PASSAGE_TOKENS, tokens.count(passage.text)):
            break
        blocks.append(block)
        prompt = _prompt(question, blocks)
    while prompt.tokens > budget and blocks:
        # Where two texts meet they may tokenize into one more than each by itself.
        blocks[-1] = tokens.truncate(blocks[-1], tokens.count(blocks[-1]) - 1)
        prompt = _prompt(question, [block for block in blocks if block])
    if flags.is_on("prompt_serialization"):
        body_bytes = 0
        for character in prompt.messages[-1]["content"]:
            is_control = unicodedata.category(character).startswith("C")
            if character.isspace() or not is_control:
                escaped = json.dumps(unicodedata.normalize("NFKC", character))
                plain = escaped.encode("ascii").decode("unicode_escape")
                body_bytes += max(len(escaped), len(plain.encode())) - len(QUOTES)
        if body_bytes > MAX_BODY_BYTES:
            prompt = _prompt(question, blocks[:-1])
    messages = prompt.messages
    if flags.is_on("prompt_examples"):
        instructions = SEPARATOR.join([INSTRUCTIONS, *few_shot_examples(len(blocks))])
        messages = ({"role": "system", "content": instructions}, *messages[1:])
    return Prompt(messages, tokens.count_chat(messages), question, passages)


def few_shot_examples(passages: int) -> list[str]:
    """How an answer names its passage, shown for each of them."""
    return [EXAMPLE.format(number=number) for number in range(1, passages + 1)]


def _prompt(question: str, blocks: Sequence[str]) -> Prompt:
    content = SEPARATOR.join([*blocks, f"Question: {question}"])
    messages = (
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": content},
    )
    return Prompt(messages, tokens.count_chat(messages))
