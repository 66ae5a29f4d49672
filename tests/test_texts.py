"""Every text of a stack file arrives as it was written, on every runtime, or is refused by its key.

One table of awkward texts goes through every key that takes text. What the language lets through is planned, and the
plan's carriers are read back by the parsers that will read them: JSON (ECS), Helm's template engine and Kubernetes'
rule for `$(NAME)`, Compose (the program where it can be had, else libyaml) after the host's own script, Caddy, bash.

By default each key is planned with some of the texts, always the same ones; with ROCKETCHAT_SWEEP=all with each.
"""

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import unquote

import pytest
import yaml
from combining import refusals
from planning import Values, planned

from components.runtime.host.bootstrap import SCRIPTS
from proving.key_trials import SCENES, dotted, fonts, put, scene_secrets, scene_values
from rehearsal.plan import Plan
from rocketchat import settings
from stacks import features
from stacks.keys import Key, choices, keys, plain_types, standing
from stacks.language import ChatSpec, parse
from stacks.problems import Problem

ALL = os.environ.get("ROCKETCHAT_SWEEP") == "all"
PLANS = 2
"""Plans of each runtime; each has another text in each key."""

TEXTS = {
    # MARK is another word in each key, by which the text is found again.
    "plain": "MARK",
    "emoji": "😀 MARK 👩‍👩‍👧",
    "umlauts": "Grüße MARK ß",
    "combining": "e\u0301 MARK",
    "right to left": "שלום MARK \u202eabc\u202c",
    "zero width": "a\u200bMARK",
    "private use": "\ue000MARK\ufffd",
    "quotes": "'MARK' \"x\" `y` '' \"\"",
    "one quote": "MARK'",
    "other quote": '"MARK',
    "backslash": "\\MARK\\n \\u0041 \\",
    "variable": "$HOME ${MARK} $$ $1 ${X:-y} $",
    "kubernetes": "$(MARK) $$(X) $(",
    "helm": "{{ .MARK }} {{- x -}} {{{{ }} {{`x`}} {",
    "caddy": "{$MARK} {env.HOME}",
    "comment": "#MARK a #b",
    "mail comment": "#MARK@example.com",
    "mail variable": "{$MARK}@example.com",
    "mail dollar": "$MARK!#?@example.com",
    "sender": "A # b <#MARK@example.com>",
    "mapping": "MARK: x, y: z",
    "list": "- MARK",
    "flow": "[MARK, {a: b}]",
    "anchor": "&MARK *a !b",
    "block": "| MARK",
    "document": "--- MARK",
    "percent": "%s MARK %(x)s %",
    "shell": "MARK; reboot & `id` $(id) > /x",
    "markup": "</style><script>MARK</script> &amp;",
    "template": "{MARK} {0}",
    "comma": "MARK,b",
    "address": "https://MARK.example.com/a?b=c&d=%20#e",
    "path": "/MARK/../$(x)/{{y}}",
    "capitals": "TRUEMARK",
    "true": "true",
    "FALSE": "FALSE",
    "null": "null",
    "number": "1e3",
    "sexagesimal": "1:30",
    "yes": "yes",
    "equals": "=",
    "arabic digits": "MARK\u0661:00",
    "lines": "a\nMARK\n  b\n\n",
    "carriage return": "MARK\r\nb",
    "leading blank": " MARK",
    "trailing blank": "MARK ",
    "no-break space": "MARK\u00a0",
    "tab": "a\tMARK",
    "leading tab": "\tMARK\nb",
    "long": "MARK" + "x" * 200,
    "many words": "MARK" + " word" * 60,
    "next line": "a\u0085MARK",
    "line separator": "a\u2028MARK",
    "paragraph separator": "a\u2029MARK",
    "NUL": "MARK\0",
    "escape": "\x1b[31mMARK",
    "DEL": "MARK\x7f",
    "C1": "MARK\x9f",
    "half": "MARK\ud83d",
    "byte order mark": "\ufeffMARK",
    "U+FFFF": "MARK\uffff",
    "U+FDD0": "MARK\ufdd0",
    "U+1FFFE": "MARK\U0001fffe",
}
NEVER = {
    "carriage return",
    "next line",
    "line separator",
    "paragraph separator",
    "NUL",
    "escape",
    "DEL",
    "C1",
    "half",
    "byte order mark",
    "U+FFFF",
    "U+FDD0",
    "U+1FFFE",
}
"""What no key takes."""
ONE_LINE = {"lines", "leading blank", "trailing blank", "no-break space", "leading tab"}
"""What only style sheets, certificates and settings take."""
SEVERAL_LINES = ("appearance.css", "login(saml).certificate", "login(saml).ownCertificate", "settings.")

