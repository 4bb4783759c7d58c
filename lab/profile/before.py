"""A profile held against an earlier one of the same request: what a change has won."""

import json
from pathlib import Path

from lab.diagnosis.compare import Compared, State, compared
from lab.diagnosis.findings import Profile
from lab.errors import LabError, UsageError
from lab.measure import measurement_json, sources
from lab.report import compare_view
from lab.settings import Settings

DOCUMENT = "profile.json"
MEASUREMENT = "measurement.json"
COMPARISON = "comparison.md"


def load(path: Path) -> State:
    """Read a report by its folder or its profile.json.

    Raises UsageError where there is none, LabError where it can't be used.
    """
    folder = path if path.is_dir() else path.parent
    if not (folder / DOCUMENT).is_file():
        raise UsageError(
            f"there is no report in {folder}; give a folder of reports/, or the profile.json in it"
        )
    try:
        document = json.loads((folder / DOCUMENT).read_bytes())
        measurement = measurement_json.loads((folder / MEASUREMENT).read_bytes())
    except (OSError, ValueError) as bad:
        raise LabError(f"the report in {folder} can't be read: {bad}; choose another") from bad
    if not isinstance(document, dict) or not {"verdict", "functions", "trace_id"} <= set(document):
        raise LabError(f"{folder / DOCUMENT} is no profile of a request; choose another report")
    return State(document, measurement)


def compare_with(settings: Settings, before: State, profile: Profile) -> Compared:
    """Compare a profile that was just written, and put comparison.md into its folder."""
    folder = Path(profile.artifacts["profile"]).parent
    found = compared(before, load(folder), sources.reader(settings))
    (folder / COMPARISON).write_text(compare_view.markdown(found) + "\n", encoding="utf-8")
    return found
