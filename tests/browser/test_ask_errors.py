"""The ask page where the gateway can't answer, or isn't there any more."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from services.gateway.service import create_app
from services.gateway.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.looks import fits, low_contrast
from tests.services.servers import Running

pytestmark = pytest.mark.browser

NOBODY = "127.0.0.1:1"
UNSAMPLED = f"00-{'ab' * 16}-{'cd' * 8}-00"


@pytest.fixture
def alone() -> Iterator[Running]:
    """A real gateway with nothing behind it."""
    settings = Settings(
        retriever_url=f"http://{NOBODY}",
        generator_url=f"http://{NOBODY}",
        redis_url=f"redis://{NOBODY}/0",
    )
    running = Running(create_app(settings))
    yield running
    running.stop()


def ask(page: Page) -> None:
    """Ask something."""
    page.get_by_label("Ask about Python").fill("Is anybody there?")
    page.get_by_role("button", name="Ask", exact=True).click()


@pytest.mark.parametrize("dark", [False, True])
def test_a_failing_service_is_named_with_what_to_do(
    alone: Running, open_page: OpenPage, page_problems: list[str], dark: bool
) -> None:
    """The gateway's problem document is shown in its own words."""
    page = open_page(alone.server.url, width=390, height=844, dark=dark)
    ask(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Bad Gateway (502)")
    expect(alert).to_contain_text("The retriever can't be reached")
    expect(alert).to_contain_text("invoke status")
    assert low_contrast(page) == []
    assert fits(page)
    assert [problem for problem in page_problems if "502" not in problem] == []
    page_problems.clear()


def test_a_gateway_that_went_away_is_told(
    alone: Running, open_page: OpenPage, page_problems: list[str]
) -> None:
    """Not as a failed answer, but as nobody there; focus is on it."""
    page = open_page(alone.server.url)
    alone.stop()
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("The gateway doesn.t answer"))
    expect(page.get_by_role("alert")).to_contain_text("invoke up")
    assert page.evaluate("document.activeElement.id") == "outcome"
    assert [problem for problem in page_problems if "ERR_CONNECTION" not in problem] == []
    page_problems.clear()


def test_a_refused_question_names_the_field(
    alone: Running, open_page: OpenPage, page_problems: list[str]
) -> None:
    """What the gateway says of each field is listed."""
    page = open_page(alone.server.url)

    def spoil(route: Route) -> None:
        route.continue_(post_data=json.dumps({"question": "", "user_id": "page"}))

    page.route("**/query", spoil)
    ask(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("(422)")
    expect(alert.get_by_role("listitem")).to_contain_text(["question String should have at least"])
    page_problems.clear()


def test_asking_again_asks_what_is_shown(
    alone: Running, open_page: OpenPage, page_problems: list[str]
) -> None:
    """Whatever has been typed since; the traced one too."""
    page = open_page(alone.server.url)
    sent: list[Any] = []

    def refuse(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=500, body="no", headers={"traceresponse": UNSAMPLED})

    page.route("**/query", refuse)
    ask(page)
    box = page.get_by_label("Ask about Python")
    for button in ("Try again", "Ask again, traced"):
        box.fill("Something else?")
        page.get_by_label("Passages").fill("2")
        with page.expect_response("**/query"):
            page.get_by_role("button", name=button).click()
        expect(box).to_have_value("Is anybody there?")
    expect(page.get_by_label("Trace this one")).to_be_checked()
    assert [one["question"] for one in sent] == ["Is anybody there?"] * 3
    assert sent[0]["top_k"] == sent[2]["top_k"] != 2
    page_problems.clear()


def test_an_answer_that_is_no_json_is_told(
    alone: Running, open_page: OpenPage, page_problems: list[str]
) -> None:
    """A proxy's page, say; and asking again is offered."""
    page = open_page(alone.server.url)
    page.route("**/query", lambda route: route.fulfill(status=500, body="<h1>no</h1>"), times=1)
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text("answered 500, and not in JSON")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("Bad Gateway (502)")
    page_problems.clear()
