"""The tools in `examples/`: a desk at which chats are ordered over HTTP, and the nightly look for drift."""

import automation_world as world  # before the SDKs

# isort: split

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pulumi
import pulumi_aws as aws
import pytest
from engine_marks import needs_engine

import automation
from automation import (
    AutomationError,
    ConflictError,
    Finding,
    Moved,
    PolicyError,
    ProviderError,
    Result,
    Step,
)
from automation.fleet import Member, Summary, fleet
from examples import nightly_drift
from examples.chat_desk.desk import Desk, Diary
from examples.chat_desk.web import LARGEST, door, server, status_of
from rehearsal.backend import rehearsal_backend

ANSWERS = {"chat.host": "chat.example.com", "chat.users": 50, "runtime.kind": "fargate"}
GIVEN = {"database.organization": "5f0c1d2e3b4a59687f6e5d4c", "dns.zone": "example.com"}
JSON = {"Content-Type": "application/json"}
TOKEN = "a-token-of-the-platform"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}
PORTAL = "https://portal.example.com"
WAIT = {"Prefer": "wait=60"}


class Client:
    """Asks a desk's door."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            sent = None if body is None else json.dumps(body)
            known = {**KNOWN, **(JSON if body is not None else {}), **(headers or {})}
            connection.request(method, path, sent, known)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def stream(self, path: str, after: int) -> list[str]:
        """Return the first event of a stream, as a browser that saw some of it before asks for it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            headers = {**KNOWN, "Accept": "text/event-stream", "Last-Event-ID": str(after)}
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as answer:
                assert answer.headers["Content-Type"].startswith("text/event-stream")
                return [answer.readline().decode().strip() for _ in range(3)]

    def order(self, name: str = "team-chat", **answers: object) -> tuple[int, Any]:
        return self.ask("POST", "/chats", {"name": name, **ANSWERS, **answers}, WAIT)


@contextlib.contextmanager
def open_desk(
    folder: Path, backend: automation.Backend | None = None, *, policies: bool = False
) -> Iterator[Client]:
    desk = Desk(folder, backend or automation.Backend(), given=GIVEN, policies=policies)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        serving = server(door(desk, TOKEN, origins=[PORTAL]))
        thread = threading.Thread(target=lambda: serving.run(sockets=[listening]))
        thread.start()
        try:
            yield Client(listening.getsockname()[1])
        finally:
            serving.should_exit = True
            thread.join()
            desk.close()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A desk without an engine: what it refuses, it refuses before one is started."""
    with open_desk(tmp_path) as made:
        yield made


# ----------------------------------------------------------------------------------------- without an engine


def test_all_mistakes_of_an_order_are_told_at_once(client: Client) -> None:
    wrong = {"name": "A chat", **ANSWERS, "runtime.kind": "kubernets", "dns.zone": "example.org"}
    status, told = client.ask("POST", "/chats", wrong)
    assert status == 422
    assert {problem["key"] for problem in told["problems"]} == {"name", "runtime.kind", "dns.zone"}
    assert client.ask("GET", "/chats") == (200, {"chats": []})


def test_what_the_stack_language_refuses_is_told_by_the_question_it_belongs_to(client: Client) -> None:
    status, told = client.order(**{"chat.host": "not a host", "chat.users": "many", "chat.color": "red"})
    assert status == 422
    assert {"chat.host", "chat.users", "chat.color"} <= {problem["key"] for problem in told["problems"]}
    assert all(problem["message"] for problem in told["problems"])
    assert client.ask("GET", "/chats") == (200, {"chats": []})


def test_a_form_asks_for_what_the_platform_has_not_decided(client: Client) -> None:
    _, told = client.ask("GET", "/questions")
    asked = {question["key"]: question for question in told["questions"]}
    assert "fargate" in asked["runtime.kind"]["choices"]
    assert not asked.keys() & GIVEN.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/chats/nobody", None, {}, 404),
        ("GET", "/chats/nobody/events?after=0", None, {}, 404),
        ("GET", "/elsewhere", None, {}, 404),
        ("PATCH", "/chats/nobody", None, {}, 405),
        ("PUT", "/chats", {}, {}, 405),
        ("POST", "/chats", {}, {"Content-Type": "text/plain"}, 415),
        ("POST", "/chats", {"name": "x" * LARGEST}, {}, 413),
        ("POST", "/chats", [], {}, 400),
        ("DELETE", "/chats/nobody?confirm=nobody", None, {}, 404),
    ],
)
def test_a_request_that_makes_no_sense_gets_its_status_and_a_sentence(
    client: Client, method: str, path: str, body: object, headers: dict[str, str], status: int
) -> None:
    got, told = client.ask(method, path, body, headers)
    assert got == status
    assert told["cause"]
    assert "Traceback" not in json.dumps(told)


NESTED = "[" * 30_000


def raw(port: int, *lines: str, body: str = "") -> bytes:
    """What the desk answers to bytes as they are, until it closes the connection or has been silent for a while."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
        connection.sendall(("\r\n".join([*lines, "", ""]) + body).encode())
        with contextlib.suppress(TimeoutError, ConnectionError):
            while chunk := connection.recv(65536):
                got += chunk
    return got


