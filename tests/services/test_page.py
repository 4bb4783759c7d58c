"""The ask page as the gateway serves it."""

import pytest
from starlette.testclient import TestClient

from services.gateway.page import datadog_home
from services.gateway.pipeline import EXCERPT_CHARS, excerpt
from services.gateway.service import create_app
from services.gateway.settings import Settings


@pytest.fixture
def client() -> TestClient:
    """A gateway with nothing behind it."""
    return TestClient(create_app(Settings(trace_url='http://127.0.0.1:1/trace/{trace_id}?a="<b>')))


def test_settings_are_escaped_in_the_document(client: TestClient) -> None:
    """Whatever an address holds, it stays an attribute's value."""
    page = client.get("/").text
    assert 'data-trace-url="http://127.0.0.1:1/trace/{trace_id}?a=&quot;&lt;b&gt;"' in page
    assert "$" not in page


def test_the_document_holds_no_script_or_style_of_its_own(client: TestClient) -> None:
    """So the policy needs no exception."""
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "connect-src 'self' http://127.0.0.1:1;" in policy
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert page.text.count("<script") == page.text.count('<script type="module" src="/web/')


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("ask.js", "text/javascript"), ("ask.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_its_files_are_served_with_their_types(
    client: TestClient, name: str, media_type: str
) -> None:
    """Browsers refuse a script or a style of another type."""
    found = client.get(f"/web/{name}")
    assert found.status_code == 200
    assert found.headers["content-type"].split(";")[0] == media_type


def test_its_files_are_asked_for_anew_and_sent_if_they_changed(client: TestClient) -> None:
    """A new document with scripts of the version before would not work."""
    first = client.get("/web/ask.js")
    again = client.get("/web/ask.js", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert {one.headers["cache-control"] for one in (first, again)} == {"no-cache"}


def test_a_missing_file_is_a_problem_document(client: TestClient) -> None:
    """As everywhere else."""
    found = client.get("/web/missing.js")
    assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")


def test_datadogs_own_site_has_another_home_than_the_test_agent() -> None:
    """The test agent lists its traces beside each trace's page."""
    assert (
        datadog_home("http://127.0.0.1:8127/traces/{datadog_id}") == "http://127.0.0.1:8127/traces"
    )
    assert datadog_home("https://dd.example/apm/trace/{trace_id}") == "https://dd.example/"


def test_a_short_text_is_its_own_excerpt() -> None:
    """In one line."""
    assert excerpt("One.\n  Two. ") == "One. Two."


@pytest.mark.parametrize("text", ["word " * 500, "x" * 5000, " \n" * 400 + "late", "ab " * 81])
def test_an_excerpt_is_never_too_long(text: str) -> None:
    """However the text is made."""
    assert len(excerpt(text)) <= EXCERPT_CHARS + 1
    assert "\n" not in excerpt(text)


def test_a_long_text_is_cut_between_words() -> None:
    """With a sign that it goes on."""
    assert excerpt("word " * 500).endswith("word …")
