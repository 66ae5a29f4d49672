"""`new`: what it asks at a terminal, what it writes, and that what it writes plans and passes the policy pack."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import contextlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from pexpect.fdpexpect import fdspawn
from planning import planned

from automation import new
from command import cli
from policy import adapters
from policy.config_file import load
from policy.judge import judge
from stacks import files, keys
from stacks.kinds import registry
from stacks.language import NAMESPACE
from stacks.project import PRODUCT
from stacks.spec import Parts

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals here", allow_module_level=True)

import pty
import termios

ATLAS_ID = "5f0c1d2e3b4a59687f6e5d4c"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPKsZsFQHhNZ8g1ekq2lG3mZ8b0aV3bL6c0R5m0xq3dT ops"
TRIAL, PRODUCTION = {"chat.profile": "trial"}, {"chat.profile": "production"}
ATLAS = {"database.organization": ATLAS_ID}
EXISTING = {
    "database.kind": "atlas-existing",
    "database.project": ATLAS_ID,
    "database.cluster": "shared",
    "database.name": "chat",
}
SMTP = {"mail.kind": "smtp", "mail.host": "smtp.example.com", "mail.username": "chat"}
HOST = {"runtime.sshKey": KEY}
CLUSTER = {"runtime.context": "example"}
CLASS = {"runtime.ingress.kind": "class", "runtime.ingress.address": "203.0.113.8"}
WATCHED = {"monitoring.alarmEmails": "ops@example.com, boss@example.com"}
SPACES = {"media.kind": "spaces"}
THERE = {"media.kind": "s3-existing", "media.bucket": "uploads-of-before"}
MINIO = {
    "media.kind": "s3-compatible",
    "media.endpoint": "https://minio.example.com:9000",
    "media.bucket": "uploads",
}

TALKS: Mapping[str, Mapping[str, str]] = {
    "fargate-trial": {"runtime.kind": "", **TRIAL, **ATLAS},
    "fargate-production": {"runtime.kind": "fargate", **PRODUCTION, **ATLAS, **WATCHED},
    "fargate-route53": {"runtime.kind": "fargate", **TRIAL, **EXISTING, "dns.kind": "route53"},
    "fargate-smtp": {"runtime.kind": "fargate", **PRODUCTION, **ATLAS, **SMTP, **THERE},
    "fargate-spaces": {"runtime.kind": "fargate", **PRODUCTION, "database.kind": "uri", **SPACES},
    "kubernetes-trial": {"runtime.kind": "kubernetes", **CLUSTER, **TRIAL},
    "kubernetes-gateway": {
        "runtime.kind": "kubernetes",
        **CLUSTER,
        **PRODUCTION,
        "runtime.ingress.kind": "gateway",
        "dns.kind": "route53",
        "mail.kind": "none",
    },
    "kubernetes-class": {
        "runtime.kind": "kubernetes",
        **CLUSTER,
        **MINIO,
        **PRODUCTION,
        **CLASS,
        "dns.kind": "cloudflare",
    },
    "doks-trial": {"runtime.kind": "doks", **TRIAL, **ATLAS},
    "doks-in-cluster": {"runtime.kind": "doks", **TRIAL, "database.kind": "in-cluster"},
    "doks-production": {"runtime.kind": "doks", **PRODUCTION, **ATLAS, **SMTP, **WATCHED},
    "lightsail-trial": {"runtime.kind": "lightsail", **TRIAL, **HOST, "dns.kind": "manual"},
    "lightsail-production": {
        "runtime.kind": "lightsail",
        **PRODUCTION,
        **HOST,
        **WATCHED,
        "mail.kind": "ses-existing",
    },
    "droplet-trial": {"runtime.kind": "droplet", **TRIAL, **HOST, **SMTP},
    "droplet-production": {"runtime.kind": "droplet", **PRODUCTION, **HOST, "mail.kind": "ses"},
    "droplet-digitalocean": {"runtime.kind": "droplet", **TRIAL, **HOST, **SMTP, "dns.kind": "digitalocean"},
    "kubernetes-gateway-there": {
        "runtime.kind": "kubernetes",
        **CLUSTER,
        **PRODUCTION,
        "runtime.ingress.kind": "gateway-existing",
        "runtime.ingress.name": "public",
        "runtime.ingress.namespace": "gateways",
        "runtime.ingress.address": "203.0.113.8",
    },
}
"""What somebody types, by the key that is asked for; Enter alone where nothing is said."""

PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from pathlib import Path
from automation import new
from command import cli
from stacks import files, keys
from stacks.kinds import registry
files.FOLDER = Path(sys.argv[1])
new.DRAFTS = files.FOLDER / "drafts"
for name in sys.argv[2:]:
    print(f"\\nexit status of {name}: {int(cli.main(['new', name]))}", flush=True)
"""
MOST_QUESTIONS = 100
_PROMPT = r"\n([\w:.]+)(?: \[[^\r\n]*\])?: $"
_END = r"exit status of ([\w-]+): (\d+)"


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[int, str, Path]]:
    """Let somebody answer all questions of all talks: the exit status, what was on the screen, and the file."""
    folder = tmp_path_factory.mktemp("stacks")
    with _terminal(folder, *TALKS) as terminal:
        told = {}
        for name, answers in TALKS.items():
            given = {"chat.host": "chat.example.com", **answers}

            def answer(key: str, time: int, given: Mapping[str, str] = given) -> str:
                return "" if time else given.get(key, "")

            screen = _talk(terminal, answer)
            assert _groups(terminal)[0] == name
            told[name] = (int(_groups(terminal)[1]), screen, folder / f"Pulumi.{name}.yaml")
        return told