CLOSE = "Connection: close"
BEARER = f"Authorization: Bearer {TOKEN}"
HOST = "Host: localhost"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([HOST], 401),
        ([HOST, "Authorization: Bearer wrong"], 401),
        ([HOST, f"Authorization: Basic {TOKEN}"], 401),
        ([HOST, BEARER, "Origin: https://evil.example.com"], 403),
        ([HOST, BEARER, "Origin: null"], 403),
        (["Host: evil.example.com", BEARER], 400),
        ([HOST, BEARER], 404),
        ([HOST, BEARER, f"Origin: {PORTAL}"], 404),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "POST", "GET"])
def test_only_who_knows_the_token_is_heard_and_no_page_of_another_site(
    client: Client, method: str, headers: list[str], status: int
) -> None:
    path = {"DELETE": "/chats/team?confirm=team", "POST": "/chats/team/cancel", "GET": "/chats/team"}[method]
    body = ["Content-Type: application/json", "Content-Length: 2"] if method == "POST" else []
    got = raw(client.port, f"{method} {path} HTTP/1.1", CLOSE, *headers, *body, body="{}" if body else "")
    assert got.startswith(f"HTTP/1.1 {status} ".encode()), got


@pytest.mark.parametrize(("origin", "allowed"), [(PORTAL, True), ("https://evil.example.com", False)])
def test_a_browser_may_ask_for_the_pages_that_are_allowed_to_call(
    client: Client, origin: str, allowed: bool
) -> None:
    wanted = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization, prefer"]
    got = raw(client.port, "OPTIONS /chats/team HTTP/1.1", HOST, CLOSE, f"Origin: {origin}", *wanted)
    assert got.startswith(b"HTTP/1.1 200 " if allowed else b"HTTP/1.1 400 "), got
    assert (f"access-control-allow-origin: {origin}".encode() in got.lower()) is allowed
    got = raw(client.port, "GET /chats HTTP/1.1", HOST, CLOSE, BEARER, f"Origin: {origin}")
    assert got.startswith(b"HTTP/1.1 200 " if allowed else b"HTTP/1.1 403 "), got
    assert (f"access-control-allow-origin: {origin}".encode() in got.lower()) is allowed
    assert b"access-control-allow-credentials" not in got.lower()


@pytest.mark.slow
def test_a_body_that_nobody_reads_is_not_the_next_request(client: Client) -> None:
    hidden = "GET /questions HTTP/1.1\r\nHost: localhost\r\n" + BEARER + "\r\n\r\n"
    for method in ("GET", "DELETE"):
        length = f"Content-Length: {len(hidden)}"
        got = raw(client.port, f"{method} /chats/nobody HTTP/1.1", HOST, BEARER, length, body=hidden)
        # What it did not ask for is thrown away with its own request.
        assert got.startswith(b"HTTP/1.1 404 ")
        assert b'"questions"' not in got
    for smuggled in (
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 1", "Content-Length: 2"],
    ):
        got = raw(client.port, "POST /chats HTTP/1.1", HOST, BEARER, *smuggled, body="0\r\n\r\n" + hidden)
        assert got.count(b"HTTP/1.1 ") == 1, got
        assert b'"questions"' not in got


