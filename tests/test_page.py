"""A stack on one page: everything is on it, nothing is fetched, no secret stands in it; and in a browser."""

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from real_programs import axe

from automation import cli
from automation.commands import plans
from rehearsal import by_users, cost, report
from rehearsal.report import Rehearsed
from reports import page, secrets
from stacks.masking import stands_in

pytest.importorskip("jinja2", reason="the extra `report` is not installed")
SECTIONS = ["picture", "cost", "public", "secrets", "policies", "resources", "changes", "outputs", "next"]


@pytest.fixture(scope="module")
def rehearsed() -> Rehearsed:
    return report.plan("family-host")


@pytest.fixture(scope="module")
def text(rehearsed: Rehearsed) -> Iterator[str]:
    """The page of the family's host, with the one plan for its plots."""
    estimate = cost.of_stack(rehearsed.loaded, rehearsed.plan)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            by_users,
            "curve",
            lambda loaded, **_: by_users.Curve(loaded.name, {15: estimate, 40: estimate}, "41 users: <more>"),
        )
        yield page.write(rehearsed, most=40)


class Read(HTMLParser):
    """Ids, and every address that a browser fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.fetched += [given[key] for key in ("src", "srcset", "poster", "data") if key in given]
        if tag in {"link", "use", "image"}:
            self.fetched += [given[key] for key in ("href", "xlink:href") if key in given]


def test_the_page_has_each_section_once_and_fetches_nothing(text: str) -> None:
    read = Read()
    read.feed(text)
    assert len(read.ids) == len(set(read.ids))
    assert set(SECTIONS) <= set(read.ids)
    assert [one for one in read.fetched if not one.startswith(("data:", "#"))] == []
    assert set(re.findall(r"url\((.)", text)) <= {'"', "#", "d"}
    assert not re.search(r"url\(\"?https?:", text)
    assert "default-src 'none'" in text


def test_no_secret_stands_in_the_page_and_each_is_named(text: str, rehearsed: Rehearsed) -> None:
    for value in rehearsed.plan.secrets.values():
        assert not stands_in(value, text)
    for key in rehearsed.loaded.secret_keys:
        assert key in text


def test_who_can_read_a_secret_is_told_by_the_policies_that_allow_it(rehearsed: Rehearsed) -> None:
    found = {one.name: one for one in secrets.of_stack(rehearsed.loaded, rehearsed.plan)}
    password = found["rocketchat:smtpPassword"]
    assert [one for one in password.places if one.startswith("chat-secrets")]
    [role] = [one for one in password.readers if one.startswith("IAM role")]
    assert "by chat-access" in role
    assert any("administrators of the AWS account" in one for one in password.readers)


def test_what_a_plan_says_is_text_on_the_page_and_no_markup(text: str) -> None:
    assert "41 users: &lt;more&gt;" in text
    assert "<more>" not in text


@pytest.mark.parametrize("command", ["report nonsense", "report family-host --most 0"])
def test_a_wrong_argument_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(command.split()) in {1, 2}
    assert "Traceback" not in capsys.readouterr().err


def test_without_the_packages_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rehearsed: Rehearsed
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    monkeypatch.setattr(plans, "planned", lambda stack, file: rehearsed)
    assert cli.main(["report", "family-host", "--json"]) == 1
    assert "rocketchat-pulumi[report]" in json.loads(capsys.readouterr().out)["cause"]


# ------------------------------------------------------------------------------------------------ in a browser


def chromium() -> str:
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("real program not to be had: chromium is not installed")
    return found


@pytest.mark.programs
def test_in_a_browser_the_page_is_quiet_usable_by_everybody_and_searched_by_keyboard(
    text: str, tmp_path: Path
) -> None:
    program, script = chromium(), axe()
    from playwright.sync_api import sync_playwright

    file = tmp_path / "page.html"
    file.write_text(text, encoding="utf-8")
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for width, scheme in ((1280, "light"), (390, "dark")):
            options: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
            opened = browser.new_page(**options)
            opened.on("console", lambda message: said.append(message.text))
            opened.on("pageerror", lambda error: said.append(str(error)))
            opened.on("request", lambda request: asked.append(request.url))
            opened.goto(file.as_uri())
            assert opened.evaluate("document.documentElement.scrollWidth") == width
            opened.keyboard.press("Tab")
            assert opened.evaluate("document.activeElement.textContent") == "Skip to the content"
            opened.focus("#search")
            opened.keyboard.type("volume")
            named = [one.get_attribute("data-text") or "" for one in opened.locator("#tree li").all()]
            assert opened.text_content("#found") == f"{sum('volume' in one for one in named)} found"
            assert opened.locator("#tree li:visible").count() < opened.locator("#tree li").count()
            opened.fill("#search", "")
            # axe is a guest: the page's own policy lets no script in but its own.
            guest = browser.new_context(**options, bypass_csp=True).new_page()
            guest.goto(file.as_uri())
            guest.evaluate(script)
            found = guest.evaluate("axe.run()")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
        browser.close()
    assert said == []
    assert set(asked) == {file.as_uri()}
