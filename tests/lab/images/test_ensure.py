"""Which images there are, what they are tagged by, where they come from, how they are built."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.errors import LabError, UnavailableError
from lab.images.build import Builder, brief, build_argv, raise_first
from lab.images.buildenv import BuildEnv
from lab.images.ensure import superseded
from lab.images.source import Decision, decide
from lab.images.specs import Plan, Source, Spec, digest, parse_pins, plan, reference
from lab.settings import ROOT
from lab.watched import StoppedError, Watch

NONE: dict[Source, int] = {"registry": 0, "packages": 0}


def reachable() -> str:
    """A registry that has everything."""
    return ""


def unreachable() -> str:
    """No registry."""
    return "redis:8: no such host"


def never() -> str:
    """A probe that must not be made."""
    raise AssertionError("the network was asked")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the images are made from."""
    for folder in ("compose/images", "requirements", "services", "seed"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    return tmp_path


def test_auto_takes_the_registry_where_it_answers_and_packages_where_not() -> None:
    """The reason is part of the decision."""
    assert decide("auto", NONE, reachable) == Decision("registry", "it answers and has the images")
    fallback = decide("auto", NONE, unreachable)
    assert fallback.source == "packages"
    assert "no such host" in fallback.why


def test_auto_stays_with_what_is_there_without_asking_the_network() -> None:
    """An edit that makes one image stale must not change where the others come from."""
    some: dict[Source, int] = {"registry": 0, "packages": 4}
    assert decide("auto", some, never).source == "packages"
    both: dict[Source, int] = {"registry": 4, "packages": 4}
    assert decide("auto", both, never).source == "registry"


def test_packages_never_ask_the_network_for_a_registry() -> None:
    """The setting is enough."""
    assert decide("packages", NONE, never).source == "packages"


def test_a_demanded_registry_that_is_not_there_is_an_error_with_a_way_out() -> None:
    """It names the reason and the other source."""
    with pytest.raises(UnavailableError, match="no such host") as raised:
        decide("registry", NONE, unreachable)
    assert "TRACELAB_IMAGES=packages" in str(raised.value)
    assert decide("registry", NONE, reachable).source == "registry"


def test_packages_start_from_one_base(project: Path) -> None:
    """All four images share the base's layers."""
    made = plan("packages", project)
    assert made.base.startswith("tracelab/base:")
    assert {spec.parent for spec in made.specs} == {made.base}


def test_the_registrys_images_start_from_its_pins(project: Path) -> None:
    """Python's image for what is ours, the official Redis and Jaeger with a thin layer."""
    made = plan("registry", project)
    parents = {spec.name: spec.parent for spec in made.specs}
    assert made.base == ""
    assert parents["app"] == parents["datadog"] == "python:3.13-slim-trixie"
    assert parents["redis"] == "redis:8"
    assert parents["jaeger"] == "jaegertracing/jaeger:2.13.0"
    recipes = {spec.name: spec.dockerfile.name for spec in made.specs}
    assert recipes["jaeger"] == recipes["redis"] == "Dockerfile.registry"


def test_every_recipe_and_context_exists(project: Path) -> None:
    """No plan names a file that isn't there."""
    sources: tuple[Source, ...] = ("registry", "packages")
    for source in sources:
        for spec in plan(source, project).specs:
            assert (project / spec.dockerfile).is_file()
            assert (project / spec.context).is_dir()


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("services/healthcheck.py", {"app"}),
        ("seed/questions.jsonl", {"app"}),
        ("requirements/services.txt", {"app"}),
        ("requirements/datadog.txt", {"datadog"}),
        ("requirements/dev.txt", set()),
        ("compose/images/jaeger/config.yaml", {"jaeger"}),
        ("compose/images/redis/Dockerfile", {"redis"}),
        ("compose/images/base/packages.list", {"app", "redis", "jaeger", "datadog"}),
        ("services/__pycache__/app.cpython-313.pyc", set()),
        ("services/.app.py.swp", set()),
    ],
)
def test_an_edit_changes_the_tags_of_what_is_made_from_it(
    project: Path, edited: str, changed: set[str]
) -> None:
    """And of nothing else, so that nothing else is built again."""
    before = plan("packages", project).references
    path = project / edited
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("# edited\n")
    after = plan("packages", project).references
    assert {name for name in before if before[name] != after[name]} == changed


