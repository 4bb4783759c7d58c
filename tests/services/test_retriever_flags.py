"""The retriever's other ways of working, behind flags: another cost, the same answer."""

import json
import random
import sqlite3
import string
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from opentelemetry import trace

from services.common.passages import Passage
from services.retriever import documents, questions
from services.retriever.documents import Documents
from services.retriever.fingerprint import fingerprint, likeness
from services.retriever.questions import before_closing, topic
from services.retriever.repeats import compare_texts, distinct
from services.retriever.scoring import Rarity, score
from tests.services.conftest import sampled_traceparent
from tests.services.recorder import Recorder
from tests.services.servers import Server
from tests.services.switched import turned_on

SCORES = [("library/csv.html#csv-1", 0.9), ("gone", 0.8), ("library/cache.html#cache-1", 0.7)]
READING = ("document_cache", "passage_lookup", "document_pool")
RETRIEVER = (*READING, "passage_dedupe", "rerank_features", "query_normalization")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def statements(spans: Recorder) -> list[str]:
    """The names of the SQL spans."""
    return [span.name for span in spans.finished() if span.name.startswith("SELECT")]


@pytest.mark.parametrize("flag", READING)
def test_every_way_of_reading_finds_the_same(corpus: Path, flag: str) -> None:
    """Order, scores and texts are equal, and an unknown id is left out; also the second time."""
    found = Documents(corpus)
    plain = found.load(SCORES)
    with turned_on(flag):
        assert found.load(SCORES) == found.load(SCORES) == plain
        assert found.load([]) == []
    assert found.load(SCORES) == plain
    found.close()


def test_reading_is_one_query_unless_switched(corpus: Path, spans: Recorder) -> None:
    """One SELECT for all passages; one for each with `passage_lookup`; two with `document_pool`."""
    found = Documents(corpus)
    counted = {}
    for flag in ("none", "passage_lookup", "document_pool"):
        spans.clear()
        with turned_on(flag), sampled():
            found.load(SCORES)
        counted[flag] = len(statements(spans))
    found.close()
    assert counted == {"none": 1, "passage_lookup": 3, "document_pool": 2}


def sampled() -> AbstractContextManager[trace.Span]:
    """A context whose spans are kept."""
    context = trace.SpanContext(1, 1, False, trace.TraceFlags(trace.TraceFlags.SAMPLED))
    return trace.use_span(trace.NonRecordingSpan(context))


def test_ids_that_differ_in_case_are_looked_up_apart(corpus: Path, tmp_path: Path) -> None:
    """`passage_lookup` compares without case and must not mix them up."""
    database = tmp_path / "corpus.sqlite"
    database.write_bytes((corpus / "corpus.sqlite").read_bytes())
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO passages SELECT upper(id), page, 'other', url, text, tokens FROM passages"
        )
    found = Documents(tmp_path)
    with turned_on("passage_lookup"):
        titles = [one.title for one in found.load([(SCORES[0][0], 0.5)])]
    found.close()
    assert titles == ["csv"]


def test_cached_documents_grow_and_go(corpus: Path) -> None:
    """Each result is kept as long as the flag is on; the next one without it drops them all."""
    found = Documents(corpus)
    with turned_on("document_cache"):
        for step in range(10):
            found.load([(key, value + step) for key, value in SCORES])
        assert len(found.document_cache) == 10
    found.load(SCORES)
    assert not found.document_cache
    found.close()


def test_second_connection_is_waited_for(corpus: Path) -> None:
    """`document_pool` waits as long as the pool lets it, then goes on."""
    found = Documents(corpus)
    began_s = time.perf_counter()
    with turned_on("document_pool"):
        found.load(SCORES)
    assert time.perf_counter() - began_s >= documents.READER_TIMEOUT_S
    found.close()


def test_many_readers_at_once_all_get_their_passages(corpus: Path) -> None:
    """More threads than connections: they wait, none fails."""
    found = Documents(corpus)
    plain = found.load(SCORES)
    with turned_on("document_pool"), ThreadPoolExecutor(12) as pool:
        assert list(pool.map(found.load, [SCORES] * 12)) == [plain] * 12
    found.close()


TEXTS = [["a", "b"], ["b", "c"], ["b", "a", "a"], [], ["c", "b"], [], ["a"]]


def test_texts_of_the_same_words_count_once() -> None:
    """Order and number of the words don't matter, the first one stays."""
    assert distinct(TEXTS) == [0, 1, 3, 6]