def test_a_body_that_is_too_long_or_too_deep_is_refused_in_a_sentence(client: Client) -> None:
    kind = "Content-Type: application/json"
    got = raw(
        client.port,
        "POST /chats HTTP/1.1",
        HOST,
        CLOSE,
        BEARER,
        kind,
        f"Content-Length: {len(NESTED)}",
        body=NESTED,
    )
    assert b" 400 " in got.splitlines()[0]
    assert b"Traceback" not in got
    chunks = f"{LARGEST + 1:x}\r\n{'x' * (LARGEST + 1)}\r\n0\r\n\r\n"
    got = raw(
        client.port,
        "POST /chats HTTP/1.1",
        HOST,
        CLOSE,
        BEARER,
        kind,
        "Transfer-Encoding: chunked",
        body=chunks,
    )
    assert b" 413 " in got.splitlines()[0]
    got = raw(client.port, "GET /chats HTTP/1.1", HOST, BEARER, "X: " + "x" * 200_000)
    assert b" 400 " in got.splitlines()[0] or b" 431 " in got.splitlines()[0]


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, automation.Backend())
    with pytest.raises(ValueError, match="at least 20 characters"):
        door(desk, "short")
    desk.close()


def test_a_token_is_made_for_its_user_alone(tmp_path: Path) -> None:
    from examples.chat_desk.__main__ import _token

    made = _token(tmp_path / "new" / "token")
    assert len(made) > 30
    assert _token(tmp_path / "new" / "token") == made
    assert (tmp_path / "new" / "token").stat().st_mode & 0o077 == 0


def test_every_kind_of_error_has_its_http_status() -> None:
    finding = Finding("policy", "pack", mandatory=True, message="no", urn="")
    wanted = {
        ConflictError("busy"): 409,
        PolicyError([finding]): 422,
        ProviderError("no"): 502,
        automation.CancelledError("stopped"): 409,
        automation.NoEngineError("none"): 500,
    }
    assert {error: int(status_of(error)) for error in wanted} == wanted


def test_the_door_is_open_to_this_machine_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path, automation.Backend())
    assert server(door(desk, TOKEN)).config.host == "127.0.0.1"
    desk.close()


def test_readers_of_events_get_each_once_and_can_wait_for_the_next() -> None:
    diary = Diary()
    diary.write(automation.Started("team-chat", "up"))
    assert [event["number"] for event in diary.after(0)] == [1]
    assert diary.after(1) == []
    late = threading.Timer(
        0.1, lambda: diary.write(automation.Ended("team-chat", "up", failed=False, seconds=1))
    )
    late.start()
    assert [event["event"] for event in diary.after(1, 20)] == ["ended"]
    late.join()


def test_the_nightly_report_names_what_drifted_and_what_could_not_be_compared() -> None:
    step = Step("update", "urn:pulumi:one::p::t::media", "aws:s3/bucket:Bucket", ("tags",))
    results = {
        "one": Result("one", "drift", {"update": 1}, (step,)),
        "two": Result("two", "drift", {"same": 9}, ()),
    }
    found = Summary(results, {"three": ProviderError("no answer")}, (), 1.0)
    assert nightly_drift.lines(found) == ["one: update media", "two: as it was made", "three: no answer"]
    mail = nightly_drift.message(found, "drift@example.com", "team@example.com")
    assert mail["Subject"] == "Drift: 1 resources, 1 stacks could not be compared"
    (attached,) = mail.iter_attachments()
    assert json.loads(attached.get_content())["errors"]["three"]["error"] == "provider"


# ------------------------------------------------------------------------------------------- with the engine


def program() -> None:
    """A network, a password, and the words of the order."""
    provider = aws.Provider("aws", region="eu-west-1")
    chat = json.loads(pulumi.Config("rocketchat").require("chat"))
    options = pulumi.ResourceOptions(provider=provider)
    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"chat.users": str(chat["users"])}, opts=options)
    pulumi.export("network", vpc.id)
    pulumi.export("password", pulumi.Output.secret(world.SECRET))