def _talk(terminal: "fdspawn[str]", answer: Callable[[str, int], str]) -> str:
    """Answer what is asked until the command ends, and return what was on the screen.

    `answer` is told the key that is asked for, and how often it was asked for before.
    """
    screen, times = "", Counter[str]()
    for _ in range(MOST_QUESTIONS):
        ended = terminal.expect([_PROMPT, _END])
        screen += _seen(terminal)
        if ended:
            return screen
        key = _groups(terminal)[0]
        terminal.sendline(answer(key, times[key]))
        times[key] += 1
    pytest.fail(f"it asks without end: {screen[-2000:]}")


@contextlib.contextmanager
def _terminal(
    folder: Path, *names: str, columns: int = 240, environment: Mapping[str, str] | None = None
) -> "Iterator[fdspawn[str]]":
    """Open a terminal in which somebody calls `new`, for each name. Closed, it ends what still runs in it.

    `pexpect.spawn` forks this process, in which gRPC has threads: now and then that child dies before it is another
    program.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", PROGRAM, str(folder), *names],
        cwd=PRODUCT,
        env={**os.environ, **(environment or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    terminal = fdspawn(ours, encoding="utf-8", timeout=60)
    try:
        yield terminal
    finally:
        terminal.close()
        process.wait()


def _groups(terminal: "fdspawn[str]") -> tuple[str, ...]:
    assert isinstance(terminal.match, re.Match)
    return tuple(terminal.match.groups())


def _seen(terminal: "fdspawn[str]") -> str:
    return f"{terminal.before}{terminal.match[0] if isinstance(terminal.match, re.Match) else ''}"


def _kinds(part: str) -> set[str]:
    return {keys.kind_of(model) for model in keys.models_of(Parts.model_fields[part])}


def _written(
    name: str, talks: Mapping[str, tuple[int, str, Path]], monkeypatch: pytest.MonkeyPatch
) -> files.StackFile:
    monkeypatch.setattr(files, "FOLDER", talks[name][2].parent)
    return files.read(name)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["runtime", "database", "media", "dns", "mail"])
def test_somebody_chooses_every_kind_of_every_part(
    part: str, talks: Mapping[str, tuple[int, str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {
        _written(name, talks, monkeypatch).values.get(f"{NAMESPACE}:{part}", {}).get("kind", new.NONE)
        for name in talks
    }
    assert chosen - {new.NONE} == _kinds(part)


@pytest.mark.slow
@pytest.mark.parametrize("name", TALKS)
def test_what_is_answered_at_a_terminal_becomes_a_file_that_plans_and_passes(
    name: str, talks: Mapping[str, tuple[int, str, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, screen, _ = talks[name]
    assert status == 0, screen
    assert "Ellipsis" not in screen
    assert "Traceback" not in screen
    found = _written(name, talks, monkeypatch)
    asked = re.findall(r"config set --secret ([\w:]+) --stack", screen)
    plan = planned(found.values, {*found.secure, *asked}, stack=name)
    profile = found.values[f"{NAMESPACE}:chat"]["profile"]
    judged = judge(adapters.from_plan(plan.resources), load(name, profile=profile), stack=name)
    assert judged.clean, [(one.rule.id, one.subject.name) for one in judged.findings if one.blocking]


@pytest.mark.slow
@pytest.mark.parametrize("name", TALKS)
def test_each_question_is_explained_and_asked_once(
    name: str, talks: Mapping[str, tuple[int, str, Path]]
) -> None:
    screen = talks[name][1].replace("\r", "")
    asked = re.findall(r"\n([\w:.]+)(?: \[[^\n]*\])?: ", screen)
    assert len(asked) == len(set(asked)) >= 8
    for key in asked:
        before = screen.partition(f"\n{key}")[0].rpartition("\n\n")[2].lstrip("\n").splitlines()
        assert len(before[0].split()) > 1, f"{key} is asked without a word: {before}"


def test_every_kind_and_every_region_is_named_before_it_is_chosen(
    talks: Mapping[str, tuple[int, str, Path]],
) -> None:
    screen = talks["doks-in-cluster"][1]
    for part in ("runtime", "dns", "mail"):
        for kind in _kinds(part):
            assert re.search(rf"\n  {kind} +\w", screen), f"{kind} is not offered"
    assert "on-host" not in screen
    assert "  sgp1" in screen


@pytest.mark.slow
def test_an_answer_that_is_no_choice_is_asked_for_again_on_a_narrow_dumb_terminal(tmp_path: Path) -> None:
    said = {
        "chat.host": ["", "chat.example.com"],
        "chat.profile": ["nonsense", "trial"],
        "runtime.kind": ["mainframe", "kubernetes"],
        "runtime.ingress.kind": ["", "gateway"],
    }
    rest = {**CLUSTER, "database.kind": "in-cluster"}
    dumb = {"TERM": "dumb", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with _terminal(tmp_path, "again", columns=40, environment=dumb) as terminal:
        screen = _talk(terminal, lambda key, time: said[key][time] if key in said else rest.get(key, ""))
        assert _groups(terminal) == ("again", "0"), screen
        assert "\x1b" not in screen
        assert "an answer is needed" in screen
        assert "choose one of: trial, production" in screen
        assert "choose one of: fargate, kubernetes" in screen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"dns.kind": "cloudflare", "mail.kind": "none"}, {"dns.kind": "none"}),
        ({"dns.kind": "none", "mail.kind": "ses"}, {"dns.kind": "manual"}),
    ],
    ids=["too much", "too little"],
)
def test_a_part_that_goes_with_no_other_is_asked_for_again_by_its_kind(
    first: dict[str, str], then: dict[str, str], tmp_path: Path
) -> None:
    said = {"runtime.kind": "kubernetes", **CLUSTER, "database.kind": "uri", "runtime.ingress.kind": "none"}
    given = {"chat.host": "chat.example.com", **said, **first}
    with _terminal(tmp_path, "parts") as terminal:
        screen = _talk(terminal, lambda key, time: then.get(key, "") if time else given.get(key, ""))
        assert _groups(terminal) == ("parts", "0"), screen
    assert "do not go together" in screen
    assert "Left out: dns.kind" in screen


@pytest.mark.slow
def test_an_argument_that_cannot_be_is_asked_for_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new, "DRAFTS", tmp_path / "drafts")
    new.Draft("reason").give({"chat.host": "chat.example.com", "chat.users": "many"})
    with _terminal(tmp_path, "reason") as terminal:
        terminal.expect(_PROMPT)
        assert _groups(terminal)[0] == "chat.users"
        assert "chat.users=many: this must be a whole number" in _seen(terminal)


@pytest.mark.slow
@pytest.mark.parametrize("keys_pressed", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize(
    "typed", ["chat\x1b[D.example.com", "\x1b[200~chat.example.com\x1b[201~", "a" * 3000]
)
def test_keys_that_write_no_text_are_told_and_the_command_still_ends(
    typed: str, keys_pressed: str, tmp_path: Path
) -> None:
    with _terminal(tmp_path, "keys") as terminal:
        terminal.expect(_PROMPT)
        terminal.sendline(typed)
        terminal.expect(_PROMPT)
        assert _groups(terminal)[0] == "chat.host"
        assert ("U+001B" if "\x1b" in typed else "not a host name") in _seen(terminal)
        terminal.send(keys_pressed)
        terminal.expect(_END)
        assert _groups(terminal) == ("keys", "2")
        assert "Traceback" not in (terminal.before or "")
    assert list(tmp_path.glob("Pulumi.*")) == []


@pytest.mark.slow
def test_ctrl_c_keeps_the_answers(tmp_path: Path) -> None:
    with _terminal(tmp_path, "stopped", "stopped") as terminal:
        terminal.expect(_PROMPT)
        terminal.sendline("chat.example.com")
        terminal.expect(_PROMPT)
        assert _groups(terminal)[0] == "chat.users"
        terminal.send("\x03")
        terminal.expect(_END)
        assert _groups(terminal)[1] != "0"
        assert "new stopped`, which goes on here" in " ".join((terminal.before or "").split())
        terminal.expect("Continuing with the answers given before: chat.host")
        terminal.expect(_PROMPT)
        assert _groups(terminal)[0] == "chat.users"


def test_another_answer_takes_along_what_followed_from_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new, "DRAFTS", tmp_path)
    draft = new.Draft("turned")
    draft.give({"chat.host": "chat.example.com", "login.kind": "google"})
    for key, answer in {"chat.users": "40", "runtime.kind": "fargate", "database.kind": "atlas"}.items():
        draft.take(key, answer)
    draft.take("database.cluster", "mine")
    draft.give({"chat.users": "40"})
    assert draft.answers["database.cluster"] == "mine"
    draft.give({"runtime.kind": "droplet"})
    turned = {"chat.host": "chat.example.com", "login.kind": "google", "chat.users": "40"}
    assert new.Draft("turned").answers == turned | {"runtime.kind": "droplet"}
    asked = {question.key: question.default for question in new.fill(draft.answers).asked}
    assert asked["database.kind"] == "on-host"


@pytest.mark.parametrize("value", ["yes", "null", "1.0", "~", "a: b", "#x", "Grüße 🚀", '"', "2026-11-28"])
def test_text_arrives_in_the_file_as_it_was_typed(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    answers = {
        "chat.host": "chat.example.com",
        "runtime.kind": "kubernetes",
        **CLUSTER,
        "database.kind": "in-cluster",
    }
    new.write("text", {**answers, "chat.profile": "trial", "chat.siteName": value})
    assert files.read("text").values[f"{NAMESPACE}:chat"]["siteName"] == value


@pytest.mark.parametrize("bad", ["chat.host", "=x", ""])
def test_an_argument_that_is_no_answer_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="KEY=VALUE"):
        new.pairs([bad])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["runtime.kid=droplet"], ["runtime.kid: there is no such key; did you mean runtime.kind?"]),
        (
            ["chat.hots=a.example.com", "foo=1", "x"],
            ["chat.hots: ", "mean chat.host?", "foo: ", "x: answers"],
        ),
        (
            ["runtime.kind=fargate", "runtime.sshKey=x"],
            ["runtime.sshKey: this is a key of runtime.kind=droplet"],
        ),
        (["settings=1", "chat=x"], ["chat: there is no such key"]),
    ],
)
def test_a_key_that_is_none_is_told_before_anything_is_asked(
    given: list[str], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", "misnamed", *given]) == 2
    told = capsys.readouterr()
    assert all(one in told.err for one in said), told.err
    assert not told.out


def test_without_a_terminal_all_that_is_wrong_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(new, "DRAFTS", tmp_path)
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    wrong = [
        "chat.host=Chat.example.com",
        "chat.users=many",
        "runtime.kind=kid",
        "dns.zone=x y",
        "chat.color=red",
    ]
    assert cli.main(["new", "wrong", *wrong, "--yes"]) == 2
    told = capsys.readouterr().err
    assert [one.partition("=")[0] for one in wrong if one.partition("=")[0] not in told] == []


@pytest.mark.parametrize(
    "given",
    [
        "runtime.sshKey=x",
        "settings.Message_MaxAllowedSize=1",
        "chat.tags.team=x",
        "login[0].kind=google",
        "runtime.ingress.kind=gateway",
        "aws:region=eu-central-1",
    ],
)
def test_a_key_of_any_kind_may_be_given_before_kinds_are_chosen(given: str) -> None:
    assert not new.misnamed(new.pairs([given]))


@pytest.mark.parametrize(
    "key", ["license", "rocketchat:smtpPassword", "LDAP_Authentication_Password", "digitalocean:token"]
)
def test_a_secret_is_no_answer_and_is_neither_kept_nor_shown(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(new, "DRAFTS", tmp_path)
    assert cli.main(["new", "any", "chat.host=chat.example.com", f"{key}=correct-horse", "--yes"]) == 2
    told = capsys.readouterr().err
    assert "is a secret" in told
    assert "correct-horse" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_answer_that_cannot_be_is_asked_for_again_at_once_and_others_follow_the_right_one(
    tmp_path: Path,
) -> None:
    wrong: dict[str, tuple[str, str, str]] = {
        "chat.host": ("https://chat.example.com/", "chat.example.com", "without scheme or slash"),
        "chat.users": ("many", "40", "whole number"),
        "monitoring.alarmEmails": ("a@example.com,b@@example.com", "a@example.com", "not an e-mail address"),
    }
    right = {**TRIAL, **ATLAS}
    asked = Counter[str]()

    def answer(key: str, time: int) -> str:
        asked[key] += 1
        return wrong[key][time] if key in wrong else right.get(key, "")

    with _terminal(tmp_path, "typos") as terminal:
        screen = _talk(terminal, answer)
        assert _groups(terminal) == ("typos", "0"), screen
        assert {key for key, count in asked.items() if count > 1} == set(wrong)
        assert all(said in screen for _, _, said in wrong.values())
        assert "do not go together" not in screen
        assert (
            yaml.safe_load((tmp_path / "Pulumi.typos.yaml").read_text())["config"]["rocketchat:dns"]["zone"]
            == "example.com"
        )


def test_one_of_a_list_is_the_answer_that_gave_the_list() -> None:
    assert new.key_of("rocketchat:monitoring.alarmEmails[1]") == "monitoring.alarmEmails"


@pytest.mark.parametrize("runtime", sorted(registry.models("runtime")))
def test_a_question_ends_where_a_sentence_ends(runtime: str) -> None:
    filled = new.fill({"chat.host": "chat.example.com", "runtime.kind": runtime})
    assert len(filled.asked) > 4
    for question in filled.asked:
        written = " ".join(keys.described(question.key, filled.answers).replace("`", "").split())
        rest = written.removeprefix(question.text) if written.startswith(question.text) else ""
        assert not rest.startswith(" "), question.text
