"""From the values of a stack file to one checked `ChatSpec`, or to all that is wrong with it."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticUndefined

from components import regions
from rocketchat import releases, settings, sizing
from rocketchat.releases import Release
from rocketchat.settings import Setting
from stacks import neighbours, rules, said, supposed, texts  # noqa: F401 - the rules add themselves to the table
from stacks.files import TOP_LEVEL, StackFile
from stacks.judging import Check, Finding, Warning_, judge, rule
from stacks.kinds import registry
from stacks.problems import InvalidStack, Problem, leads_into, nearest, stack_of
from stacks.profiles import DEFAULTS, Defaults
from stacks.secret_keys import command
from stacks.secrets import ENVIRONMENT, PROVIDER_KEYS, SECRETS, find, names
from stacks.spec import Parts
from stacks.supposed import at, resolve
from stacks.words import count

NAMESPACE = "rocketchat"

DROPPED = {
    "mongodbOplogUri": "no release that is known here needs the URI of the oplog",
}
"""Secrets that there were once, and why they are gone."""

_A_SECRET_OF = "the secret "  # noqa: S105 - how secrets are told
_A_SECRET = f"{_A_SECRET_OF}{NAMESPACE}:"
_OF_LOGINS = {
    "oidc": "oidcClientSecret",
    "saml": "samlPrivateKey",
    "ldap": "LDAP_Authentication_Password",
    "google": "Accounts_OAuth_Google_secret",
    "github": "Accounts_OAuth_Github_secret",
    "gitlab": "Accounts_OAuth_Gitlab_secret",
    "apple": "Accounts_OAuth_Apple_secretKey",
}
ALSO_CALLED = {
    "licence": "license",
    "email": "mail",
    "storage": "media",
    "uploads": "media",
    "host": "chat.host",
    "domain": "chat.host",
    "release": "chat.release",
    "version": "chat.release",
    "users": "chat.users",
    "replicas": "runtime.instances",
    "network": "runtime.network",
    "mongodb": "database",
    "oidc": "login",
    "saml": "login",
    "theme": "appearance",
    "env": "container",
    "environment": "container",
    "proxy": "container.proxy",
    "tags": "chat.tags",
    "container.env": "variables",
    "container.environment": "variables",
    "runtime.replicas": "instances",
    "runtime.privateSubnets": "taskSubnets",
    "runtime.maxReplicas": "maxInstances",
    "chat.domain": "host",
    "chat.version": "release",
    "chat.rootUrl": "host",
    "chat.siteUrl": "host",
    "chat.url": "host",
    "chat.name": "siteName",
    "chat.title": "siteName",
    "chat.admin": "administrator",
    "dbPassword": f"{_A_SECRET}mongodbUri",
    **{
        f"login.{kind}.{word}": f"{_A_SECRET}{secret}"
        for kind, secret in _OF_LOGINS.items()
        for word in ("clientSecret", "secret", "privateKey", "bindPassword", "password")
    },
    "mail.password": f"{_A_SECRET}smtpPassword",
    "database.uri": f"{_A_SECRET}mongodbUri",
    "images.password": f"{_A_SECRET}registryPassword",
    "chat.licence": f"{_A_SECRET}license",
    "chat.license": f"{_A_SECRET}license",
}
"""Names that people write, by what they are called here. Renamed keys are added to it."""


@dataclass(frozen=True)
class ChatSpec:
    """One chat, checked: everything that deploy.py needs but the secret values."""

    parts: Parts
    region: str | None
    """Region of AWS, where the stack has one."""
    release: Release
    size: sizing.Size
    defaults: Defaults
    secrets: frozenset[str]
    """Names of the secrets that are set."""
    checks: tuple[Check, ...] = field(compare=False)
    values: Mapping[str, Any] = field(compare=False, repr=False)
    """What it was read from, as it stands below `config:` in a stack file; without secrets."""

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that takes tags."""
        return {
            **self.parts.chat.tags,
            "Project": "rocketchat",
            "Environment": self.parts.chat.profile.value,
            "Owner": self.parts.chat.host,
            "ManagedBy": "pulumi",
        }


