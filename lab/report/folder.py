"""The folder of one report: written aside, then renamed, so that a report is whole or not there."""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from lab.errors import LabError

STAMP = "%Y-%m-%dT%H-%M-%SZ"
MAX_SAME_SECOND = 100


def reserve(reports_dir: Path, now_s: float) -> Path:
    """A path for a new report, named by the UTC time, that nothing is at yet."""
    stamp = time.strftime(STAMP, time.gmtime(now_s))
    names = [stamp, *(f"{stamp}-{number}" for number in range(2, MAX_SAME_SECOND))]
    for name in names:
        if not (reports_dir / name).exists():
            return reports_dir / name
    raise LabError(f"{reports_dir} has too many reports of {stamp}; try again")


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files into a new folder in one step. Raises LabError where that can't be done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder.parent))
        try:
            for name, content in files.items():
                (unfinished / name).write_bytes(content)
            unfinished.chmod(0o755)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as failed:
        raise LabError(
            f"can't write the report {folder}: {failed.strerror or failed}; make room or give "
            "this user the folder"
        ) from failed
