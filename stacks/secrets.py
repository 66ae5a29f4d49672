"""The secrets of a stack: flat keys of their own, because a secret inside an object ends in the state in clear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from components.database.uri import uri_problem
from components.runtime.kubeconfig import kubeconfig_problem
from stacks.problems import Problem
from stacks.spec import (
    HostMedia,
    KubernetesRuntime,
    OidcLogin,
    OnHostDatabase,
    OwnPush,
    Parts,
    SamlLogin,
    SmtpMail,
    UriDatabase,
)


def _never(_: Parts) -> bool:
    return False


@dataclass(frozen=True)
class SecretKey:
    """One key `rocketchat:<name>` that is always secret."""

    name: str
    description: str
    required: Callable[[Parts], bool] = _never
    """Whether these parts cannot be deployed without it. A part that is wrong by itself is None here."""
    used: Callable[[Parts], bool] = lambda _: True
    """Whether anything in these parts reads it."""
    problem: Callable[[str], str | None] = lambda _: None
    """What is wrong with a value, told without any part of it; None where nothing is."""


def _oidc(parts: Parts) -> bool:
    return any(isinstance(login, OidcLogin) for login in parts.login)


def _saml(parts: Parts) -> bool:
    return any(isinstance(login, SamlLogin) for login in parts.login)


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
        SecretKey("samlPrivateKey", "Private key (PEM) that signs SAML requests.", _never, _saml),
        SecretKey(
            "fcmServiceAccount", "Firebase service account (JSON) of the own app.", _own_push, _own_push
        ),
        SecretKey("apnKey", "Apple push key (PEM) of the own app.", _never, _own_push),
        SecretKey("apnCertificate", "Apple push certificate (PEM) of the own app.", _never, _own_push),
        SecretKey("apnPassphrase", "Passphrase of the Apple push key.", _never, _own_push),
        SecretKey(
            "healthcheckUrl",
            "Address of a dead man's switch (healthchecks.io), which a host's nightly backup tells of itself.",
            _never,
            _kept_on_host,
        ),
        SecretKey(
            "backupWebhookUrl",
            "Incoming webhook of a channel, which is told of a host's backups.",
            _never,
            _kept_on_host,
        ),
        SecretKey("botPassword", "Password of the bot's own account.", _bot, _bot),
        SecretKey("botKeys", "Variables of the bot's scripts: a JSON object of text.", _bot_keys, _bot_keys),
        SecretKey("bugsnagApiKey", "Bugsnag's API key; errors are reported there when it is set."),
    )
}

PROVIDER_KEYS = {
    "aws:region": False,
    "cloudflare:apiToken": True,
    "digitalocean:token": True,
    "digitalocean:spacesAccessId": True,
    "digitalocean:spacesSecretKey": True,
    "mongodbatlas:publicKey": True,
    "mongodbatlas:privateKey": True,
}
"""Keys of the providers that the program reads, and whether each is a secret."""


def problems(values: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the values of secrets, given by full key; no part of a value is in it."""
    return [
        Problem(path, said, remedy=command(path))
        for key in SECRETS.values()
        if (path := f"rocketchat:{key.name}") in values and (said := key.problem(values[path])) is not None
    ]


def command(key: str) -> str:
    """Return the command that sets a secret, given its full key."""
    return f"pulumi config set --secret {key}"
