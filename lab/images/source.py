"""Where the images come from: a registry, or Debian, PyPI and Go packages."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests
from docker.errors import DockerException

from lab.errors import UnavailableError
from lab.host import engine
from lab.images.specs import Source
from lab.settings import ImageSource

PROBE_TIMEOUT_S = 5
REASON_LENGTH = 160


@dataclass(frozen=True)
class Decision:
    """The source, and the reason to show the user."""

    source: Source
    why: str


def decide(
    setting: ImageSource, present: Mapping[Source, int], probe: Callable[[], str]
) -> Decision:
    """Choose the source.

    ``present`` counts the images of each source that are on this machine already. ``probe`` returns
    why the registry can't be used, empty if it can; it is asked only where nothing is present.
    Raises UnavailableError where a registry is demanded and none answers.
    """
    if setting == "packages":
        return Decision("packages", "TRACELAB_IMAGES=packages")
    if setting == "registry":
        trouble = "" if present["registry"] else probe()
        if trouble:
            raise UnavailableError(
                f"TRACELAB_IMAGES=registry, but the registry can't be used: {trouble}\n"
                "build from Debian, PyPI and Go packages instead: TRACELAB_IMAGES=packages"
            )
        return Decision("registry", "TRACELAB_IMAGES=registry")
    if any(present.values()):
        source: Source = "registry" if present["registry"] >= present["packages"] else "packages"
        return Decision(source, f"{present[source]} of its images are here already")
    trouble = probe()
    if trouble:
        return Decision("packages", f"the registry can't be used: {trouble}")
    return Decision("registry", "it answers and has the images")


def registry_trouble(references: tuple[str, ...]) -> str:
    """Ask the engine whether its registry has these images; why not, or empty.

    It is the engine that would pull, so its mirrors and proxies count, not this process's.
    """
    with ThreadPoolExecutor(len(references)) as pool:
        answers = list(pool.map(_trouble, references))
    return next((answer for answer in answers if answer), "")


def _trouble(reference: str) -> str:
    try:
        engine.client(PROBE_TIMEOUT_S).images.get_registry_data(reference)
    except requests.exceptions.Timeout:
        return f"{reference}: no answer within {PROBE_TIMEOUT_S} s"
    except (DockerException, requests.exceptions.RequestException) as failed:
        said = getattr(failed, "explanation", None) or str(failed)
        return f"{reference}: {str(said)[:REASON_LENGTH]}"
    return ""
