"""Diagnoses counted against the truth."""

from dataclasses import replace

from bench.scoring import Outcome, Said, Truth, misses, score, table

SLOW = Truth("heavy", ("score",), ("rank", "rank_all"), ("cpu",))
NOTHING = Truth("quiet", (), (), ("none",))
SAID = Said("score", "rank", "cpu", "high", 400.0, 40.0, "POST", "recv")


def test_a_function_span_and_cause_are_counted_apart() -> None:
    """The right function in the wrong span with the wrong cause is right once."""
    right = Outcome(SLOW, 1, SAID)
    half = Outcome(SLOW, 2, replace(SAID, span="embed", cause="io_wait", took_s=60.0))
    total = score([right, half])
    assert (total.runs, total.functions, total.spans, total.causes) == (2, 2, 1, 1)
    assert (total.false_culprits, total.took_s) == (0, 50.0)


def test_any_of_the_accepted_functions_is_right() -> None:
    """A truth may have several names for the same lines; a method's class isn't asked for."""
    assert Outcome(SLOW, 1, replace(SAID, function="rank_all")).function_right
    assert Outcome(SLOW, 1, replace(SAID, function="Ranker.rank")).function_right


def test_naming_another_function_is_a_false_culprit() -> None:
    """Worse than saying nothing."""
    wrong = Outcome(SLOW, 1, replace(SAID, function="other"))
    silent = Outcome(SLOW, 1, replace(SAID, function=None, cause="none"))
    assert score([wrong, silent]).functions == 0
    assert score([wrong, silent]).false_culprits == 1


def test_a_control_is_right_when_nobody_is_blamed() -> None:
    """`none` names no function; whoever is named there is a false culprit."""
    quiet = Outcome(NOTHING, 1, replace(SAID, span=None, function=None, cause="none"))
    blamed = Outcome(NOTHING, 2, SAID)
    assert score([quiet]).functions == 1
    assert score([quiet, blamed]).false_culprits == 1
    assert not score([quiet, blamed]).baseline_functions


def test_the_table_has_a_row_for_each_case_and_the_sums() -> None:
    """Faults and controls are added up apart."""
    quiet = Outcome(NOTHING, 1, replace(SAID, span=None, function=None, cause="none"))
    lines = table([Outcome(SLOW, 1, SAID), quiet]).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "heavy",
        "**all faults**",
        "quiet",
        "**all controls**",
    ]


def test_what_was_missed_is_told() -> None:
    """A line says what was said and what is true; what was right has none."""
    wrong = Outcome(SLOW, 3, replace(SAID, cause="io_wait"))
    assert misses([Outcome(SLOW, 1, SAID)]) == []
    assert misses([wrong]) == [
        "heavy #3: said io_wait in rank (score), true is cpu in rank or rank_all (score)"
    ]