@needs_engine
def test_a_chat_is_ordered_changed_compared_and_deleted(tmp_path: Path) -> None:
    with rehearsal_backend(program=program) as backend, open_desk(tmp_path, backend) as client:
        status, told = client.order()
        assert (status, told["status"]) == (200, "deployed")
        assert told["outputs"]["password"] == "[secret]"
        assert told["outputs"]["network"].startswith("vpc-")
        assert told["last"]["changes"] == {"create": 3}
        assert client.order()[0] == 409

        _, told = client.ask("GET", "/chats/team-chat/events?after=0")
        words = [event["event"] for event in told["events"]]
        assert words.count("started") == words.count("ended") == 2
        assert {"number", "kind", "step", "state"} <= told["events"][1].keys()
        assert client.ask("GET", f"/chats/team-chat/events?after={told['next']}")[1]["events"] == []

        lines = client.stream("/chats/team-chat/events", after=1)
        assert lines[:2] == ["id: 2", "event: moved"]
        assert json.loads(lines[2].removeprefix("data: "))["step"]["operation"] == "create"

        _, told = client.ask("POST", "/chats/team-chat/preview", {"chat.users": 60})
        assert [(step["operation"], step["name"]) for step in told["steps"]] == [("update", "net")]
        assert client.ask("GET", "/chats/team-chat")[1]["answers"]["chat.users"] == "50"
        status, told = client.ask("PUT", "/chats/team-chat", {"chat.users": 60}, WAIT)
        assert (status, told["answers"]["chat.users"], told["last"]["changed"]) == (200, "60", 1)

        assert client.ask("GET", "/chats/team-chat/drift")[1]["steps"] == []
        backend.cloud.tamper("net", {"enableDnsHostnames": True})
        assert client.ask("GET", "/chats/team-chat/drift")[1]["steps"][0]["changed"] == ["enableDnsHostnames"]

        status, told = client.ask("DELETE", "/chats/team-chat?confirm=team")
        assert (status, told["error"]) == (409, "conflict")
        status, told = client.ask("DELETE", "/chats/team-chat?confirm=team-chat", headers=WAIT)
        assert (status, told["status"]) == (200, "deleted")
        assert backend.cloud.things() == ()
        assert list((tmp_path / "orders").iterdir()) == []
        text = json.dumps(client.ask("GET", "/chats/team-chat/events?after=0"))
        assert world.SECRET not in text


@needs_engine
def test_a_desk_that_is_started_anew_knows_its_chats_and_reads_their_outputs_from_the_state(
    tmp_path: Path,
) -> None:
    with rehearsal_backend(program=world.program) as backend:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi.Config, "require_secret", lambda *_: pulumi.Output.secret(world.SECRET))
            with open_desk(tmp_path, backend) as client:
                assert client.order()[0] == 200
        assert world.SECRET not in (tmp_path / "orders" / "team-chat.json").read_text(encoding="utf-8")
        with open_desk(tmp_path, backend) as client:
            assert client.ask("GET", "/chats")[1]["chats"][0]["status"] == "deployed"
            _, told = client.ask("GET", "/chats/team-chat")
            assert told["outputs"] == {
                "password": "[secret]",
                "smtp": "[secret]",
                "vpc": told["outputs"]["vpc"],
            }
            # Its bucket holds data.
            status, told = client.ask("DELETE", "/chats/team-chat?confirm=team-chat", headers=WAIT)
            assert (status, told["status"], told["error"]["error"]) == (409, "deployed", "conflict")
            assert len(backend.cloud.things()) == 3


