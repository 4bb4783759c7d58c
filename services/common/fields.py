"""Field types and limits that the services' requests share."""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints

MAX_QUESTION_CHARS = 4000
MAX_TOP_K = 20

# Whitespace around it is dropped first.
Question: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARS)
]
UserId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
TopK: TypeAlias = Annotated[int, Field(ge=1, le=MAX_TOP_K)]
# The models of services.common.prices; a test keeps the two equal.
Model: TypeAlias = Literal["gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"]

# "5" is no number, and a misspelt field is an error instead of a silently used default.
STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
