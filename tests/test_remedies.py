"""Every remedy that names a key, a value or a command does away with what it is said of."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import yaml
from combining import EXAMPLES, Choice, choices, refusals, secure_for, values_for
from planning import Values

from stacks.problems import Problem
from stacks.schema import schema
from stacks.secrets import SECRETS
from stacks.spec import Parts

NAMESPACE = "rocketchat:"
_PARTS = {name.replace("_", "") for name in Parts.model_fields}
_FILLED = {
    "gateway": {"kind": "gateway"},
    "class": {"kind": "class", "name": "traefik", "issuer": "letsencrypt"},
}
OIDC = {"kind": "oidc", "preset": "fusionauth", "url": "https://login.example.com", "clientId": "chat"}
LISTENER = (
    "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:listener/app/shared/50dc6c495c0c/f2f7dc8efc52"
)
CHOICE: Choice = {"runtime": "fargate", "database": "atlas", "media": "gridfs", "dns": "cloudflare"}
HOST: Choice = {**CHOICE, "runtime": "droplet", "database": "on-host"}
CLUSTER: Choice = {**CHOICE, "runtime": "kubernetes", "database": "in-cluster"}


def fragments(remedy: str) -> list[str]:
    """What a remedy says to write, or to run."""
    commands = re.findall(r"pulumi config (?:set --secret|rm) [\w:]+", remedy)
    return [*re.findall(r"`([^`]+)`", remedy), *commands]


def _filled(part: str, value: Any) -> Any:
    """Return a value with what the remedy leaves to the reader."""
    if isinstance(value, dict) and "kind" in value:
        kind = value["kind"]
        known = EXAMPLES.get(part, {}).get(kind) or _FILLED.get(kind, {})
        return {**known, **{key: one for key, one in value.items() if one not in ("…", "<id>", "<name>")}}
    return "example" if value in ("<name>", "…") else value


def without(path: str, values: Values) -> None:
    """Take the key at a path out."""
    part, *steps = path.removeprefix(NAMESPACE).split(".")
    inside: Any = values
    for name, step in zip((NAMESPACE + part, *steps), steps, strict=False):
        inside[name] = dict(inside[name])
        inside = inside[name]
        if step == steps[-1]:
            inside.pop(step, None)
            return
    values.pop(NAMESPACE + part, None)


def applied(
    problem: Problem, fragment: str, last: str, values: Values, secure: set[str]
) -> tuple[Values, set[str], str]:
    """Return the stack after doing what a fragment says, and the key that it was about."""
    made = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    if re.match(r"(take|leave) (it|them) out", problem.remedy or ""):
        without(problem.path, made)
    if not fragment:
        return made, secure, last
    if fragment.startswith("pulumi config set --secret "):
        return made, secure | {fragment.rpartition(" ")[2]}, last
    if fragment.startswith("pulumi config rm "):
        made.pop(fragment.rpartition(" ")[2], None)
        return made, secure, last
    said = yaml.safe_load(fragment.replace(NAMESPACE, "rocketchat~").replace("aws:region:", "aws~region:"))
    if isinstance(said, dict) and fragment.startswith("{"):
        said = {last: said}
    if not isinstance(said, dict):
        return made, secure, str(said)
    part = re.split(r"[.\[]", problem.path.removeprefix(NAMESPACE))[0]
    for key, value in said.items():
        key = str(key).replace("~", ":")
        steps = key.removeprefix(NAMESPACE).split(".")
        last = key
        if ":" in key or steps[0] in _PARTS:
            name = key if key.startswith(("aws:", NAMESPACE)) else NAMESPACE + steps[0]
            if len(steps) > 1:
                made[name][steps[1]] = _filled(steps[1], value)
            else:
                made[name] = _filled(steps[0], value) if isinstance(value, dict) else value
                if isinstance(value, dict) and "kind" not in value:
                    made[name] = {**values.get(name, {}), **value}
        else:
            inside = made[NAMESPACE + part]
            for step in problem.path.removeprefix(NAMESPACE).split(".")[1:-1]:
                inside[step] = dict(inside[step])
                inside = inside[step]
            inside[key] = _filled(key, value)
    return made, secure, last


def same(problem: Problem, others: tuple[Problem, ...]) -> bool:
    return any((one.path, one.message) == (problem.path, problem.message) for one in others)


def bad() -> Iterator[tuple[str, Values]]:
    """Stack files with something wrong that a rule names a remedy for."""
    for choice in choices():
        yield "-".join(choice.values()), values_for(choice)

    def changed(choice: Choice, **parts: dict[str, Any]) -> Values:
        values = values_for(choice)
        for part, value in parts.items():
            values[NAMESPACE + part] = {**values.get(NAMESPACE + part, {}), **value}
        return values

    proxied = {"proxied": True}
    yield "an upload too large for the proxy", changed(CHOICE, dns=proxied, media={"maxFileMb": 400})
    yield "two proxies", changed(CHOICE, dns=proxied, edge={"kind": "cloudfront"})
    yield "a proxy before a host", changed(HOST, dns=proxied)
    yield "a form for nobody", changed(CHOICE, accounts={"loginForm": False})
    yield "replicas without a licence", changed(CHOICE, runtime={"instances": 3})
    yield "more replicas later", changed(CHOICE, runtime={"maxInstances": 3})
    yield "microservices without a licence", changed(CHOICE, runtime={"topology": "microservices"})
    yield "too many users", changed(CHOICE, chat={"users": 2000})
    yield "no address that stays", changed(CHOICE, runtime={"network": {"nat": "none"}})
    yield (
        "a balancer without its network",
        changed(CHOICE, runtime={"balancer": {"kind": "existing", "listener": LISTENER}}),
    )
    yield "Docker's network", changed(CHOICE, runtime={"network": {"cidr": "172.17.0.0/16"}})
    yield (
        "a sender elsewhere",
        changed(
            CHOICE,
            mail={
                "kind": "smtp",
                "host": "smtp.example.com",
                "domain": "example.com",
                "from": "a@other.example",
            },
        ),
    )
    yield (
        "a blocked port",
        changed(HOST, mail={"kind": "smtp", "host": "smtp.example.com", "from": "a@example.com"}),
    )
    yield (
        "a port of mail that is closed",
        changed(
            CLUSTER, mail={"kind": "smtp", "host": "smtp.example.com", "port": 26, "from": "a@example.com"}
        ),
    )
    yield (
        "an old release and its own push",
        {
            **changed({**CHOICE, "database": "uri"}, push={"kind": "own"}, database={"version": "6.0"}),
            "rocketchat:chat": {
                "host": "chat.example.com",
                "release": "6.7.0",
                "users": 5,
                "profile": "trial",
            },
        },
    )
    yield (
        "a setting of a part",
        changed(CHOICE, settings={"FileUpload_MaxFileSize": 5, "Site_Url": "https://x.example"}),
    )
    yield "a setting in clear", changed(CHOICE, settings={"SMTP_Password": "x"})
    for key in ("runtime", "database", "chat"):
        without = values_for(CHOICE)
        del without[NAMESPACE + key]
        yield f"no {key}", without
    nowhere = values_for(CHOICE)
    del nowhere["aws:region"]
    yield "no region", nowhere
    for key in ("dns", "media", "chat"):
        bare = values_for(CHOICE)
        bare[key] = bare.pop(NAMESPACE + key)
        yield f"no namespace of {key}", bare

    served = changed(CLUSTER, chat={"profile": "production"})
    served["rocketchat:runtime"]["ingress"] = {"kind": "none"}
    del served["rocketchat:dns"]
    yield "production that nobody reaches", served
    named = changed(CLUSTER)
    named["rocketchat:runtime"]["ingress"] = {"kind": "none"}
    yield "a name for what nobody reaches", named
    exposed = changed(CHOICE, chat={"profile": "production"}, runtime={"balancer": {"waf": False}})
    yield "production without a firewall", exposed
    yield (
        "production with one day to go back",
        changed(CHOICE, chat={"profile": "production"}, backup={"restoreWindowDays": 1}),
    )


CASES = dict(bad())


@cache
def wrong(name: str, *, with_secrets: bool) -> tuple[Problem, ...]:
    return refusals(CASES[name], secure_for(CASES[name]) if with_secrets else set())


def asked() -> Iterator[tuple[str, bool, Problem]]:
    """Every problem with a remedy, once for each runtime that it is said of."""
    seen = set()
    for name, with_secrets in product(CASES, (True, False)):
        for problem in wrong(name, with_secrets=with_secrets):
            kind = CASES[name].get("rocketchat:runtime", {}).get("kind")
            if problem.remedy and (mark := (problem.path, problem.remedy, kind)) not in seen:
                seen.add(mark)
                yield name, with_secrets, problem


def test_every_remedy_that_can_be_tried_helps() -> None:
    tried: set[str] = set()
    for name, with_secrets, problem in asked():
        values = CASES[name]
        secure = secure_for(values) if with_secrets else set[str]()
        last = ""
        for fragment in fragments(problem.remedy or "") or [""]:
            made, having, last = applied(problem, fragment, last, values, secure)
            if (made, having) == (values, secure):
                continue
            assert not same(problem, refusals(made, having)), f"{name}: {problem} after {fragment}"
            tried.add(f"{problem.path}: {fragment}")
    assert len(tried) > 25, sorted(tried)


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for inside in node.values():
            yield from _keys(inside)
    elif isinstance(node, list):
        for inside in node:
            yield from _keys(inside)


def test_every_key_that_a_remedy_names_exists() -> None:
    known = {*_keys(schema()), *_PARTS, *SECRETS, "region", "rocketchat", "aws"}
    for name, _, problem in asked():
        for fragment in fragments(problem.remedy or ""):
            if fragment.startswith("pulumi "):
                assert fragment.rpartition(":")[2] in known, f"{name}: {fragment}"
            for key in re.findall(r"(?:^|[{,.:] *)([a-z][A-Za-z]+)(?=:)", fragment):
                assert key in known or key in CASES[name], f"{name}: {key} of {fragment}"


def test_nobody_is_asked_whether_what_was_written_was_meant() -> None:
    for name, with_secrets in product(CASES, (True, False)):
        for problem in wrong(name, with_secrets=with_secrets):
            assert problem.nearest is None or problem.nearest != re.split(r"[.:\]]", problem.path)[-1], (
                name,
                problem,
            )
            assert problem.nearest != problem.path
