"""What of this machine's settings a build is given, and in which form."""

import stat
from pathlib import Path

import pytest

from lab.images.buildenv import network, proxy_variables, secret_files
from lab.images.index_settings import apt_conf, bundle_paths, certificates, go_env, logins, pip_conf

PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----"


def test_proxies_are_known_in_both_cases() -> None:
    """apt reads the small names, others the large ones."""
    assert proxy_variables({"HTTPS_PROXY": "http://p:1", "no_proxy": "localhost", "X": "y"}) == {
        "https_proxy": "http://p:1",
        "HTTPS_PROXY": "http://p:1",
        "no_proxy": "localhost",
        "NO_PROXY": "localhost",
    }


def test_pip_settings_of_the_environment_win() -> None:
    """As in pip: the environment over [install] over [global]."""
    text = pip_conf(
        ":env:.index-url='https://env.example/simple'\n"
        "global.index-url='https://global.example/simple'\n"
        "install.extra-index-url='https://extra.example/simple'\n"
        "global.cert='/home/me/ca.pem'\n"
        "freeze.timeout='1'\n"
    )
    assert text.splitlines() == [
        "[global]",
        "cert = /etc/ssl/certs/ca-certificates.crt",
        "index-url = https://env.example/simple",
        "extra-index-url = https://extra.example/simple",
    ]


def test_pip_folders_of_this_machine_are_left_out() -> None:
    """A build can't see them; addresses in the same setting stay."""
    assert "find-links" not in pip_conf(":env:.find-links='/opt/wheels'\n")
    mixed = pip_conf("global.find-links='/opt/wheels\\nhttps://wheels.example/'\n")
    assert "find-links = https://wheels.example/" in mixed.splitlines()


def test_go_settings_come_from_go_env_and_the_environment() -> None:
    """`go env -w` writes a file; a variable overrides it; folders as mirrors are left out."""
    written = "# by go\nGOSUMDB=off\nGOFLAGS=-mod=mod\nCGO_ENABLED=1\n"
    env = {"GOPROXY": "file:///mirror,https://go.example,direct", "GOFLAGS": "-v"}
    assert go_env(written, env) == ("GOPROXY=https://go.example,direct\nGOSUMDB=off\nGOFLAGS=-v\n")
    assert go_env("", {}) == ""


def test_apt_settings_that_name_files_are_left_out() -> None:
    """The file isn't in the build; its certificates travel in the bundle."""
    settings = (
        'Acquire::http::Proxy "http://proxy.example:3142";\n'
        'Acquire::https::CaInfo "/etc/ssl/private-ca.pem";\n'
    )
    assert apt_conf(settings) == 'Acquire::http::Proxy "http://proxy.example:3142";\n'


def test_only_the_logins_of_the_indexes_travel() -> None:
    """The rest of ~/.netrc is nobody's business."""
    netrc = (
        "machine pypi.example login me password secret\n"
        "machine mail.example login me password other\n"
    )
    conf = "index-url = https://pypi.example/simple"
    assert logins(netrc, [conf]) == "machine pypi.example login me password secret\n"
    assert logins(netrc, [""]) == ""
    assert logins("machine", [conf]) == ""


def test_every_trusted_certificate_is_taken_once(tmp_path: Path) -> None:
    """From the bundle the user names and from the system's, without repeats."""
    extra, system = tmp_path / "extra.pem", tmp_path / "system.pem"
    extra.write_text(f"my company\n{PEM.format('AAAA')}\n")
    system.write_text(f"{PEM.format('BBBB')}\n{PEM.format('AAAA')}\n")
    found = certificates([extra, system, tmp_path / "absent"])
    assert found == f"{PEM.format('AAAA')}\n{PEM.format('BBBB')}\n"


def test_bundles_are_found_where_pip_apt_and_tls_name_them() -> None:
    """What the user set comes before the system's own."""
    paths = bundle_paths(
        {"SSL_CERT_FILE": "/one.pem"},
        "global.cert='/two.pem'\n",
        'Acquire::https::CaInfo "/three.pem";\n',
    )
    assert [str(path) for path in paths[:3]] == ["/one.pem", "/two.pem", "/three.pem"]
    assert Path("/etc/ssl/certs/ca-certificates.crt") in paths[3:]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://127.0.0.1:3128", "host"),
        ('Acquire::http::Proxy "http://localhost:3142";', "host"),
        ("index-url = http://[::1]:3141/root/pypi", "host"),
        ("http://proxy.example:3128", "default"),
        ("", "default"),
    ],
)
def test_a_proxy_on_the_hosts_loopback_needs_the_hosts_network(given: str, expected: str) -> None:
    """From a build's own network 127.0.0.1 is the build itself."""
    assert network(["", given]) == expected


def test_secrets_are_files_for_this_user_only_and_gone_afterwards() -> None:
    """While the block runs they can be read by their owner, after it they don't exist."""
    with secret_files({"pip": "index-url = https://me:secret@pypi.example"}) as files:
        path = files["pip"]
        assert "secret" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()
