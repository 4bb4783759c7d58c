"""Whether one place of a request takes longer than it needs, by how much, and why."""

from collections.abc import Sequence
from dataclasses import replace

from lab.diagnosis import intrinsic, who
from lab.diagnosis.blame import MOSTLY, blame, function_id
from lab.diagnosis.case import Case
from lab.diagnosis.causes import explain
from lab.diagnosis.excess import Excess, has_more_tokens
from lab.diagnosis.exponents import SUPERLINEAR, exponents
from lab.diagnosis.finding import Finding
from lab.diagnosis.grown import Grown, grown
from lab.diagnosis.question import Explained, Question
from lab.measure.measurement import Growth
from lab.measure.stacks import Frame
from services.telemetry import conventions as names

# What is less than this, or than so much of the request, is not worth a verdict.
LEAST_MS = 30.0
LEAST_SHARE = 0.01
# What leads to no function of our own code must be more than that: there may be nothing to mend.
NAMELESS_MS = 100.0
NAMELESS_SHARE = 0.05
NAMELESS_NOISES = 2.0
SEVERAL = 2
# Where no reference tells whether computing is needed, its growth is asked from here on.
SUSPECT_MS = 150.0
SUSPECT_SHARE = 0.05
STEEP_SHARE = 0.25
# Against another request's reference: a model sent so much more was sent too much.
MORE_TOKENS_THAN_OTHER = 1.15
# Writing a token takes a model about as long as reading thirty.
READ_FOR_ONE_WRITTEN = 30.0


def judge(case: Case, growth: Sequence[Growth]) -> Finding | None:
    """The place's finding, None where it takes no longer than it needs."""
    by_reference = _by_reference(case, growth)
    by_itself = _by_itself(case, growth)
    if by_reference is None or by_itself is None:
        return by_reference or by_itself
    # The reference is the better witness, unless it hides most of the matter.
    return by_itself if by_itself.avoidable_ms > 2 * by_reference.avoidable_ms else by_reference


def is_worth(case: Case, ms: float) -> bool:
    """Whether so much is worth a verdict."""
    return ms >= max(LEAST_MS, LEAST_SHARE * case.request_ms)


def is_suspect(case: Case) -> bool:
    """Whether a place computes so much that without a reference one would like to know why."""
    return case.balance.computing_ms >= max(SUSPECT_MS, SUSPECT_SHARE * case.request_ms)


def _by_reference(case: Case, growth: Sequence[Growth]) -> Finding | None:
    excess = case.excess
    if excess is None:
        return None
    found = _by_span(case, excess, growth)
    is_explained = found is not None and found.explained.culprit is not None
    return found if is_explained else _by_function(case, growth) or found


def _by_span(case: Case, excess: Excess, growth: Sequence[Growth]) -> Finding | None:
    """What the place takes beyond the reference as a whole."""
    over_ms = excess.over_ms
    if case.comparison.basis == "envelope" and names.LLM_COMPLETION_TOKENS in case.cost.tokens:
        over_ms = _by_tokens_ms(case)
    elif not excess.is_clear:
        return None
    if not is_worth(case, over_ms):
        return None
    found = _found(case, growth, over_ms, against_reference=True)
    return found if _is_named_or_large(found, excess.noise_ms) else None


def _by_function(case: Case, growth: Sequence[Growth]) -> Finding | None:
    """What one function takes beyond the reference, where the place as a whole doesn't tell."""
    more = grown([case])
    return _of_function(more, growth) if more else None


def spread(cases: Sequence[Case], growth: Sequence[Growth]) -> Finding | None:
    """What one function takes beyond the reference in several spans, none of which tells alone."""
    more = grown(cases)
    if more is None or more.spans < SEVERAL:
        return None
    alone = grown([more.where])
    if alone is not None and alone.ms >= MOSTLY * more.ms:
        return None
    return _of_function(more, growth)


def _of_function(more: Grown, growth: Sequence[Growth]) -> Finding | None:
    case, culprit = more.where, who.of_blamed(more.blamed)
    if not is_worth(case, more.ms):
        return None
    powers = exponents(growth, case.cost.place, (culprit.function, culprit.file))
    question = Question(case, more.ms, against_reference=True, exponents=powers)
    waste = intrinsic.Waste(more.cause, more.ms)
    explained = replace(explain(question, waste), culprit=culprit)
    return Finding(case, explained, more.ms, False, powers, in_spans=more.spans)


def _by_itself(case: Case, growth: Sequence[Growth]) -> Finding | None:
    grown = _superlinear(case, growth) if case.excess is None else None
    waste = next(iter(intrinsic.wastes(case)), None)
    if waste is None or (grown is not None and grown.avoidable_ms > waste.ms):
        return grown
    if not is_worth(case, waste.ms):
        return None
    found = _found(case, growth, waste.ms, against_reference=False, speaks_for=waste)
    return found if found.explained.culprit or found.explained.calls else None


def _superlinear(case: Case, growth: Sequence[Growth]) -> Finding | None:
    """The function whose time grows faster than the work; what it would save to grow with it."""

    def powers(frame: Frame) -> tuple[tuple[str, float], ...]:
        found = exponents(growth, case.cost.place, function_id(frame))
        return tuple(one for one in found if one[1] >= SUPERLINEAR)

    computing = case.parts.get("computing", {})
    found = blame(computing, {}, share=STEEP_SHARE, may=lambda frame: bool(powers(frame)))
    if found is None:
        return None
    steep = powers(found.frame)
    work, power = max(steep, key=lambda one: one[1])
    ms = min(case.balance.computing_ms, found.total_ms) * (1 - 2 ** (1 - power))
    culprit = who.of_blamed(found)
    explained = Explained(
        "inefficient_algorithm", culprit, detail=f"its time grows faster than {work}"
    )
    return Finding(case, explained, ms, True, steep) if is_worth(case, ms) else None


def _found(
    case: Case,
    growth: Sequence[Growth],
    ms: float,
    *,
    against_reference: bool,
    speaks_for: intrinsic.Waste | None = None,
) -> Finding:
    """Explain the time; how its function grows may change the explanation."""
    explained = explain(Question(case, ms, against_reference), speaks_for)
    culprit = explained.culprit
    function = (culprit.function, culprit.file) if culprit else None
    powers = exponents(growth, case.cost.place, function)
    if powers and explained.cause in {"cpu", "inefficient_algorithm"}:
        explained = explain(Question(case, ms, against_reference, powers), speaks_for)
    return Finding(case, explained, ms, not against_reference, powers)


def _is_named_or_large(found: Finding, noise_ms: float) -> bool:
    explained = found.explained
    is_plain = explained.culprit is not None or explained.cause in {
        "retry_storm",
        "redundant_tokens",
    }
    if explained.cause != "unclear" and is_plain:
        return True
    least_ms = max(NAMELESS_MS, NAMELESS_SHARE * found.case.request_ms, NAMELESS_NOISES * noise_ms)
    return found.avoidable_ms >= least_ms


def _by_tokens_ms(case: Case) -> float:
    """What a model's time for needless prompt tokens is about, by another request's reference."""
    was = case.before
    if was is None or not has_more_tokens(case.cost, was, MORE_TOKENS_THAN_OTHER):
        return 0.0
    sent, written = (
        case.cost.tokens[key] for key in (names.LLM_PROMPT_TOKENS, names.LLM_COMPLETION_TOKENS)
    )
    needless = sent - was.tokens[names.LLM_PROMPT_TOKENS]
    return case.balance.provider_ms * needless / (sent + READ_FOR_ONE_WRITTEN * written)
