"""The catalogue of faults: what is wrong with it is said, and it says the truth about the code."""

import ast
import re
from pathlib import Path

import pytest

from lab import faults
from lab.errors import LabError, UsageError
from lab.settings import ROOT
from services.telemetry.conventions import APPLICATION

CATALOGUE = faults.load()
SERVER_SPANS = {"POST /query", "POST /retrieve", "POST /rerank", "POST /generate"}
TELLING = re.compile(r"slow|fault|bad|inefficient|naive|leak|wast|n_plus|storm|broken|bug", re.I)
ENTRY = """
[[fault]]
id = "one"
title = "One"
service = "generator"
span = "openai.generate"
function = "serialize_prompt"
file = "services/generator/prompt.py"
cause = "cpu"
effect = "more"
effect_ms = 100
see = "this"
fix = "that"
"""


def switched() -> dict[str, Path]:
    """Each flag that the services ask for, with a file that does."""
    asked = {}
    for path in (ROOT / "services").rglob("*.py"):
        for name in re.findall(r"""is_on\(\s*["']([^"']+)""", path.read_text()):
            asked[name] = path
    return asked


def functions(path: Path) -> set[str]:
    """The names of all functions defined in a file."""
    defined = ast.walk(ast.parse(path.read_text()))
    return {one.name for one in defined if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def written(folder: Path, text: str) -> Path:
    """A catalogue with this text."""
    path = folder / "faults.toml"
    path.write_text(text)
    return path


def test_the_catalogue_and_the_services_name_the_same_flags() -> None:
    """No fault without its switch in the code, no switch that the catalogue doesn't know."""
    assert {fault.id for fault in CATALOGUE} == set(switched())


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.id)
def test_the_truth_is_in_the_code(fault: faults.Fault) -> None:
    """The best function stands in its file, the others in files of the same service or shared."""
    assert fault.function[0] in functions(ROOT / fault.file)
    folders = [ROOT / "services" / fault.service, ROOT / "services" / "common"]
    known = {
        name for folder in folders for file in folder.rglob("*.py") for name in functions(file)
    }
    assert set(fault.function) <= known
    assert fault.span in APPLICATION | SERVER_SPANS


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.id)
def test_no_name_gives_a_fault_away(fault: faults.Fault) -> None:
    """An honest engineer's names, in the code as in what `invoke faults` prints."""
    for name in (fault.id, fault.title, *fault.function):
        assert not TELLING.search(name)


def test_a_function_may_be_one_name(tmp_path: Path) -> None:
    """A text is a list of one."""
    (fault,) = faults.load(written(tmp_path, ENTRY))
    assert (fault.function, fault.effect_ms) == (("serialize_prompt",), 100.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('cause = "cpu"', 'cause = "magic"', "cause of the fault 'one' is 'magic'; use one of"),
        ('service = "generator"', 'service = "redis"', "service of the fault 'one' is 'redis'"),
        ("effect_ms = 100", "effect_ms = -1", "use milliseconds, 0 or more"),
        ('title = "One"', "", "has no 'title'"),
        ('title = "One"', 'title = "One"\nwhy = "x"', "has an unknown 'why'"),
        ("prompt.py", "nowhere.py", "use a file of the project"),
        ('function = "serialize_prompt"', "function = []", "use a name or a list of names"),
        ('see = "this"', 'see = " "', "see of the fault 'one' is ' '; use a text"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The message names the file, the fault, the key, what was found and what is allowed."""
    path = written(tmp_path, ENTRY.replace(old, new))
    with pytest.raises(LabError, match=re.escape(said)) as raised:
        faults.load(path)
    assert str(path) in str(raised.value)


def test_an_id_is_given_once(tmp_path: Path) -> None:
    """Two faults of one id can't be told apart."""
    with pytest.raises(LabError, match="'one' is given twice"):
        faults.load(written(tmp_path, ENTRY * 2))


def test_an_unreadable_catalogue_is_told(tmp_path: Path) -> None:
    """Neither a missing file nor broken TOML is a traceback."""
    with pytest.raises(LabError, match="can't be read"):
        faults.load(tmp_path / "nowhere.toml")
    with pytest.raises(LabError, match="can't be read"):
        faults.load(written(tmp_path, "[[fault"))


def test_an_unknown_id_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """Wrong use: what was meant, and the whole list."""
    found = faults.load(written(tmp_path, ENTRY + ENTRY.replace("one", "seventeen")))
    assert faults.find(found, "seventeen").id == "seventeen"
    with pytest.raises(UsageError, match="did you mean seventeen") as raised:
        faults.find(found, "seventen")
    assert "There are: one, seventeen" in str(raised.value)
    with pytest.raises(UsageError, match="name a fault: one, seventeen"):
        faults.find(found, "")
