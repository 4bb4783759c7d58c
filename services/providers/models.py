"""The requests of OpenAI's and Pinecone's interfaces, as far as they are understood."""

from typing import Any

from pydantic import BaseModel, Field

MAX_VECTORS = 1000
MAX_TOP_K = 10_000


class Part(BaseModel):
    """A piece of a message."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message of the chat."""

    role: str = Field(pattern="^(system|developer|user|assistant)$")
    content: str | list[Part]

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content)


class ChatRequest(BaseModel):
    """The part of OpenAI's request that is understood; the rest is ignored."""

    model: str
    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    n: int | None = Field(None, ge=1, le=1)
    stream: bool = False

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


class VectorBody(BaseModel):
    """A vector as it is sent."""

    id: str = Field(min_length=1, max_length=512)
    values: list[float]
    metadata: dict[str, Any] = {}


class UpsertBody(BaseModel):
    """Vectors to add or replace."""

    vectors: list[VectorBody] = Field(min_length=1, max_length=MAX_VECTORS)
    namespace: str = ""


class QueryBody(BaseModel):
    """Asks for the vectors near one that is given or named."""

    topK: int = Field(ge=1, le=MAX_TOP_K)  # noqa: N815 - the API's own name
    vector: list[float] | None = None
    id: str | None = None
    namespace: str = ""
    includeValues: bool = False  # noqa: N815 - the API's own name
    includeMetadata: bool = False  # noqa: N815 - the API's own name
    filter: dict[str, Any] | None = None


class DeleteBody(BaseModel):
    """Names what to delete."""

    ids: list[str] = []
    deleteAll: bool = False  # noqa: N815 - the API's own name
    namespace: str = ""
