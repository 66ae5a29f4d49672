"""`new`: from a handful of answers to a stack file that passes `check` and `plan`.

An answer's name is the path of its key in the stack file (`chat.host`, `runtime.kind`, `aws:region`), so that a
question, an argument of the command and a mistake in the file are all called the same.
"""

import contextlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from automation import writing
from rocketchat import settings
from stacks import files, keys
from stacks.kinds import registry
from stacks.kinds.database import DatabaseKind
from stacks.kinds.kind import Kind
from stacks.kinds.runtime import RuntimeKind
from stacks.language import NAMESPACE, alone, parse
from stacks.parts import Profile
from stacks.problems import InvalidStack, Problem, nearest
from stacks.project import COMMAND, ROOT
from stacks.questions import Ask
from stacks.secret_keys import command
from stacks.secrets import PROVIDER_KEYS, find

DRAFTS = ROOT / ".cache" / "automation" / "drafts"
"""Answers of a `new` that was interrupted."""
NONE = "none"
"""The answer for a part that the stack does without."""
REGION = "aws:region"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a stack may be called; Pulumi's own rule."""
Answers = dict[str, str]


@dataclass(frozen=True)
class Question:
    """One question: the key that it fills, what is asked, and what an empty answer means."""

    key: str
    text: str
    where: str = ""
    """Where the answer is found."""
    default: str | None = None
    """None where an answer is needed; empty where the key is left out without one."""
    choices: Mapping[str, str] | None = None
    """The possible answers, each with what it means."""


_WHERE = {
    "chat.host": "The name that people type. Its zone must be one that you can add DNS records to.",
    "chat.users": "Sizes the containers and the database; it can be changed later.",
    REGION: "The one nearest to the users; `aws account list-regions` lists them.",
    "chat.administrator.email": "Where the first administrator's mail goes.",
    "monitoring.alarmEmails": "Who is told when something fails; several are separated by commas.",
}
"""Where answers are found that are asked for whatever the kinds; kinds say it themselves (`Kind.asks`)."""
_PROFILES = {
    Profile.TRIAL.value: "cheap, and easily removed",
    Profile.PRODUCTION.value: "protected against loss, spread over zones, watched",
}
_NO_PART = {"dns": "you make the records by hand", "mail": "no mail is sent"}


def questions(answers: Mapping[str, str]) -> Iterator[Question]:
    """Yield the questions in order; each depends on the answers before it, so take one at a time."""
    yield _plain("chat.host", "Public name of the chat, such as chat.example.com")
    yield _plain("chat.users", "Users at the same time", "25")
    yield Question(
        "chat.profile", "What the defaults are for", "", Profile.TRIAL.value, choices=dict(_PROFILES)
    )
    yield from _part("runtime", "What the chat runs on", "fargate", answers)
    runtime = registry.runtime(answers["runtime.kind"])
    usual = runtime.usual_database[answers["chat.profile"]]
    yield from _part("database", "Where the messages are", usual, answers)
    yield from _part("media", "Where uploaded files are", _usual_media(runtime, answers), answers)
    yield from _part("dns", "Who serves the DNS zone", "cloudflare" if runtime.needs_dns else NONE, answers)
    yield from _part("mail", "How mail is sent", "ses" if answers["dns.kind"] != NONE else NONE, answers)
    if _region_is_missing(answers):
        yield _plain(REGION, "Region of AWS", "eu-central-1")
    yield _plain("chat.administrator.email", "E-mail address of the first administrator", "")
    yield _plain("monitoring.alarmEmails", "E-mail addresses for alarms", "")


def _plain(key: str, text: str, default: str | None = None) -> Question:
    return Question(key, text, _WHERE.get(key, ""), default)


def _part(part: str, text: str, default: str, answers: Mapping[str, str]) -> Iterator[Question]:
    """Ask for the kind of a part, for the keys that this kind cannot do without, and for what else it wants asked."""
    key = f"{part}.kind"
    yield Question(key, text, "", default, choices=dict(_kinds(part, answers)))
    kind = answers[key]
    if kind == NONE:
        return
    model = registry.models(part)[kind]
    required = [str(field.alias) for field in model.model_fields.values() if field.is_required()]
    for name in dict.fromkeys((*required, *model.asks)):
        ask = model.asks.get(name, Ask())
        if name != "kind" and ask.when(answers):
            yield _field(f"{part}.{name}", model, ask, answers)


