"""Load the corpus into the vector index: `python -m services.retriever.load`.

Does nothing if the index already holds this version of the corpus. Prints its progress as JSON
lines, `{"done": n, "total": m}`. Where no PINECONE_HOST is set it works at pinecone.io and makes
the index if it is missing.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray
from pinecone import PineconeError

from services.common.env import settings_or_exit
from services.retriever.documents import Documents
from services.retriever.index import (
    NAMESPACE_PREFIX,
    Placement,
    VectorIndex,
    ensure_exists,
    namespace,
)
from services.retriever.settings import Settings

EMBEDDINGS = "embeddings.npy"
BATCH = 400
DECIMALS = 6
Progress = Callable[[int, int], None]


def load(
    index: VectorIndex,
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    name: str,
    progress: Progress,
) -> None:
    """Bring the namespace ``name`` to hold exactly these vectors, then drop older versions.

    Cut off half-way it can be run again: ids are replaced, not added.
    """
    counts = index.counts()
    if counts.get(name) != len(ids):
        progress(0, len(ids))
        done = 0
        for batch in _batches(ids, vectors):
            index.upsert(batch, name)
            done += len(batch)
            progress(done, len(ids))
    else:
        progress(len(ids), len(ids))
    for other in counts:
        if other.startswith(NAMESPACE_PREFIX) and other != name:
            index.delete_namespace(other)


def _batches(
    ids: Sequence[str], vectors: NDArray[np.float32]
) -> Iterator[list[tuple[str, list[float]]]]:
    for start in range(0, len(ids), BATCH):
        # float32 written out as Python floats are twice as long and no more exact
        values = vectors[start : start + BATCH].astype(float).round(DECIMALS).tolist()
        yield list(zip(ids[start : start + BATCH], values, strict=True))


def _print(done: int, total: int) -> None:
    sys.stdout.write(json.dumps({"done": done, "total": total}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """0 if the index holds the corpus at the end, 1 if it can't be reached."""
    settings = settings_or_exit(Settings.read)
    vectors = np.load(settings.data_dir / EMBEDDINGS, mmap_mode="r")
    try:
        if settings.pinecone_host is None:
            ensure_exists(settings, settings_or_exit(Placement.read))
        with (
            closing(Documents(settings.data_dir)) as documents,
            closing(VectorIndex(settings)) as index,
        ):
            load(index, documents.ids(), vectors, namespace(documents.corpus().hash), _print)
    except PineconeError as failed:
        sys.stderr.write(f"the vector index can't be loaded: {failed}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
