"""The virtual environment: made once, repaired when half made, made anew when it can't be used."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from lab import bootstrap

NAME = "tiny-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with one module, so that pip has something real to install without a network."""
    path = tmp_path_factory.mktemp("wheels") / NAME
    files = {
        "tiny.py": "VALUE = 1\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
    }
    record = "".join(f"{name},{_digest(text)},{len(text)}\n" for name, text in files.items())
    files["tiny-1.0.dist-info/RECORD"] = f"{record}tiny-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def offline(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds the wheel and asks nobody else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))


@pytest.fixture
def requirements(wheel: Path, tmp_path: Path) -> Path:
    """Hash-pinned requirements for it."""
    path = tmp_path / "lab.txt"
    path.write_text(f"tiny==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.usefixtures("offline")
def test_an_environment_is_made_once_and_repaired(tmp_path: Path, requirements: Path) -> None:
    """A refused install leaves it incomplete; what is done isn't done again; a broken one is."""
    venv = tmp_path / "venv"
    pinned = requirements.read_text()
    said: list[str] = []
    requirements.write_text("tiny==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(bootstrap.SetupError, match=r"(?i)hash"):
        bootstrap.ensure(venv, requirements, said.append)
    assert said[0] == "making the virtual environment .venv"
    assert not bootstrap.is_complete(venv, requirements)

    said.clear()
    requirements.write_text(pinned)
    bootstrap.ensure(venv, requirements, said.append)
    assert list(venv.glob("lib/python3.*/site-packages/tiny.py"))
    assert said[0] == "installing up to 1 packages of requirements/lab.txt into .venv"

    said.clear()
    bootstrap.ensure(venv, requirements, said.append)
    assert said == []

    (module,) = venv.glob("lib/python3.*/site-packages/tiny.py")
    module.unlink()
    (venv / "tracelab-lab.stamp").write_text(bootstrap.UNFINISHED)
    bootstrap.ensure(venv, requirements, said.append)
    assert module.exists()

    said.clear()
    (venv / "bin" / "python").unlink()
    bootstrap.ensure(venv, requirements, said.append)
    assert said[0] == "making the virtual environment .venv"
    assert bootstrap.is_complete(venv, requirements)


def test_an_environment_of_another_place_or_for_other_requirements_is_not_complete(
    tmp_path: Path,
) -> None:
    """A moved checkout and renewed requirements both need work."""
    requirements = tmp_path / "lab.txt"
    requirements.write_text("a==1\n")
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    stamp = venv / "tracelab-lab.stamp"
    stamp.write_text(bootstrap.stamp(venv, requirements))
    assert bootstrap.is_complete(venv, requirements)
    stamp.write_text(bootstrap.stamp(tmp_path / "elsewhere", requirements))
    assert not bootstrap.is_complete(venv, requirements)
    stamp.write_text(bootstrap.stamp(venv, requirements))
    requirements.write_text("a==2\n")
    assert not bootstrap.is_complete(venv, requirements)


def test_the_bootstrap_needs_the_standard_library_only() -> None:
    """It runs before anything is installed."""
    lines = Path(bootstrap.__file__).read_text().splitlines()
    imported = {
        line.split()[1].split(".")[0] for line in lines if line.startswith(("import", "from"))
    }
    assert imported <= {
        "collections",
        "contextlib",
        "fcntl",
        "hashlib",
        "importlib",
        "os",
        "pathlib",
        "shutil",
        "subprocess",
        "sys",
        "time",
    }
