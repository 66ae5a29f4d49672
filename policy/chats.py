"""Rocket.Chat's own settings, read from wherever they travel.

A task definition's environment, a pod's variables with the Secrets and ConfigMaps that they name, the values of
the vendor's chart, and a Compose file inside of a host's user data.
"""

import base64
import binascii
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import yaml

from policy import tokens as t
from policy.credentials import decoded, looks_like_one
from policy.documents import is_chat_image
from policy.model import SECRET, UNKNOWN, Stack, Subject, dig
from policy.rule import Probe, Where
from rocketchat.settings import ENVIRONMENT_PREFIX

HOSTS: Final = (
    t.LIGHTSAIL_INSTANCE,
    t.EC2_INSTANCE,
    t.DO_DROPLET,
    t.LAUNCH_TEMPLATE,
    t.LAUNCH_CONFIGURATION,
)
COMPOSED: Final = (*HOSTS, t.BUCKET_OBJECT)
"""Types that can carry a Compose file: a host's user data, or a document that hosts fetch."""
CARRIERS: Final = (
    t.TASK_DEFINITION,
    t.DEPLOYMENT,
    t.STATEFUL_SET,
    t.POD,
    t.RELEASE,
    t.CHART,
    *COMPOSED,
)
"""Types of resources that can carry a chat."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the chat. `value` is text, UNKNOWN, or SECRET where it comes from a store of secrets."""

    path: str
    value: Any = field(repr=False)
    stored: bool = False
    """Whether it comes from a store of secrets, not in clear."""


@dataclass(slots=True)
class Chat:
    """One server of Rocket.Chat and the variables that it is given."""

    path: str
    image: Any
    variables: dict[str, Variable] = field(default_factory=dict)
    partial: bool = False
    """Whether more variables come from something that cannot be read here."""
    replicas: Any = None
    values: Mapping[str, Any] | None = field(default=None, repr=False)
    """Values of the vendor's chart, if that makes it."""

    def add(self, name: Any, value: Any, path: str, *, stored: bool = False) -> None:
        """Note a variable."""
        if not isinstance(name, str):
            return
        if value is not UNKNOWN and value != SECRET:
            value = "" if value is None else _text(value)
        self.variables[name] = Variable(path, value, stored)

    def setting(self, name: str) -> Variable | None:
        """Return a setting of the product: forced by its prefix, or given as it is."""
        return self.variables.get(ENVIRONMENT_PREFIX + name) or self.variables.get(name)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def chats(p: Probe) -> list[Chat]:
    """Return the chats that a resource runs; what cannot be read is noted as unknown."""
    found, unknown = _known(p.subject, p.stack)
    for path in unknown:
        p.unsure(Where(path))
    return list(found)


def chats_of(subject: Subject, stack: Stack) -> list[Chat]:
    """Return the chats that a resource runs, as far as they can be read."""
    return _known(subject, stack)[0]


def _known(subject: Subject, stack: Stack) -> tuple[list[Chat], list[str]]:
    key = ("chats", subject.urn)
    if key not in stack.memo:
        stack.memo[key] = _read(subject, stack)
    found: tuple[list[Chat], list[str]] = stack.memo[key]
    return found


def _read(subject: Subject, stack: Stack) -> tuple[list[Chat], list[str]]:
    unknown: list[str] = []
    kind = subject.type
    if kind == t.TASK_DEFINITION:
        return _from_task(subject, stack, unknown), unknown
    if kind in {t.RELEASE, t.CHART}:
        return _from_chart(subject, stack, unknown), unknown
    if kind in COMPOSED:
        return _from_host(subject, stack, unknown), unknown
    return _from_pod(subject, stack, unknown), unknown