def _field(name: str, model: type[Kind], ask: Ask, answers: Mapping[str, str]) -> Question:
    """Return the question for one key of a kind: its own words, and the choices that the key has."""
    _, *way = name.split(".")
    choices: dict[str, str] = {}
    words = ""
    if way[-1] == "kind":
        inner = next(one for one in model.model_fields.values() if one.alias == way[0])
        choices = {keys.kind_of(one): _first_line(one) for one in keys.models_of(inner)}
    elif (field := keys.field_at(name, answers)) is not None:
        choices = {str(one): "" for one in keys.choices_of(field)}
        words = _first_sentence(keys.described(name, answers) or way[-1])
    default = ask.default(answers) if callable(ask.default) else ask.default
    return Question(name, ask.text or words, ask.where, default, choices=choices or None)


def _usual_media(runtime: type[RuntimeKind], answers: Mapping[str, str]) -> str:
    database = registry.models("database")[answers["database.kind"]]
    usual = database.usual_media if issubclass(database, DatabaseKind) else "s3"
    return usual if registry.models("media")[usual].goes_with(runtime) else "s3"


def _kinds(part: str, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the kinds of a part that go with the runtime."""
    runtime = None if part == "runtime" else registry.runtime(answers["runtime.kind"])
    for kind, model in registry.models(part).items():
        if runtime is None or model.goes_with(runtime):
            yield kind, _first_line(model)
    if part in _NO_PART and not (part == "dns" and runtime is not None and runtime.needs_dns):
        yield NONE, _NO_PART[part]


def another(key: str, answers: Mapping[str, str]) -> Question:
    """Return the question for a key that none of `questions` asks, where its answer goes with no others."""
    words = _first_sentence(keys.described(key, answers) or "Another value")
    return Question(key, words, "Empty leaves the key out.", "")


def _first_sentence(text: str) -> str:
    words = " ".join(text.replace("`", "").split())
    return re.split(r"\.(?: |$)", words, maxsplit=1)[0]


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").splitlines()[0].replace("`", "").rstrip(".")


def _region_is_missing(answers: Mapping[str, str]) -> bool:
    return any(problem.path == REGION for problem in problems(answers, without=REGION))


# ---------------------------------------------------------------------------------------------------- answers


class Draft:
    """The answers so far, kept on the disk until the file is written."""

    def __init__(self, name: str) -> None:
        self.path = DRAFTS / f"{name}.json"
        self.answers: Answers = {}
        self.resumed = False
        if self.path.is_file():
            try:
                kept = json.loads(self.path.read_text(encoding="utf-8"))
                self.answers = {str(key): str(value) for key, value in kept.items()}
                self.resumed = bool(self.answers)
            except (ValueError, AttributeError):
                self.path.unlink()

    def take(self, key: str, answer: str) -> None:
        """Keep an answer."""
        self.answers[key] = answer
        self._save()

    def give(self, given: Answers) -> None:
        """Keep answers that are given as arguments. What followed from one that they change is forgotten."""
        if any(self.answers.get(key, answer) != answer for key, answer in given.items()):
            asked = {question.key: question.default for question in fill(self.answers).asked}
            stays = {key: one for key, one in self.answers.items() if asked.get(key) != one} | given
            now = {question.key for question in fill(stays).asked}
            self.answers = {key: one for key, one in stays.items() if key in now or key not in asked}
        self.answers |= given
        self._save()

    def drop(self, paths: Iterable[str]) -> None:
        """Forget the answers that stand at these paths of a stack file."""
        for path in paths:
            self.answers.pop(key_of(path), None)
        self._save()

    def done(self) -> None:
        """Forget all answers."""
        self.path.unlink(missing_ok=True)

    def _save(self) -> None:
        writing.write(self.path, json.dumps(self.answers))


def key_of(path: str) -> str:
    """Return what a key is called here, given its path in a stack file: `rocketchat:chat.host` is `chat.host`.

    One of a list is called like the list: they are one answer.
    """
    return path.removeprefix(f"{NAMESPACE}:").partition("[")[0]


def pairs(arguments: Iterable[str]) -> Answers:
    """Read arguments of the form KEY=VALUE.

    Raises ValueError where one has another form, or its key is a secret, because answers are kept in clear; it names
    these, and those whose key is none.
    """
    made: Answers = {}
    wrong: list[str] = []
    secret: set[str] = set()
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not key:
            wrong.append(f"{argument}: answers are given as KEY=VALUE, such as chat.host=chat.example.com")
            continue
        name = key_of(key)
        if PROVIDER_KEYS.get(name) or find(name) is not None:
            secret.add(name)
            full = name if ":" in name else f"{NAMESPACE}:{name}"
            wrong.append(
                f"{name} is a secret, and answers are kept in clear: set it when the file is there, by "
                f"{command(full)}; and replace this one, because it is in the shell's history"
            )
        made[name] = value
    if wrong:
        others = (f"{name}: {mistake}" for name, mistake in misnamed(made).items() if name not in secret)
        raise ValueError("\n".join([*wrong, *others]))
    return made


def misnamed(given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers whose keys are none, and what is wrong with each."""
    return {name: mistake for name in given if (mistake := _no_key(name, given))}


def _no_key(name: str, given: Mapping[str, str]) -> str | None:
    """Return what is wrong with the name of an answer, whatever else is answered; None where nothing is."""
    kinds: dict[str, set[str]] = {}
    for key in keys.keys():  # noqa: SIM118 - no dictionary
        way, others = _way(key, given)
        for one in (way, *([f"{way}.kind"] if key.kinds else ())):
            kinds.setdefault(one, set()).add(others)
        free = () if key.info is None else map(get_origin, keys.plain_types(key.info))
        if Mapping in free and name.startswith(f"{way}.") and not others:
            return None
    found = kinds.get(name, set())
    if "" in found:
        return None
    if found:
        return f"this is a key of {', '.join(sorted(found))}"
    near = nearest(name, (one for one, others in kinds.items() if "" in others and not find(one)))
    there = f"`{COMMAND} schema` has all of them" if near is None else f"did you mean {near}?"
    return f"there is no such key; {there}"


def _way(key: keys.Key, given: Mapping[str, str]) -> tuple[str, str]:
    """Return how a key is called here, and the kind that it is one of where another one is given."""
    way = key_of(".".join(str(step) for step in key.path if isinstance(step, str)))
    around: list[str] = []
    for place in key.places:
        around.append(place.alias)
        choice = f"{'.'.join(around)}.kind"
        kind = keys.kind_of(place.model)
        if kind and choice in given and given[choice] != kind:
            return way, f"{choice}={kind}"
    return way, ""


@dataclass(frozen=True)
class Filled:
    """Answers without anybody to ask: defaults where there are any."""

    answers: Answers
    asked: tuple[Question, ...]
    """All questions up to the first whose answer others depend on and that has none."""
    mistakes: tuple[tuple[Question, str], ...]
    others: tuple[tuple[str, Problem], ...] = ()
    """Other answers that were given, and what is wrong with them, where there are mistakes already."""


def fill(given: Mapping[str, str]) -> Filled:
    """Answer every question from what is given, else by its default."""
    answers = dict(given)
    asked: list[Question] = []
    mistakes: list[tuple[Question, str]] = []
    # A question that depends on an answer that is missing is not asked: the missing one is told.
    with contextlib.suppress(KeyError):
        for question in questions(answers):
            asked.append(question)
            answer = answers.get(question.key, question.default or "")
            mistake = wrong(question, answer)
            if mistake is None:
                answers[question.key] = answer
            else:
                answers.pop(question.key, None)
                mistakes.append((question, mistake))
    others: list[tuple[str, Problem]] = []
    if mistakes:
        known = {question.key for question, _ in mistakes}
        others = [
            (key, one)
            for one in problems(answers)
            for key in given
            if key not in known and f"{key}.".startswith(f"{key_of(one.path)}.")
        ]
    return Filled(answers, tuple(asked), tuple(mistakes), tuple(others))


def wrong(question: Question, answer: str, answers: Mapping[str, str] | None = None) -> str | None:
    """Return what is wrong with one answer by itself; what depends on others is told when all are there.

    With the `answers` before it, its form is looked at, too.
    """
    if not answer.strip() and question.default != "":
        return "an answer is needed"
    if question.choices and answer not in question.choices:
        near = nearest(answer, question.choices)
        meant = "" if near is None else f"did you mean {near}? "
        return f"{meant}choose one of: {', '.join(question.choices)}"
    if answers is None or not answer:
        return None
    part = f"{NAMESPACE}:{question.key.partition('.')[0]}"
    made = values({**answers, question.key: answer})
    for problem in alone(part, made[part]) if part in made else ():
        if key_of(problem.path) == question.key:
            return str(problem).removeprefix(f"{problem.path}: ")
    return None


def values(answers: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a stack file. Empty answers and parts of kind `none` are left out.

    Raises InvalidStack where one answer would stand inside another one.
    """
    within = {key: [other for other in answers if other.startswith(f"{key}.")] for key in answers}
    if any(within.values()):
        told = [
            Problem(f"{NAMESPACE}:{key}", f"{found[0]} stands inside this key", remedy="give one of the two")
            for key, found in within.items()
            if found
        ]
        raise InvalidStack("the answers", told)
    made: dict[str, Any] = {}
    if answers.get(REGION):
        made[REGION] = answers[REGION]
    for part in ("chat", "runtime", "database", "media", "dns", "mail"):
        if any(key.startswith(f"{part}.") for key in answers):
            made[f"{NAMESPACE}:{part}"] = {}
    for key, answer in answers.items():
        if key == REGION or not answer:
            continue
        part, *inner = key.split(".")
        full = part if ":" in part else f"{NAMESPACE}:{part}"
        if not inner:
            made[full] = _typed(key, answer, answers)
            continue
        inside = made.setdefault(full, {})
        for step in inner[:-1]:
            inside = inside.setdefault(step, {})
        inside[inner[-1]] = _typed(key, answer, answers)
    for part in _NO_PART:
        if answers.get(f"{part}.kind") == NONE:
            del made[f"{NAMESPACE}:{part}"]
    return made


_OF_SETTINGS: Mapping[str, type] = {"boolean": bool, "int": int, "timespan": int}


def _typed(key: str, answer: str, answers: Mapping[str, str]) -> Any:
    """Return an answer as the type that its key takes; as it is where it cannot be that."""
    field = keys.field_at(key, answers)
    if field is None:
        setting = settings.find(key.removeprefix("settings."))
        kinds: Collection[Any] = () if setting is None else (_OF_SETTINGS.get(setting.type, str),)
    else:
        kinds = keys.plain_types(field)
    if any(get_origin(kind) is list for kind in kinds):
        return [one.strip() for one in answer.split(",") if one.strip()]
    if str in kinds:
        return answer
    if bool in kinds and answer in {"true", "false"}:
        return answer == "true"
    return int(answer) if int in kinds and re.fullmatch(r"-?\d{1,15}", answer) else answer


def problems(answers: Mapping[str, str], *, without: str | None = None) -> tuple[Problem, ...]:
    """Return all that is wrong with the file that these answers make; secrets count as set."""
    try:
        _parsed(values({key: answer for key, answer in answers.items() if key != without}), "the answers")
    except InvalidStack as error:
        return error.problems
    return ()


def _parsed(made: Mapping[str, Any], source: str) -> None:
    parse(made, frozenset(f"{NAMESPACE}:{name}" for name in _secrets(made)), source=source)


def _secrets(made: Mapping[str, Any]) -> list[str]:
    """Return the names of the secrets that these values cannot do without."""
    try:
        parse(made, frozenset(), source="the answers")
    except InvalidStack as error:
        return [key_of(problem.path) for problem in error.problems if problem.unset]
    return []


# ------------------------------------------------------------------------------------------------------ file

_COMMENTS = {
    "chat": "The release is the project's default; pin it with `release`.",
    "runtime": "Sized by the number of users; every part has more keys, which an editor shows.",
}
_SAFE = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def text(made: Mapping[str, Any]) -> str:
    """Return the stack file."""
    host = made[f"{NAMESPACE}:chat"]["host"]
    lines = ["# yaml-language-server: $schema=stack.schema.json", f"# {host}", "config:"]
    for key, value in made.items():
        part = key_of(key)
        comment = registry.models(part)[value["kind"]].comment if part in registry.KINDS else None
        if comment is not None or part in _COMMENTS:
            lines.append(f"  # {comment or _COMMENTS[part]}")
        lines.append(f"  {key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if isinstance(value, str) and _SAFE.fullmatch(value) and value not in _WORDS:
        return value
    # JSON's text is YAML's, and safe whatever is in it.
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Written:
    """A stack file that was made."""

    path: Path
    secrets: tuple[str, ...]
    """Names of the secrets that must be set before it can be deployed."""


def write(name: str, answers: Mapping[str, str]) -> Written:
    """Write the file of a new stack.

    Raises InvalidStack where an answer is wrong, and FileExistsError where the stack is there already.
    """
    path = files.path_of(name)
    made = values(answers)
    _parsed(made, f"stacks/{path.name}")
    path.touch(exist_ok=False)
    try:
        writing.write(path, text(made))
    except BaseException:
        path.unlink()
        raise
    return Written(path, tuple(_secrets(made)))
