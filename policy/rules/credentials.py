"""Credentials in clear: in resources of any type, in outputs, and given to providers."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from policy import credentials
from policy import tokens as t
from policy.adapters import is_provider
from policy.chats import COMPOSED
from policy.documents import WORKLOADS
from policy.model import SECRET, UNKNOWN
from policy.product import COMPONENT
from policy.rule import ANY, Needs, Probe, not_true
from policy.rules._make import CRITICAL, HIGH, MANDATORY, Area

_rule = Area("credentials")

_DOCS: Final = "https://www.pulumi.com/docs/iac/concepts/secrets/"
_JUDGED: Final = frozenset(
    (t.TASK_DEFINITION, t.CONFIG_MAP, t.RELEASE, t.CHART, t.PARAMETER, t.BUCKET_OBJECT, *COMPOSED, *WORKLOADS)
)
"""Types whose texts have a rule of their own, with words for where to put the credential."""
_HOLDERS: Final = frozenset(kind for kind, _ in credentials.PLACES)
"""Types that are made to hold credentials."""
_SENT: Final = {
    t.DISTRIBUTION: re.compile(r"origins\[\d+\]\.customHeaders\[\d+\]\.value"),
    t.LISTENER_RULE: re.compile(r"conditions\[\d+\]\.httpHeader\.values\[\d+\]"),
}
"""Where a CDN and a balancer are told of a header that only they know (CloudFront developer guide, "Restrict access to
Application Load Balancers")."""
_RUN: Final = re.compile(
    r"^(create|read|update|delete|stdin|(run_?)?commands?|cmd|args|entry_?points?|scripts?|inlines?)$",
    re.IGNORECASE,
)
"""Names of properties that hold what is run: those of the packages `command`, `docker` and the like."""
_OWN: Final = re.compile(
    r"(passwords?|passwd|passphrase|authToken|client_?secret|api_?key|secretAccessKey|preshared_?key|privateKey"
    r"|basicAuthCredentials)(Wo)?$",
    re.IGNORECASE,
)
"""Names of properties by which a resource is given its own credential."""
_VARIABLES: Final = re.compile(
    r"^(env|envs|env_?vars|environment|environments|variables|(runtime_?)?environment_?variables|arguments"
    r"|default_?arguments|connection_?properties|connector_?configuration)$",
    re.IGNORECASE,
)
"""Names of maps of variables, and of settings that are given to what runs."""
_STORED: Final = frozenset(("SECRET", "SECRETS_MANAGER", "PARAMETER_STORE", "secret_text"))
"""What a list of variables says of one that is kept elsewhere, or encrypted."""


def _is_meant(p: Probe) -> bool:
    kind = p.subject.type
    return kind not in _HOLDERS and not kind.startswith(("pulumi:", COMPONENT)) and kind.count(":") == 2


def _texts(p: Probe) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Give path and text of what a program writes into a resource, but for what it marks as secret.

    What others read of a resource they read also where the state keeps it secret.
    """
    kept = () if p.subject.type in _JUDGED else p.subject.secrets or ()
    for key, value in p.subject.properties.items():
        if not p.subject.sets(key) or value == SECRET or key in kept:
            continue
        if credentials.is_credential_name(key) and isinstance(value, str):
            continue  # the provider's own field for it, which the state keeps encrypted
        for path, text in credentials.leaves(value, (key,)):
            where = _written(path)
            if not _is_kept(where, kept) and not _is_sent(p, where):
                yield path, text


def _is_sent(p: Probe, where: str) -> bool:
    """Tell whether it is the secret of a proxy to its origin, which stands there in no other way, and nobody says how
    the program marks it."""
    form = _SENT.get(p.subject.type)
    return p.subject.secrets is None and form is not None and form.fullmatch(where) is not None


def _written(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _named(p: Probe, path: tuple[str | int, ...]) -> str | None:
    """Return the name of the variable whose value stands at a path; None where that is no variable."""
    if path == ("value",):
        return str(p.get("keyName") or "")
    holder = path[-2] if len(path) > 1 else ""
    of_map = isinstance(holder, str) and len(path) > 2 and _VARIABLES.match(str(path[-3])) is not None
    if path[-1] in {"value", "text"} and (isinstance(holder, int) or of_map):
        if p.get((*path[:-1], "type")) in _STORED:
            return None
        if of_map:
            return str(holder)
        return str(p.get((*path[:-1], "name")) or p.get((*path[:-1], "key")) or "")
    return str(path[-1]).rpartition(".")[2] if _VARIABLES.match(str(holder)) else None


def _anywhere(p: Probe) -> None:
    if not _is_meant(p) or p.subject.type in _JUDGED:
        return
    for path, text in _texts(p):
        name = _named(p, path)
        if text is UNKNOWN:
            if name is not None and credentials.is_credential_name(name):
                p.unsure(path)
        elif (
            credentials.looks_like_one(text)
            or (name is not None and credentials.holds_credential(name, text))
            or (_is_run(path) and credentials.in_text(text))
            or _holds_one(text)
        ):
            p.fail("a credential stands here in clear", path)


@lru_cache(maxsize=4096)
def _holds_one(text: str) -> bool:
    """Tell whether a document in JSON holds a credential: what is run later is often described by one."""
    if not text.startswith(("{", "[")):
        return False
    try:
        content = json.loads(text)
    except ValueError:
        return False
    for path, value in credentials.leaves(content):
        if value is UNKNOWN or not isinstance(path[-1] if path else 0, str):
            continue
        name = str(path[-1]).lstrip("-").rpartition(".")[2]
        if credentials.holds_credential(name, value) and (
            credentials.looks_like_one(value) or not credentials.is_template(value)
        ):
            return True
    return any(True for _ in credentials.found(content))


def _is_run(path: tuple[str | int, ...]) -> bool:
    """Tell whether what stands at a path is a command or a script, or one of a list of them."""
    return any(_RUN.match(str(step)) for step in path[-2:] if isinstance(step, str))


def _own(p: Probe) -> None:
    """Judge what a resource is given as its own credential.

    Where nobody says what the program marks as secret, as in the engine, only what is easily guessed is wrong for
    sure: the marked secret of a configuration looks the same as a literal.
    """
    kind, marked = p.subject.type, p.subject.secrets
    if kind in _JUDGED or kind == t.K8S_SECRET or kind.startswith(("pulumi:", COMPONENT)):
        return
    for key, value in p.subject.properties.items():
        if not p.subject.sets(key) or _VARIABLES.match(key):
            continue
        for path, text in credentials.leaves(value, (key,)):
            steps = [step for step in reversed(path) if isinstance(step, str)]
            name = steps[1] if len(steps) > 1 and steps[0] == "value" else steps[0]
            if not _OWN.search(name) or text == SECRET or _is_kept(_written(path), marked or ()):
                continue
            if text is UNKNOWN:
                p.unsure(path)
            elif credentials.holds_credential("password", text) and (
                marked is not None or credentials.is_guessable(text)
            ):
                p.fail("its own credential stands here in clear, or is one that is soon guessed", path)


def _is_kept(where: str, marked: Iterable[str]) -> bool:
    return any(where == one or where.startswith((f"{one}.", f"{one}[")) for one in marked)


def _known(p: Probe) -> None:
    known = credentials.known(p.stack)
    if known is None or not _is_meant(p):
        return
    for path, text in _texts(p):
        if text is not UNKNOWN and len(text) >= credentials.SHORTEST and known.search(text):
            p.fail("a secret of the stack stands here in clear", path)


def _outputs(p: Probe) -> None:
    outputs = p.subject.outputs or p.subject.properties
    known = credentials.known(p.stack)
    for name, value in outputs.items():
        if name in (p.subject.secrets or ()):
            continue
        for path, text in credentials.leaves(value, (name,)):
            if text is UNKNOWN:
                if credentials.is_credential_name(name):
                    p.unsure(path)
                continue
            shown = text == SECRET or (known is not None and known.search(text))
            named = str(path[-2] if len(path) > 1 and path[-1] == "value" else path[-1])
            lines = "\n" in text and credentials.in_text(text)
            if shown or lines or credentials.holds_credential(named, text):
                if p.subject.secrets is None:
                    p.unsure(path)  # the engine shows policies secrets as if they were none
                else:
                    p.fail("everybody who reads the stack's outputs sees a credential", path)


def _providers(p: Probe) -> None:
    if not is_provider(p.subject.type):
        return
    _spoken(p)
    if p.subject.secrets is None:
        return
    for name, value in p.subject.properties.items():
        if name in p.subject.secrets:
            continue
        if name != "kubeconfig" and not credentials.is_credential_name(name):
            # A list or an object stands there as JSON.
            if _holds_one(value if isinstance(value, str) else json.dumps(value, default=str)):
                p.fail("a credential of the provider stands here in clear", name)
            continue
        if value is UNKNOWN:
            p.unsure(name)
        elif name == "kubeconfig" and "\n" not in str(value) and not str(value).startswith("{"):
            continue  # the path of a file
        elif credentials.holds_credential("token", value):
            p.fail("the provider's credential stands in the program or its configuration in clear", name)


def _spoken(p: Probe) -> None:
    """Judge how a provider speaks to its cloud; a cloud on this machine is one for tests."""
    for key in ("insecure", "insecureSkipTlsVerify", "skipTlsVerify"):
        p.expect(key, not_true, "takes anybody's certificate for the cloud's")
    for path, value in credentials.leaves(dict(p.subject.properties)):
        text = value if isinstance(value, str) else ""
        if "tags" in str(path[0]).lower():
            continue  # words about resources
        if "proxy" in str(path[0]).lower():
            if credentials.holds_credential("url", text):
                p.fail("the password of a proxy stands in clear", path)
        elif text.startswith("http://") and not _HERE.match(text):
            p.fail("speaks to its cloud without TLS", path)
        if path[0] == "kubeconfig" and "insecure-skip-tls-verify: true" in text:
            p.fail("takes anybody's certificate for the cluster's", path)


_HERE: Final = re.compile(r"^http://(localhost|127\.0\.0\.1|\[::1\])(:|/|$)")


SECRET_IN_CLEAR = _rule(
    "secret-in-clear",
    "No credential stands in clear in a resource",
    MANDATORY,
    CRITICAL,
    (ANY,),
    _anywhere,
    maps="practice secrets, P:awslambda_function_no_secrets_in_variables",
    fix="Put it into a store of secrets, and let what needs it read it there.",
    link=_DOCS,
)
SECRET_OF_STACK = _rule(
    "secret-of-stack",
    "No secret of the stack stands in clear elsewhere in it",
    MANDATORY,
    CRITICAL,
    (ANY,),
    _known,
    maps="practice secrets",
    needs=Needs.EARLIER,
    sides=tuple(sorted(_HOLDERS)),
    why="a secret may be made after what holds it in clear",
    fix="Hand on where the secret is, not what it is.",
    link=_DOCS,
)
OWN_CREDENTIAL = _rule(
    "own-credential",
    "What a resource is given as its own password or key is kept secret, and is not easily guessed",
    MANDATORY,
    CRITICAL,
    (ANY,),
    _own,
    maps="practice secrets",
    fix="Make it by random.RandomPassword, take it from config.require_secret(…), or let the cloud keep it "
    "(manage_master_user_password).",
    link=_DOCS,
)
OUTPUT_SECRET = _rule(
    "output-secret",
    "Outputs that hold a credential are marked as secret",
    MANDATORY,
    HIGH,
    (t.ROOT,),
    _outputs,
    maps="Pulumi secrets",
    needs=Needs.STACK,
    why="outputs are known when all is made",
    fix="Export pulumi.Output.secret(…), or leave it out.",
    link=_DOCS,
)
PROVIDER_SECRET = _rule(
    "provider-secret",
    "A provider's credentials are secret, and it speaks to its cloud by TLS",
    MANDATORY,
    CRITICAL,
    (ANY,),
    _providers,
    maps="Pulumi secrets",
    needs=Needs.STACK,
    why="providers are no resources that the engine asks about; plans and states tell of them",
    fix="Give it by `pulumi config set --secret`, or by the environment; name endpoints by https://.",
    link=_DOCS,
)