def _from_task(subject: Subject, stack: Stack, unknown: list[str]) -> list[Chat]:
    content = subject.properties.get("containerDefinitions")
    if content is None:
        return []
    if content is UNKNOWN or content == SECRET:
        unknown.append("containerDefinitions")
        return []
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return []
    found = []
    for position, container in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(container, Mapping) or not is_chat_image(container.get("image")):
            continue
        path = f"containerDefinitions[{position}]"
        chat = Chat(path, container.get("image"))
        carried = carried_by(container)
        for number, item in enumerate(container.get("environment") or ()):
            name = carried.get(item.get("name"), item.get("name"))
            chat.add(name, item.get("value"), f"{path}.environment[{number}].value")
        for number, item in enumerate(container.get("secrets") or ()):
            name = carried.get(item.get("name"), item.get("name"))
            if name not in chat.variables:
                chat.add(name, SECRET, f"{path}.secrets[{number}].valueFrom", stored=True)
        chat.partial = bool(container.get("environmentFiles"))
        services = [
            s for s in stack.of(t.SERVICE) if subject in stack.meant(s, "taskDefinition", t.TASK_DEFINITION)
        ]
        chat.replicas = services[0].properties.get("desiredCount") if services else None
        found.append(chat)
    return found


def carried_by(container: Mapping[str, Any]) -> dict[Any, str]:
    """Return what variables are called by the server that a shell gets under other names (`components/runtime`)."""
    words = container.get("command")
    text = " ".join(map(str, words)) if isinstance(words, list) else ""
    return {short: name for name, short in re.findall(r'(\S+)="\$(CARRIED_\d+)"', text)}


def _named(stack: Stack, kind: str, name: Any) -> Subject | None:
    for subject in stack.of(kind):
        if name in {dig(subject.properties, "metadata.name"), dig(subject.outputs, "metadata.name")}:
            return subject
    return None


def secret_values(subject: Subject) -> Iterator[tuple[str, Any, str]]:
    """Give key, value and path of what a Secret or a ConfigMap of Kubernetes holds."""
    plain = subject.properties.get("stringData" if subject.type == t.K8S_SECRET else "data")
    coded = subject.properties.get("data" if subject.type == t.K8S_SECRET else "binaryData")
    if isinstance(plain, Mapping):
        for key, value in plain.items():
            yield key, value, f'{"stringData" if subject.type == t.K8S_SECRET else "data"}["{key}"]'
    if isinstance(coded, Mapping):
        for key, value in coded.items():
            yield key, decoded(value), f'data["{key}"]'


def _take_all(chat: Chat, stack: Stack, kind: str, name: Any) -> None:
    holder = None if name is UNKNOWN or name is None else _named(stack, kind, name)
    if holder is None:
        chat.partial = True
        return
    whole = holder.properties.get("stringData" if kind == t.K8S_SECRET else "data")
    if whole is UNKNOWN or whole == SECRET:
        chat.partial = True
    for key, value, path in secret_values(holder):
        chat.add(key, value, f"({holder.name}).{path}", stored=kind == t.K8S_SECRET)


def _variables(chat: Chat, stack: Stack, items: Any, path: str) -> None:
    if items is UNKNOWN or items == SECRET:
        chat.partial = True
        return
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, Mapping):
            chat.partial = True
            continue
        where = f"{path}[{number}]"
        source = item.get("valueFrom")
        if isinstance(source, Mapping):
            reference = source.get("secretKeyRef")
            other = source.get("configMapKeyRef")
            if isinstance(reference, Mapping):
                value = _one(stack, t.K8S_SECRET, reference)
                chat.add(
                    item.get("name"), SECRET if value is None else value, where + ".valueFrom", stored=True
                )
            elif isinstance(other, Mapping):
                value = _one(stack, t.CONFIG_MAP, other)
                chat.add(item.get("name"), UNKNOWN if value is None else value, where + ".valueFrom")
        else:
            chat.add(item.get("name"), item.get("value"), where + ".value")


def _one(stack: Stack, kind: str, reference: Mapping[str, Any]) -> Any:
    holder = _named(stack, kind, reference.get("name"))
    if holder is None:
        return None
    return next((value for key, value, _ in secret_values(holder) if key == reference.get("key")), None)


def _from_pod(subject: Subject, stack: Stack, unknown: list[str]) -> list[Chat]:
    base = "spec" if subject.type == t.POD else "spec.template.spec"
    items = dig(subject.properties, f"{base}.containers")
    if items is UNKNOWN or items == SECRET:
        unknown.append(f"{base}.containers")
        return []
    found = []
    for position, container in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(container, Mapping) or not is_chat_image(container.get("image")):
            continue
        path = f"{base}.containers[{position}]"
        chat = Chat(path, container.get("image"), replicas=dig(subject.properties, "spec.replicas"))
        for source in container.get("envFrom") or ():
            if isinstance(source, Mapping):
                for key, kind in (("secretRef", t.K8S_SECRET), ("configMapRef", t.CONFIG_MAP)):
                    if isinstance(source.get(key), Mapping):
                        _take_all(chat, stack, kind, source[key].get("name"))
        _variables(chat, stack, container.get("env"), f"{path}.env")
        found.append(chat)
    return found