@needs_engine
def test_what_policies_and_clouds_refuse_has_its_status_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def refused(acl: str | None, cidr: str) -> Callable[[], None]:
        def made() -> None:
            options = pulumi.ResourceOptions(provider=aws.Provider("aws", region="eu-west-1"))
            aws.ec2.Vpc("net", cidr_block=cidr, opts=options)
            if acl is not None:
                aws.s3.Bucket("open", acl=acl, opts=options)

        return made

    for made, policies, wanted, word in (
        (refused(None, "10.0.0.0/99"), False, 502, "is not a network"),
        (refused("public-read", "10.0.0.0/16"), True, 422, "findings"),
    ):
        with (
            rehearsal_backend(program=made) as backend,
            open_desk(tmp_path, backend, policies=policies) as client,
        ):
            status, told = client.order()
            assert status == wanted
            assert word in json.dumps(told)
            assert "Traceback" not in json.dumps(told)
            assert client.ask("GET", "/chats") == (200, {"chats": []})
            assert backend.cloud.things() == ()
            assert not list((backend.folder or tmp_path).glob(".pulumi/stacks/rocketchat/team-chat.json"))


@needs_engine
def test_a_busy_chat_is_not_touched_and_one_that_was_stopped_is_gone_on_with(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        program()
        if not pulumi.runtime.is_dry_run() and not go_on.is_set():
            begun.set()
            go_on.wait(20)

    with rehearsal_backend(program=slow) as backend:
        with open_desk(tmp_path, backend) as client:
            status, told = client.ask("POST", "/chats", {"name": "team-chat", **ANSWERS})
            assert (status, told["status"]) == (202, "deploying")
            assert begun.wait(20)
            status, told = client.ask("PUT", "/chats/team-chat", {"chat.users": 60})
            assert (status, told["error"]) == (409, "conflict")
            assert "deploying" in told["cause"]
            assert client.ask("POST", "/chats/team-chat/cancel", {})[0] == 202
            go_on.set()
        with open_desk(tmp_path, backend) as client:
            assert client.ask("GET", "/chats/team-chat")[1]["status"] == "interrupted"
            status, told = client.ask("PUT", "/chats/team-chat", {}, WAIT)
            assert (status, told["status"]) == (200, "deployed")


@needs_engine
def test_a_real_chat_is_ordered_from_a_few_answers(tmp_path: Path) -> None:
    answers = {"runtime.kind": "kubernetes", "runtime.context": "production"}
    with rehearsal_backend() as backend, open_desk(tmp_path, backend) as client:
        status, told = client.order(**answers)
        assert (status, told["status"]) == (200, "deployed"), told
        assert told["outputs"]["url"].startswith("http")
        assert told["outputs"]["adminPassword"] == "[secret]"
        moved = client.ask("GET", "/chats/team-chat/events?after=0")[1]["events"]
        assert told["done"] == sum(
            event["event"] == Moved.__name__.lower() and event["state"] == "done" and event["kind"] == "up"
            for event in moved
        )


@needs_engine
def test_the_nightly_look_ends_with_status_one_where_something_drifted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"values": world.VALUES, "secrets": world.SECRETS, "policies": False}

    with rehearsal_backend(program=world.program) as backend:

        def here(names: list[str], operation: Any, **options: Any) -> Summary:
            members = [Member(name, {**good, "backend": backend}) for name in names]
            return fleet(members, operation, **options)

        monkeypatch.setattr(nightly_drift, "fleet", here)
        assert here(["one"], lambda stack: stack.up(preview=False)).ok
        monkeypatch.setattr("sys.argv", ["nightly_drift", "one"])
        assert nightly_drift.main() == 0
        backend.cloud.tamper("net", {"enableDnsHostnames": True})
        assert nightly_drift.main() == 1
    assert capsys.readouterr().out.splitlines() == ["one: as it was made", "one: update net"]


def test_an_order_that_fails_for_the_desks_own_mistake_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def up(self, **_: object) -> None:
            raise RuntimeError("oops")

    monkeypatch.setattr("examples.chat_desk.desk.open_stack", lambda *_, **__: Broken())
    monkeypatch.setattr("examples.chat_desk.desk._tried", lambda _: Result("team-chat", "preview", {}, ()))
    with open_desk(tmp_path) as client:
        status, told = client.order()
    assert (status, told["status"], told["error"]["error"]) == (500, "failed", AutomationError.kind)
    assert "oops" in caplog.text
