"""The prompt: instructions, as much of the documentation as the budget allows, the question."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.common import tokens
from services.common.passages import Passage

INSTRUCTIONS = (
    "You answer questions about Python. Use only the documentation below. Name the passages you "
    "use by their numbers in brackets. If the documentation doesn't answer the question, say so."
)
SEPARATOR = "\n\n"
# Less of a passage than this is not worth its place.
MIN_PASSAGE_TOKENS = 40


@dataclass(frozen=True)
class Prompt:
    """The messages of a chat request, and how many tokens they are to the provider."""

    messages: tuple[dict[str, str], ...]
    tokens: int


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
    return prompt


def _prompt(question: str, blocks: Sequence[str]) -> Prompt:
    content = SEPARATOR.join([*blocks, f"Question: {question}"])
    messages = (
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": content},
    )
    return Prompt(messages, tokens.count_chat(messages))
