"""Tokens as OpenAI counts them, with the cl100k vocabulary that lies in rs-bpe's own package."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from rs_bpe.bpe import openai

# What the chat format adds: OpenAI's cookbook, "How to count tokens with tiktoken", for gpt-4.
TOKENS_PER_MESSAGE = 3
TOKENS_BEFORE_REPLY = 3


class Tokenizer(Protocol):
    """The part of rs-bpe's encoding that is used here."""

    def count(self, text: str) -> int: ...

    def encode(self, text: str) -> list[int]: ...

    def decode(self, tokens: list[int]) -> str | None: ...


@lru_cache(maxsize=1)
def cl100k() -> Tokenizer:
    """The encoding of gpt-4. Loading it takes about 0.1 s."""
    encoding: Tokenizer = openai.cl100k_base()
    return encoding


def count(text: str) -> int:
    """How many tokens a text has."""
    return cl100k().count(text)


def count_chat(messages: Sequence[Mapping[str, str]]) -> int:
    """Prompt tokens of a chat request: every message's role and content, and the format's own."""
    return TOKENS_BEFORE_REPLY + sum(
        TOKENS_PER_MESSAGE + count(message["role"]) + count(message["content"])
        for message in messages
    )


def truncate(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that has at most ``limit`` tokens.

    A cut may fall inside a character of several tokens; that character is then left out.
    """
    tokens = cl100k().encode(text)
    if len(tokens) <= limit:
        return text
    for end in range(limit, 0, -1):
        beginning = cl100k().decode(tokens[:end])
        if beginning is not None and count(beginning) <= limit:
            return beginning
    return ""
