"""`new`: from a handful of answers to a stack file that passes `check` and `plan`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.cli import CHECKOUT
from stacks import files
from stacks.language import parse

DRAFTS = CHECKOUT / ".cache" / "automation" / "drafts"
"""Answers of a `new` that was interrupted."""
REGION = "eu-central-1"
HOSTS = ("lightsail", "droplet")
RUNTIMES = {
    "fargate": "containers on AWS ECS Fargate, behind a load balancer",
    "lightsail": "one host on Amazon Lightsail",
    "droplet": "one host on DigitalOcean",
    "doks": "DigitalOcean's Kubernetes",
    "kubernetes": "a Kubernetes cluster that is there already",
}
Answers = dict[str, str]


@dataclass(frozen=True)
class Question:
    """One question: the flag's name, what is asked, and what an empty answer means."""

    key: str
    text: str
    default: Callable[[Answers], str | None] = lambda _: None
    choices: tuple[str, ...] = ()
    asked: Callable[[Answers], bool] = lambda _: True
    """Whether it is asked at all, after the answers so far."""


def _zone(answers: Answers) -> str:
    return answers["host"].partition(".")[2]


def _on_atlas(answers: Answers) -> bool:
    return answers["runtime"] in {"fargate", "doks"}


QUESTIONS = (
    Question("host", "Public name of the chat, such as chat.example.com"),
    Question("users", "Users at the same time", lambda _: "25"),
    Question(
        "profile",
        "Protected production, or a trial that is easily removed",
        lambda _: "trial",
        ("trial", "production"),
    ),
    Question("runtime", "What it runs on", lambda _: "fargate", tuple(RUNTIMES)),
    Question(
        "region", "Region of AWS", lambda _: REGION, asked=lambda answers: answers["runtime"] != "kubernetes"
    ),
    Question(
        "place",
        "Region of DigitalOcean",
        lambda _: "fra1",
        asked=lambda answers: answers["runtime"] in {"droplet", "doks"},
    ),
    Question(
        "ssh-key", "SSH public key of who may log in", asked=lambda answers: answers["runtime"] in HOSTS
    ),
    Question("context", "Context of kubectl", asked=lambda answers: answers["runtime"] == "kubernetes"),
    Question("organization", "Id of the MongoDB Atlas organization (24 hex digits)", asked=_on_atlas),
    Question(
        "zone",
        "Zone of the name at Cloudflare",
        _zone,
        asked=lambda answers: answers["runtime"] != "kubernetes",
    ),
)


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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.answers), encoding="utf-8")

    def done(self) -> None:
        """Forget the answers."""
        self.path.unlink(missing_ok=True)


def values(answers: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a stack file. Wrong answers are told by `check` below, with their keys."""
    host, runtime = answers["host"], answers["runtime"]
    plain = host.replace(".", "-")
    made: dict[str, Any] = {}
    if "region" in answers:
        made["aws:region"] = answers["region"]
    made["rocketchat:chat"] = {
        "host": host,
        "users": int(answers["users"]) if answers["users"].isdigit() else answers["users"],
        "profile": answers["profile"],
    }
    part: dict[str, Any] = {"kind": runtime}
    if "place" in answers:
        part["region"] = answers["place"]
    if runtime == "doks":
        part["cluster"] = plain[:62]
    if "ssh-key" in answers:
        part["sshKey"] = answers["ssh-key"]
    if "context" in answers:
        part["context"] = answers["context"]
    made["rocketchat:runtime"] = part
    if "organization" in answers:
        made["rocketchat:database"] = {
            "kind": "atlas",
            "organization": answers["organization"],
            "cluster": plain[:64],
        }
        made["rocketchat:media"] = {"kind": "s3", "bucket": f"media-{plain}"[:63]}
    elif runtime in HOSTS:
        made["rocketchat:database"] = {"kind": "on-host"}
        made["rocketchat:media"] = {"kind": "host"}
        made["rocketchat:backup"] = {"bucket": f"backups-{plain}"[:63]}
    else:
        made["rocketchat:database"] = {"kind": "in-cluster"}
        made["rocketchat:media"] = {"kind": "gridfs"}
    if "zone" in answers:
        made["rocketchat:dns"] = {"kind": "cloudflare", "zone": answers["zone"]}
        made["rocketchat:mail"] = {
            "kind": "ses",
            "domain": answers["zone"],
            "from": f"Chat <chat@{answers['zone']}>",
        }
    return made


_COMMENTS = {
    "rocketchat:chat": "The release is the project's default; pin it with `release: <version>`.",
    "rocketchat:runtime": "Sized by the number of users; every part has more keys, which an editor shows.",
    "rocketchat:database": "Made by this stack, unless its kind says otherwise.",
    "rocketchat:mail": "Amazon SES in the zone; ask AWS for production access before anybody else is written to.",
}


def text(made: Mapping[str, Any]) -> str:
    """Return the stack file."""
    host = made["rocketchat:chat"]["host"]
    lines = ["# yaml-language-server: $schema=stack.schema.json", f"# {host}", "config:"]
    for key, value in made.items():
        if key in _COMMENTS:
            lines.append(f"  # {_COMMENTS[key]}")
        lines.append(f"  {key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, int):
        return str(value)
    # JSON's strings are YAML's, and safe whatever is in them.
    return (
        value
        if value.replace("-", "").replace(".", "").isalnum() and not value[0].isdigit()
        else json.dumps(value)
    )


def write(name: str, answers: Mapping[str, str]) -> Path:
    """Write the file of a new stack. Raises InvalidStack where an answer is wrong, or the stack is there already."""
    path = files.FOLDER / f"Pulumi.{name}.yaml"
    made = values(answers)
    parse(made, frozenset(), source=f"stacks/{path.name}")
    with path.open("x", encoding="utf-8") as file:
        file.write(text(made))
    return path


def wrong(question: Question, answer: str) -> str | None:
    """Return what is wrong with one answer by itself; what only shows in the whole is told when it is written."""
    if question.choices and answer not in question.choices:
        return f"one of {', '.join(question.choices)}"
    return None if answer.strip() else "an answer is needed"


def key_of(path: str) -> str | None:
    """Return the question whose answer is at a path of the stack file."""
    for ending, key in (
        ("chat.host", "host"),
        ("chat.users", "users"),
        ("aws:region", "region"),
        ("runtime.region", "place"),
        ("runtime.sshKey", "ssh-key"),
        ("runtime.context", "context"),
        ("database.organization", "organization"),
        ("dns.zone", "zone"),
    ):
        if path.endswith(ending):
            return key
    return None