def parse(
    values: Mapping[str, Any],
    secure: AbstractSet[str],
    *,
    source: str,
    line: Callable[[str], int | None] = lambda _: None,
    unread: Sequence[Problem] = (),
    lost: AbstractSet[str] = frozenset(),
) -> ChatSpec:
    """Return the checked specification of a stack.

    `values` are the plain values by full key (`rocketchat:chat`), `secure` the full keys that are encrypted. Raises
    InvalidStack with every mistake that was found, each with its line where `line` knows it. What is `unread` is told,
    too, and hides what else would be told of the same value. At the paths that are `lost` nobody knows what stands.
    """
    problems = [one for one in unread if one.path in lost]
    known: dict[str, Any] = {}
    for key, value in values.items():
        problems.extend(_plain(key, value, known, told=len(problems)))
    for name in [name for name in known if any(leads_into(path, _key_of(name)) for path in lost)]:
        del known[name]
    # A secret in clear is told once, and not as missing, too.
    secure = {*secure, *(key for path in (*lost, *values) if _is_secret(key := path.partition(".")[0]))}
    for key in secure:
        problems.extend(_secure(key))
    fields = Parts.model_fields
    misspelt = {name: [one for one in problems if _key_of(name) in _meant(one)] for name in fields}
    for name, model_field in fields.items():
        if (
            name in known
            or misspelt[name]
            or any(leads_into(problem.path, _key_of(name)) for problem in problems)
        ):
            continue
        if model_field.is_required():
            problems.append(Problem(_key_of(name), "this part is missing", remedy=_EXAMPLES.get(name)))
        else:
            known[name] = model_field.get_default(call_default_factory=True)
    region = values.get("aws:region")
    if region is not None and region not in regions.REGIONS:
        problems.append(
            Problem(
                "aws:region",
                f"this is not a region of AWS (as of {regions.SEEN}); one looks like ap-southeast-1",
                nearest=nearest(region, regions.REGIONS) if isinstance(region, str) else None,
                allowed=", ".join(one for one in regions.REGIONS if regions.partition(one) != "aws-cn"),
            )
        )
    elif "aws:region" not in lost:
        known["region"] = region
    judged, checks = _judged(known, values, secure)
    unreadable = [*problems, *(one for one in judged if one.path in _DERIVED)]
    problems.extend(judged)
    wrong = {
        name: [one for one in unreadable if leads_into(one.path, _key_of(name))]
        or (misspelt[name] if name not in known else [])
        for name in fields
    }
    if any(wrong.values()) and len(problems) <= supposed.MOST:
        problems.extend(_beside(known, values, secure, wrong, problems))
    unreadable_at = {one.path for one in unread}
    # What stands in a wrong place is not missing, too: the same command mends both.
    misplaced = {
        f"{NAMESPACE}:{name}"
        for one in problems
        if not one.unset
        for name in _SECRET.findall(one.remedy or "")
    }
    told = [
        *unread,
        *(
            one.at(line(one.path))
            for one in problems
            if one.path not in unreadable_at
            and not (one.unset and one.path in misplaced)
            and not any(leads_into(one.path, path) or leads_into(path, one.path) for path in lost)
        ),
    ]
    if told:
        raise InvalidStack(source, told)
    return ChatSpec(
        parts=known["parts"],
        region=region,
        release=known["release"],
        size=known["size"],
        defaults=known["defaults"],
        secrets=known["secrets"],
        checks=tuple(one.of(stack_of(source)) for one in checks),
        values=dict(values),
    )


def _meant(problem: Problem) -> tuple[str, ...]:
    """Return the keys of parts that a wrong key at the top may be meant for."""
    return (problem.nearest or "", (problem.remedy or "").removeprefix("write `").removesuffix("`"))


def _key_of(name: str) -> str:
    """Return the key of a part, given the name of its field."""
    return f"{NAMESPACE}:{to_camel(name)}"


def _is_secret(key: str) -> bool:
    return bool(PROVIDER_KEYS.get(key)) or find(key.removeprefix(f"{NAMESPACE}:")) is not None


