"""Options that may be given as a bare word."""

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.parser import Parser

from lab.cli import lab_task


@lab_task()
def other(_: Context, name: str | None = None, port_offset: str | None = None) -> None:
    """Another task."""


@lab_task(help={"fault": "which"}, bare="fault")
def heal(
    _: Context, fault: str | None = None, name: str | None = None, port_offset: str | None = None
) -> None:
    """A task with a bare word."""


@pytest.mark.parametrize(
    ("line", "fault", "name", "tasks"),
    [
        ("heal", None, None, ["heal"]),
        ("heal x", "x", None, ["heal"]),
        ("heal --fault x", "x", None, ["heal"]),
        ("heal --fault=x", "x", None, ["heal"]),
        ("heal --name mine", None, "mine", ["heal"]),
        ("heal --name mine x", "x", "mine", ["heal"]),
        ("heal x --name=mine", "x", "mine", ["heal"]),
        ("heal -n mine", None, "mine", ["heal"]),
        ("heal other", None, None, ["heal", "other"]),
        ("heal x other", "x", None, ["heal", "other"]),
    ],
)
def test_a_bare_word_is_optional(
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    fault: str | None,
    name: str | None,
    tasks: list[str],
) -> None:
    """With it, without it, among other options, before another task."""
    monkeypatch.setattr("sys.argv", ["invoke", *line.split()])
    contexts = Collection(heal, other).to_contexts()
    parsed = Parser(contexts=contexts).parse_argv(line.split())
    assert [one.name for one in parsed] == tasks
    assert (parsed[0].args.fault.value, parsed[0].args.name.value) == (fault, name)