def test_a_renamed_file_is_another_input(tmp_path: Path) -> None:
    """The same bytes under another name make another image."""
    (tmp_path / "a").write_text("x")
    before = digest(tmp_path, ["."])
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest(tmp_path, ["."]) != before


def test_a_reference_depends_on_all_its_inputs() -> None:
    """Name, content and parent all count, and their borders too."""
    assert reference("app", "ab", "c") != reference("app", "a", "bc")
    assert reference("app", "x") != reference("redis", "x")


def test_pins_may_carry_digests() -> None:
    """A reference is taken as it is written; comments and empty lines are passed over."""
    pins = parse_pins(
        "# pins\n\npython python:3.13-slim-trixie\nredis redis:8@sha256:abc # known\njaeger j:2\n"
    )
    assert pins["redis"] == "redis:8@sha256:abc"


@pytest.mark.parametrize("text", ["python python:3.13\nredis redis:8\n", "python a b\n"])
def test_broken_pins_are_an_error(text: str) -> None:
    """A missing line or an odd one is named."""
    with pytest.raises(LabError, match=r"registry\.lock"):
        parse_pins(text)


def test_old_tags_go_but_not_those_kept_used_or_foreign() -> None:
    """Only tags of our own repositories that nothing needs."""
    tags = ["tracelab/app:old", "tracelab/app:new", "tracelab/redis:used", "postgres:17", "app:old"]
    gone = superseded(tags, keep={"tracelab/app:new"}, used={"tracelab/redis:used"})
    assert gone == ("tracelab/app:old",)


def test_a_builds_command_line_holds_no_values_of_proxies_or_secrets() -> None:
    """Other users of the machine can read command lines."""
    spec = Spec("app", Path("compose/images/app/Dockerfile"), Path(), (), "tracelab/base:1")
    env = BuildEnv({"HTTPS_PROXY": "http://me:hunter2@proxy"}, {"pip": "hunter2"}, "host")
    argv = build_argv(spec, "tracelab/app:1", env, {"pip": Path("/tmp/x/pip")})  # noqa: S108 - a name only
    assert "hunter2" not in " ".join(argv)
    assert argv[argv.index("--secret") + 1] == "id=pip,src=/tmp/x/pip"
    assert "HTTPS_PROXY" in argv
    assert argv[argv.index("--network") + 1] == "host"
    assert argv[-1] == "."


def test_progress_is_without_the_builders_step_numbers() -> None:
    """What a step writes is what the user wants to read."""
    assert brief("#12 45.23 github.com/dgraph-io/badger/v4") == "github.com/dgraph-io/badger/v4"
    assert brief("#9 [venv 3/3] RUN pip install") == "[venv 3/3] RUN pip install"


def test_the_failure_that_made_the_others_stop_is_the_one_raised() -> None:
    """Being stopped is not the news."""

    def fail(error: Exception) -> None:
        raise error

    with ThreadPoolExecutor(1) as pool:
        builds = [pool.submit(fail, StoppedError("redis")), pool.submit(fail, LabError("app"))]
    with pytest.raises(LabError, match="app"):
        raise_first(builds)


def test_one_failed_build_stops_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a docker whose app build fails at once, the slow redis build is broken off."""
    docker = tmp_path / "docker"
    docker.write_text(
        "#!/bin/sh\ncase \"$*\" in\n*tracelab/app*) echo 'no space left'; exit 1 ;;\n"
        "*tracelab/redis*) exec sleep 60 ;;\nesac\n"
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    specs = tuple(Spec(name, Path("D"), Path(), (), "b") for name in ("app", "redis"))
    made = Plan("packages", "", specs, {"app": "tracelab/app:1", "redis": "tracelab/redis:1"})
    builder = Builder(tmp_path, BuildEnv(), Watch(lambda _: None, tmp_path / "logs"))
    with pytest.raises(LabError, match="image app failed with exit code 1") as raised:
        builder.build(made, specs, with_base=False)
    assert "no space left" in str(raised.value)
