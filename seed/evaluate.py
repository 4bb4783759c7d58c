"""How well retrieval finds the right page: `python -m seed.evaluate --data DIR`.

DIR holds what `seed.corpus` wrote. A question counts as hit at k if one of its pages is among the
first k passages. Vector search is done in memory, reranking as the retriever does it for
``top_k`` = 5; nothing is contacted.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seed.corpus import EMBEDDINGS
from seed.embedding import Embedder
from seed.questions import Question, load
from services.common.passages import Passage
from services.retriever.documents import Documents
from services.retriever.scoring import Rarity, score
from services.retriever.settings import Settings

TOP_K = 5
DEPTH = 50


@dataclass(frozen=True)
class Quality:
    """Shares from 0 to 1 over all questions; ``mrr`` is the mean of 1 / rank of the first hit."""

    questions: int
    hit_at_1: float
    hit_at_5: float
    mrr: float
    missed: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.questions} questions: hit@1 {self.hit_at_1:.3f}, "
            f"hit@5 {self.hit_at_5:.3f}, MRR {self.mrr:.3f}"
        )


def quality(questions: Sequence[Question], found: Sequence[Sequence[str]]) -> Quality:
    """Judge the pages found for each question, best first; ``missed`` are ids not in the first 5.

    MRR as in Voorhees, TREC-8 question answering track (1999).
    """
    ranks = [_rank(question, pages) for question, pages in zip(questions, found, strict=True)]
    total = max(len(questions), 1)
    return Quality(
        len(questions),
        sum(rank == 1 for rank in ranks) / total,
        sum(0 < rank <= 5 for rank in ranks) / total,
        sum(1 / rank for rank in ranks if rank) / total,
        tuple(q.id for q, rank in zip(questions, ranks, strict=True) if not 0 < rank <= 5),
    )


def search(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], depth: int
) -> list[list[tuple[int, float]]]:
    """For each query the ``depth`` nearest rows with their cosine similarity, best first."""
    similarities = queries @ vectors.T
    rows = np.argsort(-similarities, axis=1, kind="stable")[:, :depth]
    return [
        [(int(row), float(near[row])) for row in best]
        for best, near in zip(rows, similarities, strict=True)
    ]


def measure(data: Path, questions: Sequence[Question]) -> tuple[Quality, Quality]:
    """The quality of vector search alone, and after reranking.

    Raises ValueError if a question's page isn't in the corpus.
    """
    documents = Documents(data)
    ids = documents.ids()
    _check_pages(questions, {_page(id_) for id_ in ids})
    vectors = Embedder().embed([question.question for question in questions])
    found = [
        documents.load([(ids[row], near) for row, near in best])
        for best in search(np.load(data / EMBEDDINGS), vectors, DEPTH)
    ]
    rarity = Rarity(documents.texts())
    candidates = Settings("").candidates(TOP_K)
    reranked = [
        score(question.question, best[:candidates], rarity)
        for question, best in zip(questions, found, strict=True)
    ]
    documents.close()
    return quality(questions, _pages(found)), quality(questions, _pages(reranked))


def _check_pages(questions: Sequence[Question], pages: set[str]) -> None:
    for question in questions:
        for page in question.pages:
            if page not in pages:
                raise ValueError(f"question {question.id!r} names {page}; the corpus has no such")


def _pages(found: Sequence[Sequence[Passage]]) -> list[list[str]]:
    return [[_page(passage.id) for passage in passages] for passages in found]


def _page(passage_id: str) -> str:
    return passage_id.partition("#")[0]


def _rank(question: Question, pages: Sequence[str]) -> int:
    """1 for a first place, 0 if none of the question's pages was found."""
    return next((rank for rank, page in enumerate(pages, 1) if page in question.pages), 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Print both qualities. Exit code 2 if corpus and questions don't fit each other."""
    parser = argparse.ArgumentParser(prog="python -m seed.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that seed.corpus wrote")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--missed", action="store_true", help="list the questions missed at last")
    arguments = parser.parse_args(argv)
    try:
        searched, reranked = measure(arguments.data, load())
    except (FileNotFoundError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    if arguments.json:
        both = {"questions": searched.questions, "vector": searched, "reranked": reranked}
        sys.stdout.write(json.dumps(both, default=asdict) + "\n")
        return 0
    sys.stdout.write(f"vector search   {searched}\nafter reranking {reranked}\n")
    if arguments.missed:
        sys.stdout.writelines(f"missed: {name}\n" for name in reranked.missed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
