"""What is done about the container engine, and what is said where nothing can be done."""

import pytest

from lab.errors import UnavailableError
from lab.host.debian import Distribution
from lab.host.engine import decide, engine_packages
from lab.host.engine_probe import Probe, parse_info

DEBIAN = Distribution("debian", "bookworm", frozenset())
UBUNTU = Distribution("ubuntu", "noble", frozenset({"debian"}))
FEDORA = Distribution("fedora", "", frozenset())
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
ALL_PLUGINS = frozenset({("compose", "v2.30.0"), ("buildx", "v0.17.1")})


def test_an_engine_that_answers_is_used_as_it_is() -> None:
    """Whoever the user is and whatever the endpoint: an answer is enough."""
    remote = Probe(has_client=True, version="28.2.2", endpoint="tcp://elsewhere:2376")
    assert decide(remote, is_root=False, machine=FEDORA) == "use"


def test_an_installed_engine_is_started_by_root_only() -> None:
    """Root starts it; another user is told the one command that does."""
    stopped = Probe(has_client=True, has_daemon=True, said=DOWN)
    assert decide(stopped, is_root=True, machine=DEBIAN) == "start"
    with pytest.raises(UnavailableError, match="sudo service docker start"):
        decide(stopped, is_root=False, machine=DEBIAN)


@pytest.mark.parametrize("machine", [DEBIAN, UBUNTU])
def test_without_an_engine_root_installs_one_on_debian_and_ubuntu(machine: Distribution) -> None:
    """A machine with a client only, or with nothing, gets an engine."""
    assert decide(Probe(has_client=True, said=DOWN), is_root=True, machine=machine) == "install"
    assert decide(Probe(), is_root=True, machine=machine) == "install"


def test_a_daemon_without_a_client_is_completed() -> None:
    """Debian 13's docker.io alone has no client: installing brings it."""
    assert decide(Probe(has_daemon=True), is_root=True, machine=DEBIAN) == "install"


def test_a_user_without_an_engine_is_told_one_command() -> None:
    """The message holds a command that installs it and lets this user in."""
    with pytest.raises(UnavailableError, match=r"sudo sh -c .*docker\.io && usermod"):
        decide(Probe(), is_root=False, machine=DEBIAN)


def test_elsewhere_the_manual_is_named() -> None:
    """No packages are guessed on a distribution we don't know."""
    with pytest.raises(UnavailableError, match=r"docs\.docker\.com"):
        decide(Probe(), is_root=True, machine=FEDORA)


def test_permission_denied_is_told_from_not_running() -> None:
    """A socket one may not use is not mended by starting anything."""
    refused = Probe(has_client=True, has_daemon=True, said="permission denied while trying to")
    with pytest.raises(UnavailableError, match="usermod -aG docker"):
        decide(refused, is_root=False, machine=DEBIAN)


def test_a_chosen_endpoint_that_is_silent_is_never_replaced() -> None:
    """With DOCKER_HOST or a context elsewhere, no local engine is installed or started."""
    silent = Probe(has_client=True, has_daemon=True, said="timeout", endpoint="tcp://far:2376")
    with pytest.raises(UnavailableError, match=r"tcp://far:2376 doesn't answer: timeout"):
        decide(silent, is_root=True, machine=DEBIAN)


def test_debian_12_gets_the_engine_alone() -> None:
    """Its docker-compose is version 1 and it has no buildx: both are fetched elsewhere."""
    known = {"docker.io": "20.10.24+dfsg1-1+deb12u1", "docker-compose": "1.29.2-3"}
    assert engine_packages(known, Probe()) == ("docker.io",)


def test_debian_13_has_client_and_plugins_as_packages() -> None:
    """All four packages come from the distribution."""
    known = {
        "docker.io": "26.1.5+dfsg1-9",
        "docker-cli": "26.1.5+dfsg1-9",
        "docker-compose": "2.26.1-4",
        "docker-buildx": "0.13.1+ds1-3",
    }
    expected = ("docker.io", "docker-cli", "docker-compose", "docker-buildx")
    assert engine_packages(known, Probe()) == expected


def test_ubuntu_has_compose_under_another_name() -> None:
    """docker-compose-v2 is taken, docker-compose 1.x is not."""
    known = {
        "docker.io": "26.1.3-0ubuntu1",
        "docker-compose": "1.29.2-6ubuntu1",
        "docker-compose-v2": "2.27.1+ds1-0ubuntu1",
        "docker-buildx": "0.14.1-0ubuntu1",
    }
    expected = ("docker.io", "docker-compose-v2", "docker-buildx")
    assert engine_packages(known, Probe()) == expected


def test_what_is_there_is_not_installed_again() -> None:
    """A client with its plugins keeps them."""
    known = {"docker.io": "26.1.5", "docker-cli": "26.1.5", "docker-compose": "2.26.1"}
    found = Probe(has_client=True, plugins=ALL_PLUGINS)
    assert engine_packages(known, found) == ("docker.io",)


def test_docker_info_tells_version_and_working_plugins() -> None:
    """A plugin with an error doesn't count."""
    found = parse_info(
        '{"ServerVersion": "20.10.24", "ClientInfo": {"Plugins": ['
        '{"Name": "compose", "Version": "2.26.1-4"}, {"Name": "buildx", "Err": "broken"}]}}',
        "",
    )
    assert found.version == "20.10.24"
    assert found.plugins == {("compose", "2.26.1-4")}


def test_docker_info_without_a_daemon_tells_the_reason() -> None:
    """Older clients put it into the document, newer ones on stderr."""
    older = parse_info('{"ServerErrors": ["permission denied"], "ClientInfo": {}}', "")
    newer = parse_info('{"ServerVersion": "", "ClientInfo": {"Plugins": null}}', f"{DOWN}\n")
    assert (older.version, older.said) == ("", "permission denied")
    assert (newer.version, newer.said) == ("", DOWN)
