"""This machine's mirrors and apt settings become those of Debian 13."""

import pytest

from lab.host.apt import parse_candidates, upstream_version
from lab.host.debian import carried_settings, distribution, trixie_sources


def test_os_release_tells_the_distribution() -> None:
    """Quoted or not, with or without likes."""
    ubuntu = distribution('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n')
    assert (ubuntu.id, ubuntu.codename, ubuntu.has_apt) == ("ubuntu", "noble", True)
    assert distribution('ID="fedora"\n').has_apt is False
    assert distribution("").id == "unknown"


def test_the_machines_mirrors_serve_debian_13_too() -> None:
    """Each of the three suites comes from where this machine gets its own."""
    targets = (
        "http://mirror.example/debian/ bookworm main Debian\n"
        "http://mirror.example/debian/ bookworm-updates main Debian\n"
        "https://security.example/debian-security/ bookworm-security main Debian\n"
    )
    lines = trixie_sources(targets, "bookworm").splitlines()
    assert [line.split("] ")[1] for line in lines] == [
        "http://mirror.example/debian trixie main",
        "http://mirror.example/debian trixie-updates main",
        "https://security.example/debian-security trixie-security main",
    ]


def test_every_source_is_verified_with_debians_keyring() -> None:
    """No source is trusted without a signature."""
    for line in trixie_sources("", "bookworm").splitlines():
        assert "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg" in line
        assert "trusted=yes" not in line


@pytest.mark.parametrize(
    "line",
    [
        "https://apt.vendor.example/ bookworm main Vendor",
        "https://download.vendor.example/linux/debian/ bookworm stable Docker",
        "https://apt.vendor.example/ bookworm main $(ORIGIN)",
        "cdrom:[Debian]/ bookworm main Debian",
    ],
)
def test_other_archives_with_debians_suite_names_are_no_mirrors(line: str) -> None:
    """A vendor's repository named after a Debian release doesn't hold Debian."""
    assert trixie_sources(f"{line}\n", "bookworm") == trixie_sources("", "bookworm")


def test_before_the_first_update_the_address_has_to_do() -> None:
    """Without a downloaded index the origin is unknown; Debian's mirrors are named debian."""
    target = "http://mirror.example/debian/ bookworm main $(ORIGIN)\n"
    assert "http://mirror.example/debian trixie main" in trixie_sources(target, "bookworm")


def test_only_settings_for_reaching_mirrors_are_carried() -> None:
    """Hooks, caches and other tastes of the machine stay where they are."""
    dump = (
        'APT::Install-Recommends "0";\n'
        'Acquire::http::Proxy "http://proxy.example:3142";\n'
        'Acquire::https::CaInfo "/etc/ssl/private-ca.pem";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Languages "none";\n'
        'Acquire::AllowInsecureRepositories "1";\n'
        'DPkg::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";\n'
    )
    assert carried_settings(dump) == (
        'Acquire::http::Proxy "http://proxy.example:3142";\n'
        'Acquire::https::CaInfo "/etc/ssl/private-ca.pem";\n'
        'Acquire::Check-Valid-Until "false";\n'
    )


def test_candidates_leave_out_what_apt_does_not_know() -> None:
    """A package without a candidate can't be installed."""
    policy = (
        "docker.io:\n  Installed: (none)\n  Candidate: 26.1.5+dfsg1-9\n"
        "docker-compose-v2:\n  Installed: (none)\n  Candidate: (none)\n"
    )
    assert parse_candidates(policy) == {"docker.io": "26.1.5+dfsg1-9"}


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1:2.26.1-4", (2, 26, 1)), ("1.29.2-3", (1, 29, 2)), ("0.13.1+ds1-3", (0, 13, 1)), ("", ())],
)
def test_versions_compare_by_their_numbers(version: str, numbers: tuple[int, ...]) -> None:
    """Epoch, repacking and Debian's revision don't count."""
    assert upstream_version(version) == numbers
