"""report.html as text: what stands in it without any script."""

import json
import re
from dataclasses import replace
from typing import Any

from lab.report.html import render
from lab.report.payload import payload
from tests.lab.literal_report import report_data

ELSEWHERE = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""")


def drawn(**verdict: Any) -> str:
    """The page's sections."""
    return render(report_data(**verdict)).partition("<body>")[2].partition("<script")[0]


def test_it_names_culprit_evidence_and_next_step() -> None:
    """In words, with function, place, times and calls."""
    page = drawn()
    for text in (
        "<code>serialize_prompt</code> in generator",
        "CPU-bound",
        "services/generator/prompt.py:41",
        "<dd>801 ms<small>of the request&#x27;s 4.20 s</small></dd>",
        "<dd>48<small>in one request</small></dd>",
        "Call <code>serialize_prompt</code> once",
        "The replays differ by 40 ms.",
        "of the same request of 2023-11-14 22:13 UTC; computing takes 1.20 x as long now",
        "In 20 other traces",
    ):
        assert text in page


def test_without_a_culprit_it_says_so() -> None:
    """A healthy request is a good answer, not an empty page."""
    nobody = dict.fromkeys(
        ("function", "file", "line", "span", "service", "self_ms", "total_ms", "calls")
    )
    page = drawn(cause="none", avoidable_ms=None, evidence=[], against=[], **nobody)
    assert 'class="verdict card none"' in page
    assert "<h1>No bottleneck" in page
    assert page.count("Nothing noteworthy.") == 2


def test_nothing_of_it_is_loaded_from_elsewhere() -> None:
    """The links to Jaeger are the only addresses, and nothing is loaded from there."""
    page = render(report_data())
    found = [match for match in ELSEWHERE.findall(page) if "/trace/" not in match]
    links = re.findall(r'<a href="(http[^"]*)"', page)
    assert len(found) == len(links) == 3
    assert {link.partition("/trace/")[0] for link in links} == {"http://127.0.0.1:16686"}
    assert "default-src 'none'" in page


def test_data_cannot_end_its_script() -> None:
    """No `<` is left in it, and it is the same data."""
    data = report_data()
    evil = replace(data.replay.spans[0], name="</script><!--")
    trace = type(data.replay).of([evil, *data.replay.spans[1:]])
    told = payload(replace(data, replay=trace))
    assert "<" not in told
    document = json.loads(told)
    assert document["traces"][0]["spans"][0]["name"] == "</script><!--"
    first = document["flames"][0]["lines"]
    assert [line[0] for line in first] == [0, 1, 2, 3, 2, 3]
    assert [document["texts"][line[1]] for line in first][-2:] == ["serialize_prompt", "dumps"]


def test_it_is_small() -> None:
    """All scripts and styles together, without the data."""
    assert len(render(report_data()).encode()) < 120_000