def is_chat_chart(subject: Subject) -> bool:
    """Tell whether a release is the vendor's chart."""
    name = str(subject.properties.get("chart") or "")
    last = name.rstrip("/").rsplit("/", 1)[-1]
    # A file beside the stack files has its version in its name.
    return re.sub(r"-v?\d[^/]*\.tgz$", "", last).split(":")[0] == "rocketchat"


def _from_chart(subject: Subject, stack: Stack, unknown: list[str]) -> list[Chat]:
    if not is_chat_chart(subject):
        return []
    values = subject.properties.get("values")
    if values is UNKNOWN or values == SECRET:
        unknown.append("values")
        return []
    values = values if isinstance(values, Mapping) else {}
    image = dig(values, "image.repository") or "registry.rocket.chat/rocketchat/rocket.chat"
    chat = Chat("values", f"{image}:{dig(values, 'image.tag') or ''}", values=values)
    chat.replicas = values.get("replicaCount")
    host = values.get("host")
    if host is not None:
        chat.add("ROOT_URL", host if host is UNKNOWN or host == SECRET else f"https://{host}", "values.host")
    if values.get("extraSecret"):
        _take_all(chat, stack, t.K8S_SECRET, values["extraSecret"])
    extra = values.get("extraEnv")
    if isinstance(extra, str) and extra != SECRET:
        extra = _yaml(extra)
    _variables(chat, stack, extra, "values.extraEnv")
    if values.get("existingMongodbSecret"):
        holder = _named(stack, t.K8S_SECRET, values["existingMongodbSecret"])
        value = (
            next((v for k, v, _ in secret_values(holder) if k == "mongo-uri"), SECRET) if holder else SECRET
        )
        chat.add("MONGO_URL", value, "values.existingMongodbSecret", stored=True)
    elif values.get("externalMongodbUrl"):
        chat.add("MONGO_URL", values["externalMongodbUrl"], "values.externalMongodbUrl")
    return [chat]


def _yaml(content: str) -> Any:
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError:
        return None


_HEREDOC: Final = re.compile(
    r"(?:cat|tee)\s+(?:-\S+\s+)*(?:>{1,2}\s*)?(?P<path>[^\s<>|]+)\s*(?:>\s*/dev/null\s*)?<<-?\s*['\"]?(?P<end>\w+)['\"]?[^\n]*\n"
    r"(?P<body>.*?)\n\s*(?P=end)\s*$"
    r"|cat\s*<<-?\s*['\"]?(?P<end2>\w+)['\"]?\s*>{1,2}\s*(?P<path2>\S+)[^\n]*\n(?P<body2>.*?)\n\s*(?P=end2)\s*$",
    re.DOTALL | re.MULTILINE,
)


def user_data(subject: Subject) -> tuple[str, Any]:
    """Return the path and the text of a host's user data, or of a document that hosts fetch.

    The text is None, UNKNOWN or SECRET where it is so.
    """
    for key in ("userData", "userDataBase64", "content"):
        value = subject.properties.get(key)
        if value is not None:
            coded = key.endswith("64") or subject.type == t.LAUNCH_TEMPLATE
            if isinstance(value, str) and value != SECRET and coded:
                value = decoded(value)
            return key, value
    return "content" if subject.type == t.BUCKET_OBJECT else "userData", None


def files(text: str) -> dict[str, str]:
    """Return the files that a text writes: those of cloud-init, of a shell's here-documents, of a document."""
    return dict(_files(text))


@lru_cache(maxsize=64)
def _files(text: str) -> tuple[tuple[str, str], ...]:
    written: dict[str, str] = {}
    document = _document(text)
    for path, item in (document.get("files") or {}).items() if document else ():
        written[str(path)] = str(item.get("text") or "") if isinstance(item, Mapping) else str(item)
    if text.lstrip().startswith("#cloud-config"):
        content = _yaml(text)
        for item in (content.get("write_files") or ()) if isinstance(content, Mapping) else ():
            if isinstance(item, Mapping):
                written[str(item.get("path"))] = _file(item)
    for match in _HEREDOC.finditer(text):
        written[match["path"] or match["path2"]] = match["body"] or match["body2"] or ""
    return tuple(written.items())