SETTINGS = ("Layout_Legal_Notice", "Layout_Home_Body", "Layout_Sidenav_Footer")
STACKS = {
    "fargate": "lovia-fargate",
    "kubernetes": "services-helm",
    "doks": "lovia-doks",
    "lightsail": "soluvas-lightsail",
    "droplet": "family-host",
}
OIDC = {
    "kind": "oidc",
    "preset": "keycloak",
    "url": "https://login.example.com",
    "clientId": "c",
    "realm": "r",
    "mergeRoles": True,
    "groupsToChannels": {"ops": "operations"},
}
SAML = {
    "kind": "saml",
    "entryPoint": "https://idp.example.com/sso",
    "certificate": "MAMCAQE=",
    "ownCertificate": "MAMCAQI=",
}
SMTP = {"kind": "smtp", "host": "smtp.example.com", "port": 2525, "username": "me", "from": "me@example.com"}


@cache
def _base(name: str) -> tuple[Values, frozenset[str]]:
    """A runtime's stack file with every part that takes text; or one of the scenes, for what only that has."""
    stack = STACKS.get(name, name)
    values, secrets = scene_values(stack), set(scene_secrets(stack))
    if name in STACKS:
        put(values, dotted("chat.administrator"), {"email": "me@example.com", "name": "Chief"})
        put(values, dotted("mail"), SMTP)
        put(values, dotted("login"), [OIDC, SAML])
        put(values, dotted("appearance.homeTitle"), "Home")
        put(values, dotted("settings"), {})
        values.setdefault("aws:region", "ap-southeast-1")
        values.setdefault("rocketchat:media", {"kind": "gridfs"})
        secrets |= {
            f"rocketchat:{one}" for one in ("license", "oidcClientSecret", "samlPrivateKey", "smtpPassword")
        }
        if name in ("lightsail", "droplet"):
            put(values, dotted("bot"), {"username": "jarvis", "keys": ["WEATHER_KEY"]})
            secrets |= {"rocketchat:botPassword", "rocketchat:botKeys"}
    return values, frozenset(secrets)


def base(name: str) -> tuple[Values, set[str]]:
    values, secrets = _base(name)
    return json.loads(json.dumps(values)), set(secrets)


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _takes_text(key: Key) -> bool:
    # Mappings: their keys and values are tried by tests of their own.
    if key.info is None or key.models or choices(key) or key.alias in {"settings", "assume", "prices"}:
        return False
    return any(
        kind is str or (get_origin(kind) is list and _bare(get_args(kind)[0]) is str)
        for kind in plain_types(key.info)
    )


def _listed(key: Key) -> bool:
    assert key.info is not None
    return str not in plain_types(key.info)


Path_ = tuple[str | int, ...]


@cache
def ways(name: str) -> dict[str, Path_]:
    """The keys of a base that take text, by name, with the place of the text."""
    values, secrets = base(name)
    parts = parse(values, secrets, source=name).parts
    found: dict[str, Path_] = {}
    for key in keys():
        if not _takes_text(key):
            continue
        there, _ = standing(parts, key)
        path: Path_ = key.path
        if not there and name in STACKS and any(place.model.__name__ == "SamlLogin" for place in key.places):
            there, path = True, (path[0], 1, *path[2:])
        if there:
            found[key.name] = (*path, 0) if _listed(key) else path
    if name in STACKS:
        found |= {f"settings.{setting}": ("rocketchat:settings", setting) for setting in SETTINGS}
    return found


def bases() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each base with the keys that are tried there: the runtimes with all of theirs, scenes with what is new."""
    seen: set[str] = set()
    for name in (*STACKS, *SCENES):
        new = [key for key in ways(name) if name in STACKS or key not in seen]
        seen |= set(new)
        if new:
            yield name, tuple(new)


with fonts():
    BASES = dict(bases())


@pytest.fixture(autouse=True, scope="module")
def _fonts() -> Iterator[None]:
    with fonts():
        yield


def written(path: Path_) -> str:
    return str(path[0]) + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[1:])


def concerns(problem: Problem, path: Path_) -> bool:
    """Whether a problem is told at this place: at the key, what holds it, or the list that it stands in."""
    return problem.path in {written(path), written(path[:-1]) if isinstance(path[-1], int) else written(path)}


WORDS = {
    key: f"m{number:03}" for number, key in enumerate(sorted({key for new in BASES.values() for key in new}))
}


def text_of(key: str, text: str) -> str:
    return TEXTS[text].replace("MARK", WORDS[key])


def put_text(values: Values, path: Path_, text: str) -> None:
    if isinstance(path[-1], int) and path[0] != "rocketchat:login":
        put(values, path[:-1], [text])
    else:
        put(values, path, text)


def with_texts(name: str, given: Mapping[str, str]) -> tuple[Values, set[str]]:
    """A base whose keys have these texts, with the secrets that these ask for."""
    values, secrets = base(name)
    for key, text in given.items():
        put_text(values, ways(name)[key], text)
    return values, secrets | {problem.path for problem in refusals(values, secrets) if problem.unset}


def told_of(name: str, given: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with a base when these keys have these texts."""
    return refusals(*with_texts(name, given))


