"""The secrets of a stack: flat keys of their own, because a secret inside an object ends in the state in clear."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from components.database.uri import uri_problem
from components.runtime.kubeconfig import kubeconfig_problem
from rehearsal.masking import maskable
from rocketchat import settings
from stacks import texts
from stacks.problems import Problem
from stacks.spec import (
    AtlasDatabase,
    CloudflareDns,
    ExistingAtlasDatabase,
    HostMedia,
    KubernetesRuntime,
    Locked,
    Login,
    OidcLogin,
    OnHostDatabase,
    OwnPush,
    Parts,
    SamlLogin,
    SmtpMail,
    SpacesMedia,
    UriDatabase,
)


def _never(_: Parts) -> bool:
    return False


def _one_line(value: str) -> str | None:
    if re.search(r"[\x00-\x1f\x7f]", value):
        return "the secret has a line break or another control character"
    return None


def _pem(label: str) -> Callable[[str], str | None]:
    """Return a check of a PEM text; its label may be told more exactly, such as `RSA PRIVATE KEY`."""
    form = rf"\s*-----BEGIN ([A-Z ]*{label})-----\s[A-Za-z0-9+/=:,\s-]+-----END \1-----\s*"

    def check(value: str) -> str | None:
        if "\\n" in value:
            return "the line breaks of the PEM text are written as \\n; give the file as it is"
        if re.fullmatch(form, value) is None:
            return f"this is not a {label.lower()} in PEM form (-----BEGIN … {label}-----)"
        return None

    return check


def _object(value: str) -> dict[str, object] | None:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _service_account(value: str) -> str | None:
    found = _object(value)
    if found is None:
        return "this is not JSON; it is the file that Firebase gives for a service account"
    missing = [
        name
        for name in ("project_id", "private_key", "client_email")
        if not isinstance(found.get(name), str) or not found[name]
    ]
    if found.get("type") != "service_account" or missing:
        return f"this is no service account of Firebase: it lacks {', '.join(missing) or 'its type'}"
    return None


def _texts(value: str) -> str | None:
    found = _object(value)
    if found is None or not all(isinstance(one, str) for one in found.values()):
        return 'this is not a JSON object of text, such as {"WEATHER_KEY": "…"}'
    return None


def _https(value: str) -> str | None:
    if re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~!&()*+,;=:@%/?#-]*)?", value) is None:
        return "this is not an https address without spaces, quotes and brackets, which curl reads otherwise"
    return None


@dataclass(frozen=True)
class SecretKey:
    """One key `rocketchat:<name>` that is always secret."""

    name: str
    description: str
    required: Callable[[Parts], bool] = _never
    """Whether these parts cannot be deployed without it. A part that is wrong by itself is None here."""
    used: Callable[[Parts], bool] = lambda _: True
    """Whether anything in these parts reads it."""
    problem: Callable[[str], str | None] = _one_line
    """What is wrong with a value, told without any part of it; None where nothing is."""


def logins(login: Sequence[Login]) -> list[tuple[str, Login]]:
    """Return the logins, each with the name of its secret.

    The secret of a second one by OpenID Connect has the id of the setting that it becomes.
    """
    first = next((way.service.lower() for way in login if isinstance(way, OidcLogin)), "")
    found: list[tuple[str, Login]] = []
    for way in login:
        name = "samlPrivateKey"
        if isinstance(way, OidcLogin):
            further = way.service.lower() != first
            name = settings.client_secret(way.service) if further else "oidcClientSecret"
        found.append((name, way))
    return found


def _oidc(parts: Parts) -> bool:
    return any(isinstance(login, OidcLogin) for login in parts.login)


def _saml(parts: Parts) -> bool:
    return any(isinstance(login, SamlLogin) for login in parts.login)


def _signing(parts: Parts) -> bool:
    return any(isinstance(login, SamlLogin) and login.own_certificate is not None for login in parts.login)


def _own_push(parts: Parts) -> bool:
    return isinstance(parts.push, OwnPush)


def _smtp_user(parts: Parts) -> bool:
    return isinstance(parts.mail, SmtpMail) and parts.mail.username is not None


def _uri(parts: Parts) -> bool:
    return isinstance(parts.database, UriDatabase)


def _kept_on_host(parts: Parts) -> bool:
    return isinstance(parts.database, OnHostDatabase) or isinstance(parts.media, HostMedia)


def _bot(parts: Parts) -> bool:
    return parts.bot is not None


def _bot_keys(parts: Parts) -> bool:
    return parts.bot is not None and bool(parts.bot.keys)


def _cluster(parts: Parts) -> bool:
    return isinstance(parts.runtime, KubernetesRuntime)


SECRETS = {
    key.name: key
    for key in (
        SecretKey("license", "Licence of Rocket.Chat; several containers, microservices and more need one."),
        SecretKey(
            "registrationToken", "Token that registers the workspace at Rocket.Chat Cloud at its first start."
        ),
        SecretKey(
            "mongodbUri",
            "URI of an existing MongoDB, with user, password and database name.",
            _uri,
            _uri,
            uri_problem,
        ),
        SecretKey(
            "kubeconfig",
            "Kubeconfig (YAML) of the existing cluster, with credentials of its own.",
            _never,
            _cluster,
            kubeconfig_problem,
        ),
        SecretKey("smtpPassword", "Password of the SMTP user.", _smtp_user, _smtp_user),
        SecretKey("oidcClientSecret", "Secret of the OpenID Connect client.", _oidc, _oidc),
        SecretKey(
            "samlPrivateKey",
            "Private key (PEM) that signs SAML requests, and goes with `login.ownCertificate`.",
            _signing,
            _saml,
            _pem("PRIVATE KEY"),
        ),
        SecretKey(
            "fcmServiceAccount",
            "Firebase service account (JSON) of the own app.",
            _own_push,
            _own_push,
            _service_account,
        ),
        SecretKey("apnKey", "Apple push key (PEM) of the own app.", _never, _own_push, _pem("PRIVATE KEY")),
        SecretKey(
            "apnCertificate",
            "Apple push certificate (PEM) of the own app.",
            _never,
            _own_push,
            _pem("CERTIFICATE"),
        ),
        SecretKey("apnPassphrase", "Passphrase of the Apple push key.", _never, _own_push),
        SecretKey(
            "healthcheckUrl",
            "Address of a dead man's switch (healthchecks.io), which a host's nightly backup tells of itself.",
            _never,
            _kept_on_host,
            _https,
        ),
        SecretKey(
            "backupWebhookUrl",
            "Incoming webhook of a channel, which is told of a host's backups.",
            _never,
            _kept_on_host,
            _https,
        ),
        SecretKey("botPassword", "Password of the bot's own account.", _bot, _bot),
        SecretKey(
            "botKeys", "Variables of the bot's scripts: a JSON object of text.", _bot_keys, _bot_keys, _texts
        ),
        SecretKey("bugsnagApiKey", "Bugsnag's API key; errors are reported there when it is set."),
    )
}


def find(name: str) -> SecretKey | None:
    """Return the secret of a name: one of `SECRETS`, or a sensitive setting of the product under its own id."""
    service = settings.service_of(name)
    if service is not None:
        return SecretKey(name, f"Secret of the OpenID Connect client of the login {service}.")
    if name in settings.own_secrets():
        return SecretKey(name, f"Sensitive setting {name} of Rocket.Chat.")
    return SECRETS.get(name)


def _spaces(parts: Parts) -> bool:
    return isinstance(parts.media, SpacesMedia)


def _digitalocean(parts: Parts) -> bool:
    return _spaces(parts) or (parts.runtime is not None and parts.runtime.traits.digitalocean)


def _atlas(parts: Parts) -> bool:
    return isinstance(parts.database, AtlasDatabase | ExistingAtlasDatabase)


_PROVIDERS: Mapping[str, Callable[[Parts], bool]] = {
    "cloudflare:apiToken": lambda parts: isinstance(parts.dns, CloudflareDns),
    "digitalocean:token": _digitalocean,
    "digitalocean:spacesAccessId": _spaces,
    "digitalocean:spacesSecretKey": _spaces,
    "mongodbatlas:publicKey": _atlas,
    "mongodbatlas:privateKey": _atlas,
}
"""Credentials of providers, and whether these parts have the provider."""


def asked(parts: Parts) -> dict[str, str]:
    """Return the names of the secrets that these parts cannot be deployed without, and what each is."""
    found = {key.name: key.description for key in SECRETS.values() if key.required(parts)}
    for name, _ in logins(parts.login):
        key = find(name)
        if name not in SECRETS and key is not None:
            found[name] = key.description
    plain = {key: one.value if isinstance(one, Locked) else one for key, one in parts.settings.items()}
    for name, switch in settings.needed(plain).items():
        found[name] = f"It goes with the setting {switch}, which does nothing without it."
    return found


def unread(names: AbstractSet[str], parts: Parts) -> Iterator[str]:
    """Yield the full keys of those of these secrets that nothing in the parts reads."""
    of_logins = {name for name, _ in logins(parts.login)}
    for name in sorted(names):
        key = find(name)
        if key is not None and (
            not key.used(parts) or (settings.service_of(name) is not None and name not in of_logins)
        ):
            yield f"rocketchat:{name}"
    for credential, used in _PROVIDERS.items():
        if credential in names and not used(parts):
            yield credential


def names() -> tuple[str, ...]:
    """Return the names of all secrets; the settings come last."""
    return (*SECRETS, *sorted(settings.own_secrets()))


PROVIDER_KEYS = {"aws:region": False, **dict.fromkeys(_PROVIDERS, True)}
"""Keys of the providers that the program reads, and whether each is a secret."""

ENVIRONMENT = {
    "aws": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment",
    "cloudflare": "CLOUDFLARE_API_TOKEN in the environment",
    "digitalocean": "DIGITALOCEAN_TOKEN, SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY in the environment",
    "kubernetes": "the secret rocketchat:kubeconfig, or `context` of the runtime",
    "mongodbatlas": "MONGODB_ATLAS_PUBLIC_KEY and MONGODB_ATLAS_PRIVATE_KEY in the environment",
}
"""What is read instead of other keys, by the providers' namespaces."""