def _document(text: str) -> dict[str, Any]:
    """Return a document in JSON, empty for any other text."""
    if not text.lstrip().startswith("{"):
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _file(item: Mapping[str, Any]) -> str:
    content = str(item.get("content") or "")
    encoding = str(item.get("encoding") or "")
    if not encoding:
        return content
    try:
        raw = base64.b64decode(content)
        return (gzip.decompress(raw) if encoding.startswith(("gz", "gzip")) else raw).decode()
    except (binascii.Error, OSError, UnicodeDecodeError, ValueError):
        return content


Composed = tuple[str, Mapping[str, Any], dict[str, str]]


def compose_files(text: str) -> list[Composed]:
    """Return name, content and sibling files of the Compose files in a text."""
    return list(_composed(text))


@lru_cache(maxsize=64)
def _composed(text: str) -> tuple[Composed, ...]:
    document, written = _document(text), files(text)
    found: list[Composed] = []
    for path, parsed in (("compose", document.get("compose")), ("", document)):
        if isinstance(parsed, Mapping) and isinstance(parsed.get("services"), Mapping):
            found.append((path, parsed, written))
    for path, content in written.items():
        parsed = _yaml(content) if "services:" in content else None
        if isinstance(parsed, Mapping) and isinstance(parsed.get("services"), Mapping):
            found.append((path, parsed, written))
    return tuple(found)


def _from_host(subject: Subject, stack: Stack, unknown: list[str]) -> list[Chat]:
    key, text = user_data(subject)
    if text is None:
        return []
    if text is UNKNOWN or text == SECRET:
        unknown.append(key)
        return []
    found = []
    for path, compose, written in compose_files(str(text)):
        for name, service in compose["services"].items():
            if not isinstance(service, Mapping) or not is_chat_image(service.get("image")):
                continue
            where = f"{key}({path}).services.{name}"
            chat = Chat(where, service.get("image"))
            _fetched(chat, str(name), stack, _document(str(text)).get("secret"))
            _compose_variables(chat, service, written, where)
            found.append(chat)
    return found


def _fetched(chat: Chat, service: str, stack: Stack, secret: Any) -> None:
    """Add the variables that a host takes from a secret that its document names."""
    if not isinstance(secret, Mapping):
        return
    for version in stack.of(t.SECRET_VERSION):
        if secret.get("id") not in {version.properties.get("secretId"), version.outputs.get("arn")}:
            continue
        value = version.properties.get("secretString")
        content = _document(value) if isinstance(value, str) else {}
        for name, item in ((content.get("environments") or {}).get(service) or {}).items():
            chat.add(name, item, f"({version.name}).secretString.{name}", stored=True)
        if content:
            return
    chat.partial = True


def _compose_variables(chat: Chat, service: Mapping[str, Any], written: dict[str, str], where: str) -> None:
    named = service.get("env_file")
    for entry in [named] if isinstance(named, str | Mapping) else named or ():
        name = str(entry.get("path") if isinstance(entry, Mapping) else entry)
        content = next(
            (body for path, body in written.items() if path.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]),
            None,
        )
        if content is None:
            chat.partial = True
            continue
        for line in content.splitlines():
            if "=" in line and not line.lstrip().startswith("#"):
                variable, value = line.split("=", 1)
                chat.add(
                    variable.strip().removeprefix("export "), value.strip().strip("'\""), f"{where}.env_file"
                )
    items = service.get("environment")
    pairs = (
        items.items()
        if isinstance(items, Mapping)
        else [str(item).partition("=")[::2] for item in items or ()]
    )
    for variable, given in pairs:
        text = "" if given is None else _text(given)
        reference = re.fullmatch(r"\$\{?(\w+)[^}]*\}?", text)
        if reference and not looks_like_one(text):
            chat.add(variable, SECRET, f"{where}.environment.{variable}", stored=True)
        else:
            chat.add(variable, text, f"{where}.environment.{variable}")
