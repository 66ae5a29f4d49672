"""A stack on one page: everything is on it, nothing is fetched, no secret stands in it; and in a browser."""

import contextlib
import html
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from real_programs import axe

from automation.values import Result, Step
from command import cli, plans
from rehearsal import by_users, cost, report
from rehearsal.report import Rehearsed
from reports import diagram, page, secrets
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
    assert not re.search(r">[^<]*`[^`<]+`", text.partition('<h2 id="resources"')[0])


def test_what_a_deployment_would_change_is_told_by_name_and_property(
    rehearsed: Rehearsed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    volume = "urn:pulumi:family-host::rocketchat::digitalocean:index/volume:Volume::host-data"
    steps = (
        Step("replace", volume, "digitalocean:index/volume:Volume", ("size", "region")),
        Step("delete", volume.replace("host-data", "old <volume>"), "digitalocean:index/volume:Volume"),
        Step("same", volume.replace("host-data", "quiet"), "digitalocean:index/volume:Volume"),
    )
    deployed = Result("family-host", "preview", {"replace": 1, "delete": 1, "same": 40}, steps)

    class Opened:
        def preview(self) -> Result:
            return deployed

    monkeypatch.setattr(plans, "opened", lambda *_, **__: contextlib.nullcontext(Opened()))
    monkeypatch.setattr(plans, "planned", lambda *_: rehearsed)
    estimate = cost.of_stack(rehearsed.loaded, rehearsed.plan)
    monkeypatch.setattr(by_users, "curve", lambda *_, **__: by_users.Curve("family-host", {15: estimate}, ""))
    monkeypatch.setattr(diagram, "svg", lambda _: "")
    file = tmp_path / "page.html"
    assert cli.main(["report", "family-host", "--deployed", "--file", str(file)]) == 0
    changes = file.read_text(encoding="utf-8").partition('id="changes"')[2].partition("</section>")[0]
    assert "± host-data (digitalocean.Volume): size, region" in changes
    assert "- old &lt;volume&gt; (digitalocean.Volume)" in changes
    assert "quiet" not in changes
    assert "golden" not in changes
    # A volume holds data: what is lost with it is said.
    assert all(sentence in html.unescape(changes) for sentence in deployed.lost)
    assert deployed.lost
    # --rehearse says of what is deployed against stand-ins, and nothing alone.
    assert cli.main(["report", "family-host", "--rehearse"]) == 2


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

PALE = """[...document.querySelectorAll('svg text')].filter(one => {
  const [red, green, blue] = getComputedStyle(one).fill.match(/[0-9.]+/g).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > 150;
}).map(one => one.textContent)"""
"""Words of the pictures that could not be read on white."""


def chromium() -> str:
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("real program not to be had: chromium is not installed")
    return found


CUT_OFF = (
    "[...document.querySelectorAll('table.stacked')].map(one => one.parentElement)"
    ".filter(one => one.scrollWidth > one.clientWidth).map(one => one.getAttribute('aria-label'))"
)
"""Tables of secrets and findings that are wider than what shows them."""


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
            assert opened.locator("table.stacked").count() == 2
            assert opened.evaluate(CUT_OFF) == []
            opened.keyboard.press("Tab")
            assert opened.evaluate("document.activeElement.textContent") == "Skip to the content"
            opened.focus("#search")
            opened.keyboard.type("volume")
            named = [one.get_attribute("data-text") or "" for one in opened.locator("#tree li").all()]
            assert opened.text_content("#found") == f"{sum('volume' in one for one in named)} found"
            assert opened.locator("#tree li:visible").count() < opened.locator("#tree li").count()
            opened.fill("#search", "")
            first = opened.locator("#tree summary").first
            first.focus()
            opened.keyboard.press("Enter")
            assert first.evaluate("one => one.parentElement.open")
            # On paper: dark on white, for a reader of the dark, too, and nothing cut off.
            opened.emulate_media(media="print")
            assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert opened.evaluate(PALE) == []
            assert opened.evaluate("document.documentElement.scrollWidth") == width
            assert not opened.locator("nav").is_visible()
            # axe is a guest: the page's own policy lets no script in but its own.
            guest = browser.new_context(**options, bypass_csp=True).new_page()
            guest.goto(file.as_uri())
            guest.evaluate(script)
            found = guest.evaluate("axe.run()")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
        browser.close()
    assert said == []
    assert set(asked) == {file.as_uri()}
