"""`rocketchat verify`: against a chat on loopback that behaves, and against ones that do not."""

import itertools
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_description import Judge
from chat_server import (
    PASSWORD,
    USER,
    Authority,
    Chat,
    ChatServer,
    answering,
    dripping,
    endless,
    silent,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from automation.backend import Backend
from automation.errors import ConfigurationError
from automation.outcome import MARKS, Outcome
from automation.verify import checks
from automation.verify.client import User
from automation.verify.expected import Expected, of_stack
from automation.verify.run import Report, verify
from command import cli, running
from proving import recordings
from stacks import files
from stacks.language import parse
from stacks.project import PRODUCT

PROBE = User(USER, password=PASSWORD)
WITHOUT_USER = {"login", "room", "message", "upload", "mail", "registration", "leave"}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


@contextmanager
def serving(authority: Authority, chat: Chat | None = None, *, days: float = 90) -> Iterator[ChatServer]:
    with ChatServer(chat or Chat(), authority.certificate("localhost", days=days)) as server:
        yield server


@pytest.fixture(scope="module")
def odd() -> Iterator[ChatServer]:
    """A server without TLS, whose answers a test gives."""
    with ChatServer(Chat(tokens={"canarytoken"}), None) as server:
        yield server


def expected(server: ChatServer, **more: Any) -> Expected:
    promised = Expected(
        stack="house",
        url=server.url,
        release="8.9.0",
        probes=("/health", "/readyz"),
        headers=("Strict-Transport-Security",),
        mail=True,
        push=True,
        registered=True,
        accounts="Disabled",
    )
    return replace(promised, **more)


def by_name(report: Report) -> dict[str, Outcome]:
    return {one.check: one for one in report.outcomes}


def failing(report: Report) -> set[str]:
    return {one.check for one in report.outcomes if one.state == "failed"}


def asked(chat: Chat, authority: Authority, user: User | None = PROBE, **more: Any) -> Report:
    with serving(authority, chat) as server:
        return verify(expected(server), user, **more)


@pytest.mark.parametrize(
    ("status", "user", "state", "found"),
    [
        (
            200,
            {"user": {"username": "jarvis", "status": "online"}, "success": True},
            "ok",
            "jarvis is online",
        ),
        (200, {"user": {"username": "jarvis", "status": "offline"}, "success": True}, "failed", "is offline"),
        (400, {"success": False, "error": "User not found."}, "failed", "no account jarvis"),
    ],
)
def test_the_bot_of_a_stack_is_looked_for(
    status: int, user: dict[str, Any], state: str, found: str, authority: Authority
) -> None:
    path = "/api/v1/users.info"
    chat = Chat(more=lambda known: [Route(path, known(answering(status, user)))])
    with serving(authority, chat) as server:
        outcome = by_name(verify(expected(server, bot="jarvis"), PROBE))["bot"]
    assert outcome.state == state
    assert found in outcome.found
    assert ("configure house --user" in outcome.remedy) == (state == "failed")


def test_a_chat_that_is_well_passes_all_and_keeps_nothing_of_it(authority: Authority) -> None:
    chat = Chat()
    told: list[Outcome] = []
    report = asked(chat, authority, on_outcome=told.append)
    assert tuple(told) == report.outcomes
    found = by_name(report)
    assert report.ok
    assert {name for name, one in found.items() if one.state == "not checked"} == {"dns", "backups"}
    assert "bot" not in found, "this stack has none"
    assert "valid for 89 more days" in found["tls"].found
    assert found["upload"].found == "4096 bytes came back as they were sent"
    assert not chat.rooms
    assert not chat.messages
    assert not chat.tokens


def test_without_a_user_the_rest_is_checked_and_what_was_left_out_is_said(authority: Authority) -> None:
    chat = Chat()
    report = asked(chat, authority, None)
    assert report.ok
    left = {one.check for one in report.outcomes if "no user was given" in one.found}
    assert left == WITHOUT_USER
    assert not [call for call in chat.asked if call.startswith("POST")]


def test_a_token_is_used_as_it_is_and_stays_valid(authority: Authority) -> None:
    chat = Chat(tokens={"canarytoken"})
    report = asked(chat, authority, User("probe-id", token="canarytoken"))
    assert report.ok
    assert by_name(report)["login"].found == "the token is that of probe"
    assert chat.tokens == {"canarytoken"}
    assert "POST /api/v1/logout" not in chat.asked


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (User(USER, password="canarywrong"), "refused: Unauthorized"),
        (User("probe-id", token="canarywrong"), "the token is refused: You must be logged in to do this."),
    ],
)
def test_a_wrong_credential_is_told_without_it(authority: Authority, user: User, words: str) -> None:
    report = asked(Chat(), authority, user)
    assert failing(report) == {"login"}
    found = by_name(report)
    assert found["login"].found == words
    assert found["room"].found == "Login failed"
    assert "canarywrong" not in json.dumps(report.to_json())