@pytest.mark.parametrize("seed", range(5))
def test_texts_compared_in_pairs_are_the_same_ones(seed: int) -> None:
    """`passage_dedupe` keeps what the quick way keeps."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    texts = [chance.choices("abc", k=chance.randrange(4)) for _ in range(30)]
    assert compare_texts(texts) == distinct(texts)
    with turned_on("passage_dedupe"):
        assert distinct(texts) == compare_texts(texts)


def test_comparing_grows_faster_than_the_texts() -> None:
    """Twice the texts are four times the comparisons: counted by what they look at."""

    class Counting(list[str]):
        """A list that counts how often something is looked for in it."""

        asked = 0

        def __contains__(self, word: object) -> bool:
            Counting.asked += 1
            return super().__contains__(word)

    counts = []
    for texts in (20, 40):
        Counting.asked = 0
        compare_texts([Counting([f"w{place}", f"v{place}"]) for place in range(texts)])
        counts.append(Counting.asked)
    assert counts == [4 * 20 * 20, 4 * 40 * 40]


def test_fingerprints_of_alike_texts_are_alike() -> None:
    """One word changed costs few bits; another text differs in about half of them."""
    text = "Use sorted() with a key function to sort a dictionary by its values."
    assert likeness(fingerprint(text), fingerprint(text)) == 1
    near = likeness(fingerprint(text), fingerprint(text.replace("values", "keys")))
    far = likeness(fingerprint(text), fingerprint("The csv module reads tabular data."))
    assert near > 0.75 > far
    assert fingerprint("abc") == 0


@pytest.mark.parametrize("flag", ["passage_dedupe", "rerank_features"])
def test_every_way_of_scoring_has_the_same_result(flag: str) -> None:
    """Same passages, same scores to the last digit, same order."""
    passages = [
        Passage(id=str(place), title="", url="https://x", text=text, score=0.1 * place)
        for place, text in enumerate(["sort a list", "sort lists", "read a file", "list a sort"])
    ]
    rarity = Rarity(one.text for one in passages)
    plain = score("How do I sort a list?", passages, rarity)
    with turned_on(flag):
        assert score("How do I sort a list?", passages, rarity) == plain


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I sort?", "How do I sort?"),
        ("How do I sort?\nThanks in advance!", "How do I sort?"),
        ("Sorted by what? Thank you. Best wishes, ", "Sorted by what? Thank you"),
        ("Sorted by what? Kind regards, any hint is welcome!!", "Sorted by what? Kind regards"),
        ("Which of them disregards thanks", "Which of them disregards"),
        ("Which of them disregards", "Which of them disregards"),
        ("Why is thanks an odd word?", "Why is thanks an odd word?"),
        ("THANKS", "THANKS"),
        ("Thanks!", "Thanks!"),
        ("Sort, please...", "Sort, please..."),
    ],
)
def test_topic_is_what_comes_before_the_closing(question: str, expected: str) -> None:
    """Closings go, in the order they are listed; a question that is one stays."""
    assert topic(question) == expected
    with turned_on("query_normalization"):
        assert topic(question) == expected


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_cut_the_same(seed: int) -> None:
    """Random runs of closings, marks and words are cut alike."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    parts = [*questions.CLOSINGS, "Thanks", "Best wishes", "x", "é", "\n", " ", ".", ", ", "!"]
    for _ in range(200):
        question = "".join(chance.choices(parts, k=chance.randrange(1, 6)))
        plain = topic(question)
        with turned_on("query_normalization"):
            assert topic(question) == plain


@pytest.mark.parametrize(
    "text",
    [
        "How do I sort a list of objects by last name and then by age? ",
        "thanks ",
        "a ",
        "\n",
        string.printable,
        "regards" + "." * 3992,
    ],
)
def test_reading_a_letter_grows_with_the_square_at_most(text: str) -> None:
    """Whatever the text, twice as much of it takes about four times as long, and not eight."""
    half, whole = (min(cpu_s(text, chars) for _ in range(3)) for chars in (500, 1000))
    assert half < whole < 6 * half


def cpu_s(text: str, chars: int) -> float:
    """The CPU time for that many characters of a text repeated, which ends in no closing."""
    letter = (text * chars)[: chars - 1] + "x"
    began_s = time.thread_time()
    assert before_closing(letter) == letter
    return time.thread_time() - began_s


@pytest.mark.parametrize("flag", RETRIEVER)
def test_endpoints_answer_the_same(retriever_server: Server, flag: str) -> None:
    """Retrieve and rerank with a flag on are byte for byte what they are without, but timings."""
    assert answers(retriever_server) == answers(retriever_server)
    plain = answers(retriever_server)
    with turned_on(flag):
        assert answers(retriever_server) == plain


def answers(server: Server) -> tuple[str, str]:
    """What both endpoints say, without their timings."""
    asked = {"question": "How do I sort a dictionary? Thanks!", "user_id": "u1", "top_k": 2}
    found = server.post("/retrieve", asked, traceparent=sampled_traceparent(TRACE_ID)).json()
    again = {**asked, "passages": found["passages"]}
    del again["user_id"]
    best = server.post("/rerank", again).json()
    for said in (found, best):
        del said["timings_ms"]
    return json.dumps(found), json.dumps(best)