def _as_written(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with paths as they stand in the file: a single login may stand there without a list."""
    single = not isinstance(values.get(_key_of("login")), list)
    return text.replace("login[0]", "login") if single else text


_DERIVED = (f"{NAMESPACE}:chat.release", f"{NAMESPACE}:chat.users")
"""Keys that others follow from: wrong ones hide what would be told of these."""


def _judged(
    known: dict[str, Any], values: Mapping[str, Any], secure: AbstractSet[str], *, partly: bool = False
) -> tuple[list[Problem], list[Check]]:
    """Derive what follows from the parts that are known, add it to them, and judge all.

    With `partly`, keys of parts may not be known (`supposed.forget`).
    """
    problems = _derive(known, values.get(f"{NAMESPACE}:chat"))
    fields = Parts.model_fields
    known["keys"] = {*values, *secure}
    known["secrets"] = frozenset(key.removeprefix(f"{NAMESPACE}:") for key in secure)
    # Each default is a copy: only those that are wanted.
    readable = {
        name: known[name] if name in known else model_field.get_default()
        for name, model_field in fields.items()
    }
    known["readable"] = Parts.model_construct(
        **{name: None if value is PydanticUndefined else value for name, value in readable.items()}
    )
    if all(name in known for name in fields):
        known["parts"] = known["readable"]
    found, checks = judge(known, partly=partly)
    return (
        [replace(one, path=_as_written(one.path, values)) for one in (*problems, *found)],
        [replace(one, warnings=tuple(_as_written(text, values) for text in one.warnings)) for one in checks],
    )


def _beside(
    known: Mapping[str, Any],
    values: Mapping[str, Any],
    secure: AbstractSet[str],
    wrong: Mapping[str, Sequence[Problem]],
    told: Sequence[Problem],
) -> list[Problem]:
    """Return what is wrong with the rest of a file, whatever stands in the place of what is told already."""
    found: list[Problem] = []
    for way in range(supposed.WAYS):
        way_known = {name: known[name] for name in (*Parts.model_fields, "region") if name in known}
        for name, problems in wrong.items():
            if problems:
                key = _key_of(name)
                value, left_out = _supposed(key, values.get(key), problems, way)
                _plain(key, value, way_known)
                if () in left_out:
                    way_known.pop(name, None)
                supposed.forget(way_known.get(name), left_out - {()})
        judged, _ = _judged(way_known, values, secure, partly=True)
        found = judged if way == 0 else [one for one in found if one in judged]
    places = [one.path for one in told]
    return [one for one in found if not any(leads_into(one.path, place) for place in places)]


def _supposed(key: str, value: Any, problems: Sequence[Problem], way: int) -> tuple[Any, set[supposed.Steps]]:
    """Return what a part may be meant to be, in one of several ways, and what was left out of it."""
    name = key.removeprefix(f"{NAMESPACE}:")
    examples = (
        [{"kind": kind, **model.example} for kind, model in registry.models(name).items()]
        if name in registry.KINDS
        else [{"host": "chat.example.com", "release": line} for line in releases.LINES_WITH_NEWEST_PATCH]
        if name == "chat"
        else []
    )
    examples = [supposed.renamed(one, way) for one in examples]
    at_a_distance = max(1, len(examples) // supposed.WAYS)
    other = examples[way * at_a_distance % len(examples)] if examples else {}
    kind = value.get("kind") if isinstance(value, dict) else None
    if name in registry.KINDS and not isinstance(value, list):
        meant = {problem.nearest for problem in problems if problem.path == f"{key}.kind"}
        known = isinstance(kind, str) and kind in registry.models(name)
        if not known and meant <= {None}:
            return other, set()
    example = next((one for one in examples if kind and one.get("kind") == kind), other)
    return supposed.part(key, value or other, problems, _schema(key), example, way)


def parse_file(found: StackFile, also: AbstractSet[str] = frozenset()) -> ChatSpec:
    """Return the checked specification of a stack file, as if the secrets `also` were set.

    Raises InvalidStack with every mistake that was found, each with its line.
    """
    return parse(
        found.values,
        found.secure | also,
        source=found.shown,
        line=found.line,
        unread=[*found.problems, *neighbours.problems(found)],
        lost=found.lost,
    )


_SECRET = re.compile(rf"pulumi config set --secret {NAMESPACE}:([\w-]+)")


def checked_file(
    found: StackFile, given: AbstractSet[str] = frozenset(), *, lenient: bool = False
) -> tuple[ChatSpec, frozenset[str]]:
    """Check a stack file; return the full keys of secrets that it lacks, too.

    `given` are secrets that are set elsewhere. Those that are missing are a mistake, but with `lenient`, or where the
    file names Pulumi ESC environments, which may have them. Raises InvalidStack.
    """
    try:
        return parse_file(found, given), frozenset()
    except InvalidStack as error:
        unset = frozenset(problem.path for problem in error.problems if problem.unset)
        others = [problem for problem in error.problems if not problem.unset]
        if found.environments:
            # What a secret of the environment may mend, such as a licence, is judged as if that were there.
            unset |= {f"{NAMESPACE}:{key}" for one in others for key in _SECRET.findall(one.remedy or "")}
        elif others and lenient:
            raise InvalidStack(found.shown, others) from None
        elif not lenient:
            raise
    try:
        return parse_file(found, given | unset), unset
    except InvalidStack as error:
        if not found.environments:
            raise
        raise InvalidStack(
            found.shown, [_elsewhere(one, found.environments) for one in error.problems]
        ) from None


def _elsewhere(problem: Problem, environments: Sequence[str]) -> Problem:
    """Say of what is missing that it may be where this check cannot look."""
    if not problem.message.endswith(" is missing"):
        return problem
    return replace(
        problem,
        message=f"{problem.message} in the file; what the environment {', '.join(environments)} has is not known here",
        remedy=f"write it in the stack file, and leave secrets to the environment ({problem.remedy})",
    )


_EXAMPLES = {
    "chat": "add `rocketchat:chat: {host: chat.example.com, users: 200}`",
    "runtime": "add `rocketchat:runtime: {kind: fargate}`",
    "database": "add `rocketchat:database: {kind: atlas, organization: <id>, cluster: <name>}`",
}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    model_field = Parts.model_fields[name]
    metadata = list(model_field.metadata)
    if model_field.discriminator is not None:
        metadata.append(Field(discriminator=model_field.discriminator))
    annotation: Any = model_field.annotation
    for extra in metadata:
        annotation = Annotated[annotation, extra]
    return TypeAdapter(annotation)


@cache
def _part_names() -> dict[str, str]:
    return {to_camel(name): name for name in Parts.model_fields}


def _plain(key: str, value: Any, known: dict[str, Any], *, told: int = 0) -> list[Problem]:
    namespace, colon, short = key.partition(":")
    if key in PROVIDER_KEYS:
        return [_in_clear(key, key)] if PROVIDER_KEYS[key] else []
    if namespace in ENVIRONMENT and colon:
        return [_unused(key)]
    if namespace != NAMESPACE or not colon:
        return _misnamed(key) if colon else [_without_namespace(key)]
    if find(short) is not None:
        return [_in_clear(key, key)]
    parts = _part_names()
    if short not in parts:
        setting = _of_product(short)
        if setting is not None:
            return [_misplaced(key, setting)]
        also = ALSO_CALLED.get(short)
        close = settings.nearest(short) if told < settings.GUESSES and "_" in short and not also else None
        if close is not None:
            return [Problem(key, "unknown key", nearest=_place(close))]
        around, inner = _split(short)
        if inner:
            remedy = f"write it below `{NAMESPACE}:{around}`, as `{inner}: …`"
            return [Problem(key, "a key of a part stands beside it", remedy=remedy)]
        near = also or (nearest(short, (*parts, *names())) if told < supposed.MOST else None)
        if near is not None and " " not in near:
            near = f"{NAMESPACE}:{near}"
        return [Problem(key, "unknown key", nearest=near, allowed=None if near else ", ".join(sorted(parts)))]
    name = parts[short]
    inside = [_inside(key, path, value) for path in _paths(value, _is_secured)]
    if inside:
        return inside
    if empty := _empty(key, value):
        return empty
    try:
        twice = () if name == "settings" else _twice(key, value)
        broken = {problem.path: problem for problem in (*texts.problems(key, value), *twice)}
        made = _adapter(name).validate_python(value)
    except ValidationError as error:
        wrong = [*_explain(key, value, error), *_of_kinds(key, value, error)]
        return [*broken.values(), *(one for one in wrong if one.path not in broken)]
    except RecursionError:
        return [Problem(key, "the value is nested too deeply")]
    if not broken:
        known[name] = made
    return list(broken.values())


def _in_clear(path: str, key: str) -> Problem:
    """Return the problem of a secret that stands at a path; `key` is where it belongs."""
    return Problem(
        path,
        "a secret stands in clear in the stack file",
        remedy=f"{command(key)}; and replace the leaked one, because it is in the history of the file",
    )


def _split(short: str) -> tuple[str, str]:
    """Return the part and the key in it, where somebody wrote both as one key; else nothing."""
    around, inner = re.fullmatch(r"([^.:]*)[.:]?(.*)", short, re.DOTALL).groups()  # type: ignore[union-attr]
    return (around, inner) if around in _part_names() else ("", "")


def _twice(key: str, value: Any) -> Iterator[Problem]:
    """Find what stands twice in a list: each list of the language but those of settings is a set."""
    for path in _paths(value, lambda one: isinstance(one, list)):
        listed = at(value, path)
        for index, one in enumerate(listed):
            if isinstance(one, str | int) and one in listed[:index]:
                place = _joined(key, (*path, index))
                yield Problem(place, "this stands in the list twice", remedy="leave it out")


def alone(key: str, value: Any) -> list[Problem]:
    """Return what is wrong with the value of one key, whatever the others are."""
    return _plain(key, value, {})


def _empty(key: str, value: Any) -> list[Problem]:
    """Return the keys of a part without a value, and the part itself if it has none: nobody knows what is meant."""
    paths = [()] if value == "" else _paths(value, lambda one: one is None)
    found = []
    for path in paths:
        word, blank, _ = str(path[-1] if path else "").partition(" ")
        remedy = f"put a colon behind `{word}`" if blank else "give it one, or leave the key out"
        if ":" in word and isinstance(path[-1], str) and "/" not in word:
            remedy = "put a blank behind its colon"
        found.append(Problem(_joined(key, path), "this key has no value", remedy=remedy))
    return found


def _of_product(short: str) -> Setting | None:
    """Return the product's setting that a key at the top is the id of, in whatever capitals."""
    exact = settings.find(short)
    if exact is not None:
        return exact
    id_ = settings.ids().get(short.lower())
    return None if id_ is None else settings.find(id_)


def _place(setting_id: str) -> str:
    """Return how a setting of the product is written in a stack file."""
    own = setting_id if setting_id in settings.own_secrets() else None
    key = own or settings.secret_key(setting_id) or said.key_of(setting_id)
    return f"{NAMESPACE}:{key}" if key else f"{NAMESPACE}:settings: {{{setting_id}: …}}"


def _misplaced(key: str, setting: Setting) -> Problem:
    """Return the problem of a setting of the product that stands at the top."""
    remedy = (
        settings.problem_of_secret(setting).remedy if setting.sensitive else f"write `{_place(setting.id)}`"
    )
    return Problem(
        key, f"this is the setting {setting.id} of the product, and no key by itself", remedy=remedy
    )


def _misnamed(key: str) -> list[Problem]:
    """Find a namespace that is a misspelt one of those that are read; others belong to other programs."""
    namespace, _, short = key.partition(":")
    meant = nearest(namespace, (NAMESPACE, *ENVIRONMENT, *_OF_PULUMI))
    if meant is None or meant in _OF_PULUMI or (namespace.startswith(f"{meant}-") and meant != NAMESPACE):
        return []
    return [Problem(key, f"nothing reads the namespace {namespace}", nearest=f"{meant}:{short}")]


@rule("Every key is read")
def _foreign(keys: AbstractSet[str]) -> Iterator[Finding]:
    known = (NAMESPACE, *ENVIRONMENT, *_OF_PULUMI)
    for key in sorted(key for key in keys if ":" in key and key.partition(":")[0] not in known):
        yield Warning_(f"this program does not read {key}")


_OF_PULUMI = ("pulumi",)
"""Namespaces that the engine itself reads."""


def _without_namespace(key: str) -> Problem:
    setting = _of_product(key)
    if setting is not None:
        return _misplaced(key, setting)
    if key == NAMESPACE:
        remedy = f"write each key of it below `config:` by itself, such as `{NAMESPACE}:chat: …`"
        return Problem(key, "the namespace alone is no key", remedy=remedy)
    if key in TOP_LEVEL:
        return Problem(
            key, "this is a key of the whole file", remedy="write it beside `config:`, not below it"
        )
    meant = nearest(key, (*_part_names(), *names()))
    return Problem(
        key or "(no key)",
        "a key has a namespace",
        allowed=None if meant else ", ".join(f"{NAMESPACE}:{name}" for name in sorted(_part_names())),
        remedy=f"write `{NAMESPACE}:{meant}`" if meant else None,
    )


def _is_secured(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _paths(
    value: Any, wanted: Callable[[Any], bool], path: tuple[int | str, ...] = ()
) -> Iterator[tuple[int | str, ...]]:
    """Give the paths of what is wanted inside a part."""
    if wanted(value):
        yield path
    elif isinstance(value, dict | list):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(one, wanted, (*path, step))


def _inside(key: str, path: tuple[int | str, ...], value: Any) -> Problem:
    meant = _called(key, path, value) or ""
    near = nearest(str(path[-1]) if path else "", SECRETS)
    flat = f"{NAMESPACE}:{near or '<name>'}"
    known = near is not None
    if meant.startswith(_A_SECRET_OF):
        flat, known = meant.removeprefix(_A_SECRET_OF), True
    return Problem(
        _joined(key, path),
        "a secret inside an object would end in the state in clear",
        remedy=f"give it as a flat key: {command(flat)}",
        allowed=None if known else f"secrets: {', '.join(SECRETS)}",
    )


def _called(key: str, path: tuple[int | str, ...], value: Any) -> str | None:
    """Return what people mean by the name at a path of a part, where it has another one here."""
    short, word = key.removeprefix(f"{NAMESPACE}:"), str(path[-1]) if path else ""
    around = at(value, path[:-1])
    kind = str(around.get("kind")) if isinstance(around, dict) else ""
    for name in (f"{short}.{kind}.{word}", f"{short}.{word}", word):
        if name in ALSO_CALLED:
            return ALSO_CALLED[name] if ALSO_CALLED[name] != short else None
    model = registry.models(short).get(kind) if short in registry.KINDS else None
    own = () if model is None else model.credentials
    return next((f"{_A_SECRET_OF}{one}" for one in own if one.endswith(f":{word}")), None)


def _secret_called(name: str) -> str | None:
    """Return the secret that people call so."""
    also = ALSO_CALLED.get(name, "")
    return also.removeprefix(_A_SECRET) if also.startswith(_A_SECRET) else None


def _joined(key: str, path: tuple[int | str, ...]) -> str:
    return key + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _unused(key: str) -> Problem:
    """Return the problem of a provider's key that nothing reads: what it says would be ignored."""
    namespace, _, short = key.partition(":")
    known = [name for name in PROVIDER_KEYS if name.startswith(f"{namespace}:")]
    near = nearest(short, [name.partition(":")[2] for name in known])
    return Problem(
        key,
        "the program does not read this key, and would use what the environment says",
        nearest=f"{namespace}:{near}" if near else None,
        allowed=", ".join(known) or None,
        remedy=f"take it out, and give {ENVIRONMENT[namespace]}",
    )


def _secure(key: str) -> list[Problem]:
    namespace, _, short = key.partition(":")
    if namespace in ENVIRONMENT and not PROVIDER_KEYS.get(key):
        if key in PROVIDER_KEYS:
            return [Problem(key, "this is no secret", remedy="write it in clear")]
        return [_unused(key)]
    if namespace != NAMESPACE:
        return [] if key in PROVIDER_KEYS else _misnamed(key)
    if find(short) is not None:
        return []
    if short in DROPPED:
        return [Problem(key, DROPPED[short], remedy=f"pulumi config rm {key}")]
    if short in _part_names():
        return [
            Problem(
                key,
                "this part is not a secret",
                remedy="write it in clear; only its secrets have keys of their own",
            )
        ]
    setting = _of_product(short)
    if setting is not None:
        return [_misplaced(key, setting)]
    near = _secret_called(short) or nearest(short, names())
    return [
        Problem(
            key,
            "unknown secret",
            nearest=f"{NAMESPACE}:{near}" if near else None,
            allowed=None if near else ", ".join(SECRETS),
        )
    ]


def _derive(known: dict[str, Any], given: Any) -> list[Problem]:
    problems: list[Problem] = []
    chat = known.get("chat")
    if chat is None:
        # The release is what it is, whatever is wrong with the other keys of its part.
        told = given.get("release", releases.DEFAULT_RELEASE) if isinstance(given, dict) else None
        if isinstance(told, str):
            with contextlib.suppress(ValueError):
                known["release"] = releases.find(releases.resolve(told))
        return problems
    there = vars(chat).keys()  # `supposed.forget` takes keys out
    if "profile" in there:
        known["defaults"] = DEFAULTS[chat.profile]
    try:
        if "release" in there:
            known["release"] = releases.find(chat.release)
    except ValueError as error:
        problems.append(
            Problem(
                f"{NAMESPACE}:chat.release",
                str(error),
                allowed=f"an exact release, or a line whose newest patch is known here: "
                f"{', '.join(releases.LINES_WITH_NEWEST_PATCH)}",
            )
        )
    try:
        if {"users", "profile"} <= there:
            known["size"] = sizing.size(chat.users, chat.profile.value)
    except ValueError as error:
        problems.append(Problem(f"{NAMESPACE}:chat.users", str(error)))
    return problems


def _explain(
    key: str, value: Any, error: ValidationError, within: tuple[int | str, ...] = ()
) -> list[Problem]:
    """Turn pydantic's errors within a place into problems in the words of stack files; values are never quoted."""
    made: dict[str, Problem] = {}
    meant: set[str] = set()
    """Paths of keys that are there, misspelt."""
    for detail in error.errors(include_url=False, include_input=False):
        location = _location(detail["loc"], value)
        if location[: len(within)] != within:
            continue
        path = _joined(key, location)
        guess = len(made) < supposed.MOST
        problem = made.setdefault(path, _problem(key, path, location, detail, value, guess=guess))
        if detail["type"] == "extra_forbidden" and problem.nearest is not None:
            meant.add(_joined(key, (*location[:-1], problem.nearest)))
    return [one for path, one in made.items() if path not in meant]


def _of_kinds(
    key: str, value: Any, error: ValidationError, within: tuple[int | str, ...] | None = None
) -> list[Problem]:
    """Return what is wrong in things of an unknown kind, whichever is meant: the nearest, else each that there is."""
    found: dict[str, Problem] = {}
    for detail in error.errors(include_url=False, include_input=False)[: supposed.MOST]:
        place = _location(detail["loc"], value)
        inside = within is None or (place[: len(within)] == within and place != within)
        if (
            not detail["type"].startswith("union_tag_")
            or not inside
            or not isinstance(at(value, place), dict)
        ):
            continue
        path = _joined(key, place)
        meant = _problem(key, path, place, detail, value, guess=True).nearest
        ways = [
            _as_kind(key, value, place, kind) for kind in ([meant] if meant else _kinds(key, place, value))
        ]
        for one in ways[0] if ways else ():
            if all(one in way for way in ways):
                best = max((way[one] for way in ways), key=_of_the_key_itself)
                unknown = best.message == _UNKNOWN_KEY and meant is None
                found[one] = replace(best, allowed=None) if unknown else best
    return list(found.values())


def _of_the_key_itself(problem: Problem) -> int:
    """Return how much a mistake is one of a value, and not of a key that another kind lacks."""
    return 0 if problem.remedy == _ANOTHER_KIND else 2 if problem.message != _UNKNOWN_KEY else 1


def _as_kind(key: str, value: Any, place: tuple[int | str, ...], kind: str) -> dict[str, Problem]:
    """Return by path what would be wrong with what stands at a place if it were of a kind."""
    made = deepcopy(value)
    at(made, place)["kind"] = kind
    try:
        _adapter(_part_names()[key.removeprefix(f"{NAMESPACE}:")]).validate_python(made)
    except ValidationError as error:
        told = [*_explain(key, made, error, place), *_of_kinds(key, made, error, place)]
        return {one.path: one for one in told}
    return {}


def _location(loc: tuple[int | str, ...], value: Any) -> tuple[int | str, ...]:
    """Return the steps of `loc` that are in the file: pydantic adds the tags of unions."""
    steps: list[int | str] = []
    inside = value
    for index, step in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(inside, dict) and isinstance(step, str) and (step in inside or last):
            steps.append(step)
            inside = inside.get(step)
        elif isinstance(inside, list) and isinstance(step, int) and step < len(inside):
            steps.append(step)
            inside = inside[step]
        elif not isinstance(inside, dict | list) and isinstance(step, int) and not last:
            continue
    if steps and isinstance(steps[-1], str) and steps[-1] in _NOT_KEYS:
        steps.pop()
    return tuple(steps)


_NOT_KEYS = frozenset({"bool", "int", "float", "str", "Locked", "list[str]"})


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _addition(key: str, path: str, location: tuple[int | str, ...], value: Any) -> str:
    """Return what to do about a key that is missing, with the value that it has in the kind's example."""
    name = str(location[-1]) if location else path
    around = at(value, location[:-1])
    kind = around.get("kind") if isinstance(around, dict) else None
    part = key.removeprefix(f"{NAMESPACE}:")
    model = registry.models(part).get(str(kind)) if part in registry.KINDS else None
    example = {} if model is None else model.example
    if name not in example:
        return f"add `{name}: …`"
    written = yaml.safe_dump({name: example[name]}, default_flow_style=True, width=1000).strip()[1:-1]
    return f"add `{name}`, such as `{written}`"


def _problem(
    key: str, path: str, location: tuple[int | str, ...], detail: Any, value: Any, *, guess: bool
) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        word = str(location[-1])
        short = key.removeprefix(f"{NAMESPACE}:")
        siblings = _siblings(key, location, value)
        own = value.get("kind") if isinstance(value, dict) else None
        model = registry.models(short).get(str(own)) if short in registry.KINDS else None
        if model is not None and word in model.instead:
            return Problem(path, f"{short} {own} has no such key here", remedy=model.instead[word])
        others = _other_kinds(key, location, value)
        if others:
            message = f"this is a key of kind {_listed(others)}"
            return Problem(path, message, allowed=", ".join(siblings) or None, remedy=_ANOTHER_KIND)
        near = _called(key, location, value) or (nearest(word, siblings) if guess else None)
        if near is not None and near.startswith(_A_SECRET_OF):
            return _in_clear(path, near.removeprefix(_A_SECRET_OF))
        return Problem(path, _UNKNOWN_KEY, nearest=near, allowed=", ".join(siblings) if siblings else None)
    if kind == "missing":
        return Problem(path, "this key is missing", remedy=_addition(key, path, location, value))
    if kind in ("literal_error", "enum"):
        allowed = context["expected"].replace("'", "").replace(" or ", ", ")
        near = nearest(str(at(value, location)), allowed.split(", "))
        quoted = near == at(value, location)
        return Problem(
            path,
            "this is not one of the choices",
            allowed=allowed,
            nearest=None if quoted else near,
            remedy=_UNQUOTED if quoted else None,
        )
    if kind == "union_tag_invalid":
        tags = context["expected_tags"].replace("'", "")
        return Problem(
            f"{path}.kind",
            "unknown kind",
            allowed=tags,
            nearest=nearest(str(context["tag"]), tags.split(", ")),
        )
    if kind == "union_tag_not_found":
        return Problem(
            f"{path}.kind",
            "this key is missing; it says which kind is meant",
            allowed=", ".join(_kinds(key, location, value)) or None,
        )
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    given = at(value, location)
    if isinstance(given, str) and (kinds := _kinds(key, location, value)):
        near = nearest(given, kinds) if guess else None
        return Problem(
            path,
            "this must be a mapping of keys that begins with its kind, such as {kind: …}",
            allowed=", ".join(kinds),
            remedy=None if near is None else f"write `{{kind: {near}}}`, and the keys that it needs",
        )
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        return Problem(path, "this must be a mapping of keys, such as {key: value}")
    form = {"int_type": "-?[0-9]+", "bool_type": "true|false"}.get(kind, "(?!)")
    quoted = isinstance(given, str) and re.fullmatch(form, given, re.ASCII) is not None
    remedy = _UNQUOTED if quoted else _ALONE if kind == "list_type" and isinstance(given, str) else None
    return Problem(path, _words(kind, context, detail["msg"]), remedy=remedy)


_UNQUOTED = "write it without quotes"
_ALONE = "put it in brackets ([…]), as one alone is a list, too"
_UNKNOWN_KEY = "unknown key"
_ANOTHER_KIND = "leave it out, or change `kind`"


def _words(kind: str, context: Mapping[str, Any], message: str) -> str:
    match kind:
        case "string_type":
            return "this must be text; put it in quotes if it looks like a number or a date"
        case "int_type" | "int_from_float":
            return "this must be a whole number"
        case "bool_type":
            return "this must be true or false"
        case "list_type":
            return "this must be a list, such as [first, second]"
        case "greater_than_equal":
            return f"this must be at least {context['ge']}"
        case "less_than_equal":
            return f"this must be at most {context['le']}"
        case "string_too_short" | "too_short":
            return f"this needs at least {_counted(context['min_length'], kind)}"
        case "string_too_long" | "too_long":
            return f"this may have at most {_counted(context['max_length'], kind)}"
        case _:
            return message[0].lower() + message[1:]


def _counted(number: int, kind: str) -> str:
    return count(number, "character") if "string" in kind else count(number, "entry")


@cache
def _schema(key: str) -> dict[str, Any]:
    return _adapter(_part_names()[key.removeprefix(f"{NAMESPACE}:")]).json_schema(by_alias=True)


def _node(key: str, location: tuple[int | str, ...], value: Any) -> dict[str, Any]:
    """Return the schema of what stands at a location of a part, with references and unions as they are."""
    schema = _schema(key)
    node: Any = schema
    for depth, step in enumerate(location):
        node = resolve(node, schema.get("$defs", {}), at(value, location[:depth]))
        node = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
    found: dict[str, Any] = node
    return found


def _kinds(key: str, location: tuple[int | str, ...], value: Any) -> dict[str, dict[str, Any]]:
    """Return the kinds among which the part or the key at a location chooses, each with its schema."""
    node = _node(key, location, value)
    choices = [node, *node.get("anyOf", ())]
    mapping: dict[str, str] = next(
        (one["discriminator"]["mapping"] for one in choices if "discriminator" in one), {}
    )
    return {kind: _schema(key)["$defs"][name.rpartition("/")[2]] for kind, name in mapping.items()}


def _siblings(key: str, location: tuple[int | str, ...], value: Any) -> list[str]:
    """Return the keys that may stand where an unknown one stood."""
    around = location[:-1]
    node = resolve(_node(key, around, value), _schema(key).get("$defs", {}), at(value, around))
    return sorted(node.get("properties", {}))


def _other_kinds(key: str, location: tuple[int | str, ...], value: Any) -> list[str]:
    """Return the kinds that have the key, where it stands right in something of another kind."""
    around = location[:-1]
    inside = at(value, around)
    own = inside.get("kind") if isinstance(inside, dict) else None
    kinds = _kinds(key, around, value)
    return [
        kind for kind, node in kinds.items() if kind != own and location[-1] in node.get("properties", {})
    ]