def test_a_second_factor_is_told_with_the_way_around_it(authority: Authority) -> None:
    told = {"status": "error", "error": "totp-required", "message": "TOTP Required [totp-required]"}
    report = asked(Chat(faults={"/api/v1/login": answering(401, told)}), authority)
    assert "ROCKETCHAT_TOKEN" in by_name(report)["login"].remedy


def test_a_credential_that_the_server_echoes_is_masked(authority: Authority) -> None:
    def echo(status: int) -> Callable[[Request], Any]:
        async def run(request: Request) -> Response:
            said = (await request.body()).decode() + str(dict(request.headers)) + "\x1b[31m"
            return JSONResponse({"success": False, "error": said}, status_code=status)

        return run

    faults = {"/api/v1/login": echo(401)}
    report = asked(Chat(faults=faults), authority)
    text = json.dumps(report.to_json())
    assert "[secret]" in text
    assert PASSWORD not in text
    assert "\\u001b" not in text
    tokens = Chat(faults={f"/api/v1/{name}": echo(500) for name in ("groups.create", "smtp.check", "logout")})
    text = json.dumps(asked(tokens, authority).to_json())
    assert tokens.tokens
    assert not [one for one in tokens.tokens if one in text]


WRONG: dict[str, tuple[Chat, str, str]] = {
    "an error of the server": (
        Chat(faults={"/api/info": answering(502, "<h1>Bad Gateway</h1>")}),
        "api",
        "/api/info answers 502",
    ),
    "a page in the place of JSON": (
        Chat(faults={"/api/info": answering(200, "<form>Sign in to the Wi-Fi</form>")}),
        "api",
        "/api/info answers 200 with text/html instead of JSON",
    ),
    "JSON of something else": (
        Chat(faults={"/api/info": answering(200, {"name": "other"})}),
        "api",
        "/api/info names no version",
    ),
    "another release": (Chat(release="8.5.2"), "release", "8.5 runs, and the stack's release is 8.9.0"),
    "another patch": (
        Chat(release="8.9.1", patch_shown=True),
        "release",
        "8.9.1 runs, and the stack's release is 8.9.0",
    ),
    "a database that is away": (
        Chat(faults={"/readyz": answering(503, {"status": "unavailable", "checks": {"mongo": False}})}),
        "health",
        '/readyz answers 503: {"mongo": false}',
    ),
    "headers that are gone": (
        Chat(headers={}),
        "headers",
        "missing, or switched off: X-Content-Type-Options, Strict-Transport-Security",
    ),
    "a header that switches itself off": (
        Chat(headers={"X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=0"}),
        "headers",
        "missing, or switched off: Strict-Transport-Security",
    ),
    "another site": (
        Chat(faults={"/": answering(404, "Not found")}),
        "headers",
        "the chat's page answers 404 with text/html, not with HTML",
    ),
    "a WebSocket that is refused": (Chat(websocket="refused"), "websocket", "it is refused with 403"),
    "a WebSocket that says nothing": (
        Chat(websocket="silent"),
        "websocket",
        "it does not open, or does not answer DDP, in time",
    ),
    "a WebSocket that is closed": (
        Chat(websocket="closed"),
        "websocket",
        "it opens, and is closed before DDP connects",
    ),
    "a WebSocket of something else": (
        Chat(websocket="babble"),
        "websocket",
        "it opens, and what comes is not DDP",
    ),
    "a message that comes back changed": (
        Chat(faults={"/api/v1/chat.getMessage": answering(200, {"message": {"msg": "other"}})}),
        "message",
        "what was read is not what was sent",
    ),
    "an upload that comes back changed": (
        Chat(stored=lambda content: content[::-1]),
        "upload",
        "4096 bytes were sent, and as many others came back",
    ),
    "an upload that comes back cut": (
        Chat(stored=lambda content: content[:100]),
        "upload",
        "4096 bytes were sent, and other 100 bytes came back",
    ),
    "a store of uploads that refuses": (
        Chat(faults={"/file-upload/": answering(403, "<Error/>")}),
        "upload",
        "the download answers 403",
    ),
    "mail that is not set up": (
        Chat(mail=False),
        "mail",
        "mail is off in the chat, and on in the stack",
    ),
    "push that was switched off": (
        Chat(settings={"Push_enable": False, "Accounts_RegistrationForm": "Disabled"}),
        "push",
        "push is off in the chat, and on in the stack",
    ),
    "a chat that anybody may join": (
        Chat(settings={"Push_enable": True, "Accounts_RegistrationForm": "Public"}),
        "accounts",
        "the form to register is 'Public' in the chat, and 'Disabled' in the stack",
    ),
    "a workspace that is not registered": (
        Chat(registered=False),
        "registration",
        "the workspace is not registered, and push to the stores' apps waits for it",
    ),
    "a room that cannot be removed": (
        Chat(faults={"/api/v1/groups.delete": answering(400, {"success": False, "error": "error-x"})}),
        "leave",
        "is left (error-x)",
    ),
    "a server that is asked too often": (
        Chat(faults={"/api/v1/smtp.check": answering(429, {"success": False}, {"Retry-After": "77"})}),
        "mail",
        "/api/v1/smtp.check: the server asks to slow down (429), for 77 s more",
    ),
    "an answer without end": (
        Chat(faults={"/health": endless}),
        "health",
        "answers with more than 4,000,000 bytes",
    ),
    "an answer that does not come": (Chat(faults={"/health": silent}), "health", "does not answer in time"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found_and_told_with_a_remedy(authority: Authority, case: str) -> None:
    chat, check, words = WRONG[case]
    report = asked(chat, authority, call_seconds=0.5 if "not" in case or "nothing" in case else 5)
    found = by_name(report)
    assert failing(report) == {check}, found
    assert not report.ok
    assert words in found[check].found
    assert found[check].remedy
    assert not chat.rooms or check == "leave"
    assert not chat.tokens


def test_what_the_user_may_not_do_is_no_failure(authority: Authority) -> None:
    told = {"success": False, "error": "User does not have the permissions [error-unauthorized]"}
    faults = {
        f"/api/v1/{name}": answering(403, told) for name in ("groups.create", "cloud.registrationStatus")
    }
    report = asked(Chat(faults=faults), authority)
    found = by_name(report)
    assert report.ok
    assert found["room"].found == "the user has no permission for /api/v1/groups.create"
    assert found["message"].found == "Room was not checked"
    assert found["registration"].state == "not checked"


@pytest.mark.slow
def test_the_server_is_waited_for_as_long_as_it_asks(authority: Authority) -> None:
    calls: list[float] = []

    async def twice(_: Request) -> Response:
        calls.append(time.monotonic())
        if len(calls) == 1:
            return JSONResponse({"success": False}, status_code=429, headers={"Retry-After": "1"})
        return JSONResponse({"isSMTPConfigured": True, "success": True})

    report = asked(Chat(faults={"/api/v1/smtp.check": twice}), authority)
    assert report.ok
    assert calls[1] - calls[0] >= 1


@pytest.mark.slow
def test_it_ends_within_its_limit_when_bytes_drip_and_removes_its_room_all_the_same(
    authority: Authority,
) -> None:
    chat = Chat(faults={"/api/v1/rooms.media/": dripping})
    began = time.monotonic()
    report = asked(chat, authority, limit=2.0)
    assert time.monotonic() - began < 8
    found = by_name(report)
    assert failing(report) == {"upload"}
    assert found["upload"].found.startswith("no end after")
    assert found["push"].found == "the time is up"
    assert found["leave"].state == "ok"
    assert not chat.rooms


@pytest.mark.parametrize("how", [KeyboardInterrupt, BrokenPipeError])
def test_one_that_is_interrupted_removes_what_it_made(authority: Authority, how: type[BaseException]) -> None:
    chat = Chat()

    def interrupt(outcome: Outcome) -> None:
        if outcome.check == "room":
            assert chat.rooms
            if how is KeyboardInterrupt:
                signal.raise_signal(signal.SIGINT)
            else:
                raise BrokenPipeError

    with pytest.raises(how):
        asked(chat, authority, on_outcome=interrupt)
    assert not chat.rooms
    assert not chat.tokens
    assert "POST /api/v1/chat.sendMessage" not in chat.asked


def test_the_store_of_uploads_gets_no_token(authority: Authority) -> None:
    store = Chat()
    with ChatServer(store, authority.certificate("localhost")) as elsewhere:
        chat = Chat(store=elsewhere.url)
        store.files, store.faults = chat.files, {}

        async def give(request: Request) -> Response:
            return Response(chat.files[request.url.path.split("/")[2]])

        store.faults["/file-upload/"] = give
        report = asked(chat, authority)
    assert report.ok, report
    assert store.seen
    assert not [headers for headers in store.seen if "x-auth-token" in headers or "x-user-id" in headers]


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("days", "words"),
    [(-2, "the certificate is not valid: certificate has expired"), (9.5, "valid for 9 more days")],
)
def test_a_certificate_that_was_not_renewed_is_told(authority: Authority, days: float, words: str) -> None:
    with serving(authority, days=days) as server:
        report = verify(expected(server))
    found = by_name(report)
    if days < 0:
        printed = "\n".join(map(str, report.outcomes))
        stale = recordings.differs(
            "verify lovia-fargate",
            printed,
            {"plan house": "plan lovia-fargate", "localhost": "chat.lovia.life"},
        )
        assert not stale, "run `make docs`"
    assert words in found["tls"].found
    assert "renewed" in found["tls"].remedy
    assert found["api"].found == "TLS failed"


def test_a_certificate_of_another_name_or_authority_is_told(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(Chat(), authority.certificate("other.example")) as server:
        assert "Hostname mismatch" in by_name(verify(expected(server)))["tls"].found
    with serving(Authority(tmp_path)) as server:
        assert "unable to get local issuer" in by_name(verify(expected(server)))["tls"].found


def test_a_chat_that_is_not_there_is_told_once(authority: Authority) -> None:
    with serving(authority) as server:
        promised = expected(server)
    report = verify(promised, PROBE)
    assert failing(report) == {"tls"}
    assert "cannot be reached" in by_name(report)["tls"].found


def test_a_chat_without_tls_is_checked_too(authority: Authority) -> None:
    with ChatServer(Chat(), None) as server:
        report = verify(expected(server), PROBE)
    assert report.ok
    assert by_name(report)["tls"].state == "not checked"


NAMES = {
    "chat.example.com": ("203.0.113.7",),
    "balancer.example.net": ("203.0.113.7", "203.0.113.8"),
    "cdn.example.net": ("203.0.113.99",),
    "elsewhere.example.net": ("198.51.100.1",),
}


async def names(host: str) -> tuple[str, ...]:
    return NAMES.get(host, ())


@pytest.mark.parametrize(
    ("host", "address", "state", "words"),
    [
        ("chat.example.com", "203.0.113.7", "ok", "which is the stack's 203.0.113.7"),
        ("chat.example.com", "balancer.example.net.", "ok", "which is the stack's balancer.example.net"),
        ("chat.example.com", "cdn.example.net", "ok", "which is the stack's cdn.example.net"),
        (
            "chat.example.com",
            "203.0.113.8",
            "failed",
            "leads to 203.0.113.7, and the stack is at 203.0.113.8",
        ),
        ("chat.example.com", "elsewhere.example.net", "failed", "and the stack is at elsewhere.example.net"),
        (
            "chat.example.com",
            "gone.example.net",
            "failed",
            "the stack is at gone.example.net, and DNS has no address",
        ),
        ("chat.example.com", None, "ok", "not compared: the stack's outputs name no address"),
        ("empty.example.com", None, "failed", "empty.example.com leads nowhere"),
    ],
)
def test_the_name_leads_to_what_the_outputs_say(
    monkeypatch: pytest.MonkeyPatch, host: str, address: str | None, state: str, words: str
) -> None:
    monkeypatch.setattr(checks, "resolved", names)
    monkeypatch.setattr("automation.verify.run.CHECKS", checks.CHECKS[:1])
    promised = Expected(stack="house", url=f"https://{host}", release="8.9.0", address=address)
    (found,) = verify(promised).outcomes
    assert found.state == state
    assert words in found.found


@pytest.mark.parametrize(
    ("stack", "outputs", "wanted"),
    [
        ("lovia-fargate", {"address": "lb.example.net"}, {"address": "lb.example.net", "push": True}),
        ("family-host", {"address": "203.0.113.5", "backupBucket": "b"}, {"backup_bucket": "b"}),
        ("local", {"url": "http://localhost:3000"}, {"headers": (), "mail": False}),
    ],
)
def test_what_is_expected_comes_from_the_stack(
    stack: str, outputs: dict[str, Any], wanted: dict[str, Any]
) -> None:
    found = files.read(stack)
    spec = parse(found.values, found.secure, source=found.shown, line=found.line)
    told = of_stack(stack, spec, {"url": "https://chat.example.com", "release": "8.9.0"} | outputs)
    assert {name: getattr(told, name) for name in wanted} == wanted
    assert told.probes
    assert told.headers == (() if stack == "local" else ("Strict-Transport-Security",))
    assert told.accounts == "Disabled"
    with pytest.raises(ConfigurationError, match=rf"(?s){stack} is not deployed.*up {stack}"):
        of_stack(stack, spec, {})


class Golden(yaml.SafeLoader):
    """Reads golden plans, of which only plain values are wanted here."""


Golden.add_multi_constructor("!", lambda *_: None)


@pytest.mark.slow
@pytest.mark.parametrize("stack", files.names())
def test_a_stack_tells_where_the_name_leads_unless_a_cdn_or_others_lead_it(stack: str) -> None:
    plan = yaml.load((PRODUCT / f"tests/golden/{stack}.yaml").read_text(encoding="utf-8"), Golden)  # noqa: S506
    outputs = plan[f"pulumi:pulumi:Stack::rocketchat-{stack}"]["outputs"]
    found = files.read(stack)
    spec = parse(found.values, found.secure, source=found.shown, line=found.line)
    told = of_stack(stack, spec, outputs)
    assert (told.address is None) == (stack in {"local", "lovia-doks"}), told.no_address
    assert (told.backup_bucket is not None) == ("restoreCommand" in outputs)
    assert told.backup_bucket is None or told.backups


class OpenStack:
    """What `opened` gives."""

    def __init__(self, name: str, outputs: dict[str, Any]) -> None:
        found = files.read(name)
        self.name, self._outputs, self.backend = name, outputs, Backend()
        self.spec = parse(found.values, found.secure, source=found.shown, line=found.line)

    def outputs(self) -> dict[str, Any]:
        return self._outputs


def command(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], *arguments: str, words: str = "verify"
) -> int:
    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[OpenStack]:
        yield OpenStack("lovia-fargate", outputs)

    monkeypatch.setattr(running, "opened", opened)
    return cli.main([*words.split(), "lovia-fargate", *arguments])


@pytest.mark.recorded
def test_the_command_tells_each_check_in_a_line_and_its_status(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROCKETCHAT_PASSWORD", PASSWORD)
    chat = Chat()
    with serving(authority, chat) as server:
        outputs = {"url": server.url, "release": "8.9.0"}
        assert command(monkeypatch, outputs, "--user", USER) == 0
        printed = capsys.readouterr().out
        lines = printed.splitlines()
        assert len(lines) == len([one for one in checks.CHECKS if one.when(expected(server))])
        place = {server.url: "https://chat.lovia.life", "localhost": "chat.lovia.life"}
        stale = recordings.differs("verify lovia-fargate --user probe", printed, place)
        assert {line[0] for line in lines} <= set(MARKS.values())
        chat.mail = False
        assert command(monkeypatch, outputs, "--user", USER) == 1
        stale += recordings.differs("verify lovia-fargate --user ops", capsys.readouterr().out, place)
        assert not stale, "run `make docs`"
        assert command(monkeypatch, outputs, "--user", USER, "--json") == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["stack"], told["ok"]) == ("lovia-fargate", False)
        assert [one["check"] for one in told["checks"] if one["state"] == "failed"] == ["mail"]


@pytest.mark.parametrize("words", ["verify", "status", "restore", "admin reset"])
def test_of_what_is_not_deployed_each_command_says_so(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, {}, words=words) == 1
    told = capsys.readouterr()
    assert "lovia-fargate is not deployed" in told.err
    assert " up lovia-fargate" in told.err
    assert not told.out


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "give the credential in ROCKETCHAT_PASSWORD or ROCKETCHAT_TOKEN"),
        (
            {"ROCKETCHAT_PASSWORD": "canaryp", "ROCKETCHAT_TOKEN": "canaryt"},
            "are both set",
        ),
    ],
)
def test_wrong_use_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    words: str,
) -> None:
    for name in ("ROCKETCHAT_PASSWORD", "ROCKETCHAT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert command(monkeypatch, {}, "--user", USER) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "canary" not in told


def test_the_page_tells_of_every_check() -> None:
    page = (PRODUCT / "docs" / "verify.md").read_text(encoding="utf-8")
    told = {
        line.split("|")[1].strip(): line.split("|")[3].strip()
        for line in page.splitlines()
        if line.startswith("| ")
    }
    del told["check"]
    assert told == {one.title: "yes" if one.user else "" for one in checks.CHECKS}


def answers() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    keys = (
        "success",
        "status",
        "error",
        "version",
        "info",
        "data",
        "group",
        "message",
        "file",
        "settings",
        "_id",
        "url",
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(keys), inner, max_size=5),
        max_leaves=8,
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_=st.lists(st.tuples(st.sampled_from([200, 400, 403, 500]), answers()), min_size=1, max_size=9),
    user=st.sampled_from([PROBE, User("probe-id", token="canarytoken")]),
)
def test_no_answer_of_a_server_ends_it_with_an_error_of_its_own(
    odd: ChatServer, given_: list[tuple[int, Any]], user: User
) -> None:
    turn = itertools.cycle(given_)

    async def next_(request: Request) -> Response:
        status, body = next(turn)
        return JSONResponse(body, status_code=status)

    odd.chat.faults = {"/api/": next_, "/file-upload/": next_}
    report = verify(expected(odd, bot="jarvis"), user, call_seconds=2)
    assert len(report.outcomes) == len(checks.CHECKS)
    assert all(one.remedy for one in report.outcomes if one.state == "failed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("date -u -d '-3 hours' +%Y-%m-%dT%H:%M:%S+00:00", "ok", "the newest backups are 3 h old"),
        ("date -u -d '-3 days' +%Y-%m-%dT%H:%M:%S+00:00", "failed", "the newest backups are 72 h old"),
        (
            "echo 'An error occurred (404) when calling the HeadObject operation: Not Found' >&2; exit 254",
            "failed",
            "there is no backups/database.archive.gz in house-backups",
        ),
        ("echo 'Unable to locate credentials' >&2; exit 253", "not checked", "Unable to locate credentials"),
        ("echo None", "not checked", "does not tell when backups/database.archive.gz was made"),
        ("exec sleep 60", "failed", "no end after 1 s"),
    ],
)
def test_backups_are_looked_at_by_the_command_line_of_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, state: str, words: str
) -> None:
    program = tmp_path / "aws"
    program.write_text(f'#!/bin/bash\necho "$*" >{tmp_path}/asked\n{script}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(
        "automation.verify.run.CHECKS", [one for one in checks.CHECKS if one.name == "backups"]
    )
    promised = Expected(
        stack="house",
        url="https://chat.example.com",
        release="8.9.0",
        backup_bucket="house-backups",
        backups=("backups/database.archive.gz",),
    )
    (found,) = verify(promised, limit=1 if "sleep" in script else 20).outcomes
    assert (found.state, words in found.found) == (state, True), found
    asked_ = (tmp_path / "asked").read_text(encoding="utf-8")
    assert "--bucket house-backups --key backups/database.archive.gz" in asked_


@pytest.mark.programs
def test_every_call_and_every_answer_is_as_the_product_describes_its_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prism passes no WebSocket, and takes every body for text in UTF-8."""
    monkeypatch.setattr(checks, "file_content", lambda: b"text of a file" * 100)
    chat = Chat(tokens={"canarytoken"})
    with ChatServer(chat, None) as server:
        judge = Judge(tmp_path, server.url)
        judge.start()
        try:
            reports = [
                verify(expected(server, url=judge.url), user)
                for user in (PROBE, User("probe-id", token="canarytoken"))
            ]
        finally:
            judge.kill()
    for report in reports:
        assert failing(report) == {"websocket"}, (report, judge.log)
        assert {one.state for one in report.outcomes if one.check in WITHOUT_USER} == {"ok"}
    assert not chat.rooms