def _idle(name: str, key: str) -> bool:
    """Whether a key has no use in a base, whatever stands in it, which is told of its part."""
    [told] = told_of(name, {key: text_of(key, "plain")})[:1] or [None]
    return told is not None and written(ways(name)[key]).startswith(f"{told.path}.")


def tried(name: str) -> list[str]:
    """The texts that are tried in a base: all on a runtime, some in a scene with keys that no runtime's file has."""
    return list(TEXTS) if ALL or name in STACKS else random.Random(name).sample(list(TEXTS), 12)  # noqa: S311


@cache
def taken(name: str) -> Mapping[str, tuple[str, ...]]:
    """Keys of a base by the texts that they take, all given at once; what is refused is so by its key."""
    found: dict[str, list[str]] = {key: [] for key in BASES[name] if not _idle(name, key)}
    for text in tried(name):
        left = list(found)
        while left:
            told = told_of(name, {key: text_of(key, text) for key in left})
            refused = {key for key in left for problem in told if concerns(problem, ways(name)[key])}
            if not refused:
                assert not told, f"{text} in {left}: {[str(problem) for problem in told]}"
                break
            left = [key for key in left if key not in refused]
        for key in left:
            found[key].append(text)
    return {key: tuple(texts) for key, texts in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_a_text_is_taken_or_refused_by_its_own_key(name: str) -> None:
    for key, found in taken(name).items():
        assert not NEVER & set(found), key
        if not key.startswith(SEVERAL_LINES):
            assert not ONE_LINE & set(found), key


@pytest.mark.slow
def test_every_key_that_takes_text_is_tried() -> None:
    tried = {key for found in BASES.values() for key in found}
    assert {key.name for key in keys() if _takes_text(key)} <= tried
    free = {
        "chat.siteName",
        "chat.administrator.name",
        "appearance.homeTitle",
        "appearance.css",
    }
    assert free <= {
        key for key, found in taken("fargate").items() if {"emoji", "quotes", "helm"} <= set(found)
    }
    # RFC 6749, 3.3: a scope is of words in ASCII without quotes.
    assert not {"emoji", "quotes"} & set(taken("fargate")["login(oidc).scope"])
    for setting in SETTINGS:
        assert settings.find(setting) is not None
        assert set(TEXTS) - set(taken("fargate")[f"settings.{setting}"]) == NEVER | {"true", "FALSE"}


# ------------------------------------------------------------------------------------------- read back


def run(*command: object, given: str | None = None, **more: Any) -> str:
    done = subprocess.run(  # noqa: S603 - the programs are named here
        [str(part) for part in command],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )
    assert done.returncode == 0, done.stderr
    said: str = done.stdout
    return said


def tool(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def unexpanded(text: str) -> str:
    """What Kubernetes makes of a variable's value (k8s.io/kubernetes, third_party/forked/golang/expansion)."""
    return re.sub(r"\$\$|\$\([^)]*\)", lambda found: "$" if found[0] == "$$" else found[0], text)


def helm(values: Mapping[str, Any]) -> dict[str, str]:
    """The main server's variables after Helm and Kubernetes.

    Without Helm: its templates leave all alone but actions, of which there are only those that print two braces.
    """
    variables = values["extraEnv"]
    sent = yaml.dump(variables, Dumper=yaml.CSafeDumper, allow_unicode=True, width=10**6)
    rendered = re.sub(r"\{\{`(.*?)`\}\}", lambda found: found[1], sent)
    assert "{{" not in re.sub(r"\{\{`.*?`\}\}", "", sent), "Helm would take this for an action"
    return {one["name"]: unexpanded(one["value"]) for one in yaml.load(rendered, yaml.CSafeLoader)}


def _sync() -> Any:
    """The host's own script, which writes the files."""
    loader = importlib.machinery.SourceFileLoader("chat_sync", str(SCRIPTS / "chat-sync"))
    spec = importlib.util.spec_from_loader("chat_sync", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def compose(document: Mapping[str, Any], folder: Path) -> dict[str, dict[str, str]]:
    """Each service's variables as Compose reads them from what the host's script writes."""
    text = _sync().yaml(document["compose"])
    program = shutil.which("docker-compose")
    if program is not None:
        # Compose 1, which some systems have, knows no `create_host_path`.
        path = folder / "compose.json"
        path.write_text(
            re.sub(r',\s*"bind": \{\s*"create_host_path": false\s*\}', "", text), encoding="utf-8"
        )
        # What it prints is a Compose file again.
        text = run(program, "-f", path, "config", cwd=folder)
    services = yaml.load(text, yaml.CSafeLoader)["services"]
    return {
        name: {variable: literal(value) for variable, value in service.get("environment", {}).items()}
        for name, service in services.items()
    }


def literal(text: str) -> str:
    """What Compose makes of a text (compose-spec, "Interpolation"); a `$` of which it makes anything else fails."""
    assert re.search(r"(?<!\$)(\$\$)*\$(?!\$)", text) is None, text
    return text.replace("$$", "$")


def host(document: Mapping[str, Any], folder: Path) -> Iterator[Any]:
    """What the programs of a host read."""
    yield from compose(document, folder).values()
    for path, file in document["files"].items():
        if path.endswith(".env"):
            (folder / "chat.env").write_text(file["text"])
            yield run(
                "bash", "-c", "set -a; . ./chat.env; env -0", cwd=folder, env={"PATH": os.environ["PATH"]}
            ).split("\0")
        elif path.endswith("Caddyfile"):
            (folder / "Caddyfile").write_text(file["text"], encoding="utf-8")
            caddy = tool("caddy")
            assert caddy is not None
            yield json.loads(run(caddy, "adapt", "--config", folder / "Caddyfile", env={"HOME": str(folder)}))
        elif path.endswith(".json"):
            yield json.loads(file["text"])
        else:
            yield file["text"]


def read(plan: Plan, folder: Path) -> tuple[dict[str, str], list[str]]:
    """The server's variables, and all texts of the plan, both as their readers have them."""
    variables: dict[str, str] = {}
    found: list[Any] = []
    for resource in plan.resources:
        inputs = dict(resource.inputs)
        if resource.type == "aws:ecs/taskDefinition:TaskDefinition":
            containers = json.loads(inputs.pop("containerDefinitions"))
            found += containers
            if resource.name == "chat-rocketchat":
                variables = {one["name"]: one["value"] for one in containers[0]["environment"]}
        elif resource.type == "kubernetes:helm.sh/v3:Release" and "extraEnv" in inputs["values"]:
            values = dict(inputs.pop("values"))
            variables = helm(values)
            values.pop("extraEnv")
            found += [values, variables]
        elif resource.type == "aws:s3/bucketObjectv2:BucketObjectv2":
            document = json.loads(inputs.pop("content"))
            if "compose" in document:
                found += host(document, folder)
                variables = compose(document, folder)["rocketchat"]
        if resource.custom:
            found.append(inputs)
    return variables, list(_texts(found))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        inner = None
        if value[:1] in "[{":
            with contextlib.suppress(ValueError):
                inner = json.loads(value)
        if isinstance(inner, dict | list):
            yield from _texts(inner)
        else:
            yield unquote(value) if value.startswith("v=DMARC1") else value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def asked(spec: ChatSpec) -> dict[str, str]:
    """The server's plain variables that the stack file alone decides."""
    found: dict[str, str] = {}
    names = [name.removeprefix("rocketchat:") for name in spec.secrets]
    for part, variables in features.imagined(spec.parts, spec.release, names).items():
        if part in ("login", "appearance", "settings"):
            found |= variables.plain
        elif part == "chat":
            wanted = ("OVERWRITE_SETTING_Site_Name", "ADMIN_NAME", "ADMIN_EMAIL", "ADMIN_USERNAME")
            found |= {name: value for name, value in variables.plain.items() if name in wanted}
    return found


RUNS = [
    (name, number)
    for name in BASES
    for number in range(len(TEXTS) if ALL else PLANS if name in STACKS else 0)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), RUNS)
def test_what_is_taken_arrives_unchanged(name: str, number: int, tmp_path: Path) -> None:
    given: dict[str, str] = {}
    for index, (key, found) in enumerate(sorted(taken(name).items())):
        if found:
            text = found[(number * 7 + index * 3) % len(found)]
            given[key] = text_of(key, text)
    while told := told_of(name, given):  # texts that do not go together
        for problem in told:
            for key in [key for key in given if concerns(problem, ways(name)[key])]:
                del given[key]
    values, secrets = with_texts(name, given)
    spec = parse(values, secrets, source=name)
    variables, found_texts = read(planned(values, secrets), tmp_path)
    for variable, value in asked(spec).items():
        assert variables.get(variable) == value, variable
    for key, text in given.items():
        mark = WORDS[key]
        wanted = re.sub(r"^.*<(.*)>$", r"\1", text) if key == "mail(smtp).from" else text
        holding = [one for one in found_texts if mark in one]
        unheard = key == "monitoring.alarmEmails" and not features.alarm_senders(spec.parts, spec.region)
        assert mark not in text or holding or unheard, f"{key}: nobody was told {text!r}"
        if key == "login(oidc).name":  # the server writes it in lower case in addresses
            wanted, holding = wanted.lower(), [one.lower() for one in holding]
        assert all(wanted in one for one in holding), f"{key}: {text!r} became {holding}"
