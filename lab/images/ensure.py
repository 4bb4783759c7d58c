"""The lab's images: taken as they are if present, else built from a registry or from packages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import docker
from docker.errors import DockerException

from lab.host import engine
from lab.images import buildenv, package_list
from lab.images import source as image_source
from lab.images.build import Builder
from lab.images.source import Decision
from lab.images.specs import IMAGES, PINS, Plan, Source, parse_pins, plan
from lab.locks import one_at_a_time
from lab.settings import ROOT, Settings
from lab.watched import Report, Watch, ended_in_order

LOGS = ROOT / ".tracelab" / "logs"
LOCK = ROOT / ".tracelab" / "images.lock"
REPOSITORIES = tuple(f"tracelab/{name}" for name in ("base", *IMAGES))
SPARED = timedelta(hours=1)  # another checkout may have built it and not started it yet


@dataclass(frozen=True)
class Images:
    """References of the lab's images, where they came from and why from there."""

    source: Source
    why: str
    app: str
    redis: str
    jaeger: str
    datadog: str


def ensure(settings: Settings, report: Report) -> Images:
    """The lab's images, built where they aren't there yet.

    Where they are, this is one look at the engine's list and no network. Raises UnavailableError
    where the source that is demanded can't be used, LabError where a build fails.
    """
    found = current(settings)
    if found:
        return found
    with one_at_a_time(LOCK, report, "it is building the images"):
        decision, chosen = _choose(settings)
        _build(chosen, decision, report)
    return _images(decision, chosen)


def current(settings: Settings) -> Images | None:
    """The images that `invoke up` would use as they are, or None where it would build."""
    present = _tags(engine.client())
    for source, chosen in _plans(settings).items():
        if present >= set(chosen.references.values()):
            return _images(Decision(source, "they are here already"), chosen)
    return None


def package_drift(settings: Settings) -> tuple[str, ...]:
    """Where the images' Debian packages differ from the recorded list, one line each."""
    found = current(settings)
    if found is None:
        return ()
    return package_list.drift(package_list.recorded(), package_list.installed(found))


def _plans(settings: Settings) -> dict[Source, Plan]:
    sources: tuple[Source, ...] = ("registry", "packages")
    return {s: plan(s, ROOT) for s in sources if settings.images in ("auto", s)}


def _choose(settings: Settings) -> tuple[Decision, Plan]:
    present = _tags(engine.client())
    plans = _plans(settings)
    counts: dict[Source, int] = {"registry": 0, "packages": 0}
    for source, candidate in plans.items():
        counts[source] = len(present & {candidate.base, *candidate.references.values()})
    references = tuple(parse_pins((ROOT / PINS).read_text()).values())
    decision = image_source.decide(
        settings.images, counts, lambda: image_source.registry_trouble(references)
    )
    return decision, plans[decision.source]


def _build(chosen: Plan, decision: Decision, report: Report) -> None:
    present = _tags(engine.client())
    wanted = [spec for spec in chosen.specs if chosen.references[spec.name] not in present]
    with_base = bool(chosen.base) and chosen.base not in present and bool(wanted)
    names = [*(["base"] if with_base else []), *(spec.name for spec in wanted)]
    if not names:
        return
    report(f"images from {decision.source} ({decision.why}); building {', '.join(names)}")
    builder = Builder(ROOT, buildenv.collect(), Watch(report, LOGS))
    with ended_in_order():
        builder.build(chosen, wanted, with_base=with_base)
    _remove_old(engine.client(), {chosen.base, *chosen.references.values()})


def _images(decision: Decision, chosen: Plan) -> Images:
    return Images(decision.source, decision.why, **chosen.references)


def _tags(client: docker.DockerClient) -> set[str]:
    return {tag for image in client.api.images() for tag in image["RepoTags"] or ()}


def superseded(tags: Iterable[str], keep: set[str], used: set[str]) -> tuple[str, ...]:
    """Those tags of the lab's repositories that are neither to be kept nor in use."""
    ours = (tag for tag in tags if tag.rpartition(":")[0] in REPOSITORIES)
    return tuple(sorted(tag for tag in ours if tag not in keep | used))


def _remove_old(client: docker.DockerClient, keep: set[str]) -> None:
    used = {str(found["Image"]) for found in client.api.containers(all=True)}
    for tag in superseded(_tags(client), keep, used):
        try:
            tagged = client.images.get(tag).attrs["Metadata"]["LastTagTime"]
            if datetime.now(UTC) - engine.timestamp(tagged) > SPARED:
                client.images.remove(tag)
        except (DockerException, KeyError, ValueError):
            continue  # it is in use or gone: nothing of ours to do
