"""`--watch`: again and again until all pass."""

from checks.result import Check, Report
from checks.watch import reports


def report(passed: bool) -> Report:
    """A report of one check."""
    check = Check("c", "C", passed, "", "", None if passed else "invoke up", 1.0)
    return Report((check,), lab_found=True, duration_ms=1)


def test_it_ends_with_the_first_report_that_passes() -> None:
    """Two failures and a pass make three reports with two pauses between them."""
    results = iter([False, False, True, True])
    pauses: list[float] = []
    told = list(reports(lambda: report(next(results)), 5.0, pauses.append))
    assert [one.passed for one in told] == [False, False, True]
    assert pauses == [5.0, 5.0]


def test_each_report_comes_before_the_pause() -> None:
    """The first report is there at once."""
    pauses: list[float] = []
    first = next(reports(lambda: report(passed=False), 5.0, pauses.append))
    assert not first.passed
    assert pauses == []
