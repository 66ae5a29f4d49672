"""The tools in `examples/`: a desk at which chats are ordered over HTTP, and the nightly look for drift."""

import automation_world as world  # before the SDKs

# isort: split

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pulumi
import pulumi_aws as aws
import pytest

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
from examples.chat_desk.web import LARGEST, Door, status_of
from rehearsal.testing import needs_engine

ANSWERS = {"chat.host": "chat.example.com", "chat.users": 50, "runtime.kind": "fargate"}
GIVEN = {"database.organization": "5f0c1d2e3b4a59687f6e5d4c", "dns.zone": "example.com"}
JSON = {"Content-Type": "application/json"}
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
            connection.request(method, path, sent, {**(JSON if body is not None else {}), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def stream(self, path: str, after: int) -> list[str]:
        """Return the first event of a stream, as a browser that saw some of it before asks for it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as answer:
                assert answer.headers["Content-Type"] == "text/event-stream"
                return [answer.readline().decode().strip() for _ in range(3)]

    def order(self, name: str = "team-chat", **answers: object) -> tuple[int, Any]:
        return self.ask("POST", "/chats", {"name": name, **ANSWERS, **answers}, WAIT)


@contextlib.contextmanager
def open_desk(
    folder: Path, backend: automation.Backend | None = None, *, policies: bool = False
) -> Iterator[Client]:
    desk = Desk(folder, backend or automation.Backend(), given=GIVEN, policies=policies)
    with Door(desk, port=0) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Client(door.server_address[1])
        finally:
            door.shutdown()
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


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/chats/nobody", None, {}, 404),
        ("GET", "/chats/nobody/events?after=0", None, {}, 404),
        ("GET", "/elsewhere", None, {}, 404),
        ("PATCH", "/chats/nobody", None, {}, 501),
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
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    with contextlib.closing(connection):
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {**(JSON if body is not None else {}), **headers})
        answer = connection.getresponse()
        assert answer.status == status
        read = answer.read()
    assert b"Traceback" not in read
    if status != 501:
        assert json.loads(read)["cause"]


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
    with Door(desk, port=0) as door:
        assert door.server_address[0] == "127.0.0.1"
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
    with automation.rehearsal(program=program) as backend, open_desk(tmp_path, backend) as client:
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
        assert backend.cloud is not None
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
    with automation.rehearsal(program=world.program) as backend:
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
            assert backend.cloud is not None
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
            automation.rehearsal(program=made) as backend,
            open_desk(tmp_path, backend, policies=policies) as client,
        ):
            status, told = client.order()
            assert status == wanted
            assert word in json.dumps(told)
            assert "Traceback" not in json.dumps(told)
            assert client.ask("GET", "/chats") == (200, {"chats": []})
            assert backend.cloud is not None
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

    with automation.rehearsal(program=slow) as backend:
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
    with automation.rehearsal() as backend, open_desk(tmp_path, backend) as client:
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

    with automation.rehearsal(program=world.program) as backend:

        def here(names: list[str], operation: Any, **options: Any) -> Summary:
            members = [Member(name, {**good, "backend": backend}) for name in names]
            return fleet(members, operation, **options)

        monkeypatch.setattr(nightly_drift, "fleet", here)
        assert here(["one"], lambda stack: stack.up(preview=False)).ok
        monkeypatch.setattr("sys.argv", ["nightly_drift", "one"])
        assert nightly_drift.main() == 0
        assert backend.cloud is not None
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
