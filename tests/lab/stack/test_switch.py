"""What `invoke faults` and `invoke inject` print: enough to go on, nothing that spoils it."""

import io

import pytest
from rich.console import Console

from lab import faults
from lab.faults import Fault
from lab.stack import switch

FAULT = Fault(
    id="prompt_margins",
    title="the prompt's margins",
    service="generator",
    span="openai.generate",
    function=("serialize_prompt",),
    file="services/generator/prompt.py",
    cause="cpu",
    effect="800 ms",
    effect_ms=800.0,
    see="a truth",
    fix="a cure",
)
SPOILERS = ("serialize_prompt", "services/", "cpu", "800", "a truth", "a cure")


def printed(what: object) -> str:
    """As it comes out on a terminal of 80 columns."""
    text = io.StringIO()
    Console(file=text, width=80).print(what)
    return text.getvalue()


def test_the_list_tells_the_state_and_no_truth() -> None:
    """Id, title, service, span, on or off; neither function, cause nor cure."""
    told = printed(switch.render((FAULT,), ("prompt_margins",)))
    assert told.splitlines()[1].split() == [
        *("on", "prompt_margins", "the", "prompt's", "margins", "generator", "openai.generate")
    ]
    assert "off" in printed(switch.render((FAULT,), ()))
    assert not [spoiler for spoiler in SPOILERS if spoiler in told]


def test_the_whole_catalogue_fits_80_columns() -> None:
    """No id, service or span is cut, whatever the titles are."""
    lines = printed(switch.render(faults.load(), ())).splitlines()
    assert max(map(len, lines)) <= 80
    found = [line.split() for line in lines[1:] if line.startswith("off")]
    assert [words[1] for words in found] == [fault.id for fault in faults.load()]
    for fault, words in zip(faults.load(), found, strict=True):
        assert " ".join(words).endswith(f"{fault.service} {fault.span}")


def test_the_document_has_the_same_keys() -> None:
    """For programs: the same five, nothing more."""
    assert switch.to_json((FAULT,), ()) == {
        "faults": [
            {
                "id": "prompt_margins",
                "title": "the prompt's margins",
                "service": "generator",
                "span": "openai.generate",
                "on": False,
            }
        ]
    }


@pytest.mark.parametrize(
    ("on", "first"),
    [
        (("prompt_margins",), "prompt_margins is on in every service"),
        (("b", "prompt_margins"), "prompt_margins is on in every service (so is b)"),
        (("b", "c", "prompt_margins"), "prompt_margins is on in every service (so are b, c)"),
    ],
)
def test_what_comes_next_is_told_without_the_truth(on: tuple[str, ...], first: str) -> None:
    """How to find it and how to undo it; other faults that are on as well."""
    told = switch.what_next(FAULT, on)
    assert told.splitlines()[0] == first
    assert "invoke profile" in told
    assert "invoke heal prompt_margins" in told
    assert not [spoiler for spoiler in SPOILERS if spoiler in told]