def problems(values: Mapping[str, str], parts: Parts | None = None) -> list[Problem]:
    """Return what is wrong with the values of secrets, given by full key; no part of a value is in it."""
    return [
        Problem(path, said, remedy=command(path))
        for path, value in values.items()
        if (said := _problem(path, value, parts)) is not None
    ]


def _problem(path: str, value: str, parts: Parts | None) -> str | None:
    key = find(path.removeprefix("rocketchat:"))
    if not value.strip():
        return "the secret is empty" + ("" if key is None else f". {key.description}")
    if key is None:
        return _one_line(value) if path in PROVIDER_KEYS else None
    said = key.problem(value)
    if said is None and texts.lost(value.replace("\r", "")) is not None:
        return "the secret holds a control character, or another one that is lost or changed on its way"
    if said is None and key.name == "botKeys" and parts is not None and parts.bot:
        missing = sorted(set(parts.bot.keys) - (_object(value) or {}).keys())
        if missing:
            return f"the secret lacks {', '.join(missing)}, which `bot.keys` names"
    if said is None and key.name in SECRETS and not maskable(value.strip()):
        return "the secret is too short or an ordinary word: it is easily guessed, and cannot be masked in messages"
    return said


def command(key: str) -> str:
    """Return the command that sets a secret, given its full key."""
    return f"pulumi config set --secret {key}"
