"""From the parts of a stack to the container's variables. Values that clouds make are passed through unseen."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from rocketchat import environment as env
from rocketchat import services
from rocketchat.environment import Environment, Secret
from rocketchat.releases import Release
from rocketchat.settings import ENVIRONMENT_PREFIX, own_secrets
from stacks import hosts
from stacks.files import FOLDER
from stacks.secrets import logins
from stacks.spec import (
    Accounts,
    Administrator,
    Appearance,
    AtlasDatabase,
    Chat,
    CloudflareDns,
    CloudFrontEdge,
    Dns,
    Edge,
    ExistingAtlasDatabase,
    FargateRuntime,
    GatewayPush,
    GridFsMedia,
    HostMedia,
    HostRuntime,
    KubernetesRuntime,
    Locked,
    Login,
    Media,
    NoIngress,
    OidcLogin,
    OwnPush,
    Parts,
    SamlLogin,
    SesMail,
    SesPart,
    Setting,
    SmtpMail,
    UriDatabase,
)

V = TypeVar("V")


class PartRefused(ValueError):  # noqa: N818 - reads as what it is
    """What the environment refuses, with the part of the stack file that asks for it."""

    def __init__(self, part: str, message: str) -> None:
        self.part = part
        super().__init__(message)


@contextlib.contextmanager
def asked_by(part: str) -> Iterator[None]:
    """Say of what is refused which part asked for it."""
    try:
        yield
    except ValueError as error:
        raise PartRefused(part, str(error)) from error


@dataclass(frozen=True)
class Made(Generic[V]):
    """What the clouds and generators give to the environment, by the time the containers start."""

    database_uri: Secret[V]
    admin_password: Secret[V]
    file_token: Secret[V]
    """Signs the links to uploads."""
    registration_secret: Secret[V] | None
    """Last part of the secret registration address; None unless accounts.registration asks for it."""
    bucket: tuple[V, V] | None
    """Name and region of the bucket; None where uploads go elsewhere."""
    bucket_endpoint: V | None
    """Address of the bucket's service where that is not AWS."""
    bucket_keys: tuple[Secret[V], Secret[V]] | None
    """Access key where the runtime has no role."""
    smtp: tuple[V, int, Secret[V] | None, Secret[V] | None] | None
    """Host, port, user and password of the mail server."""
    secrets: Mapping[str, Secret[V]] = field(default_factory=dict)
    """The stack's own secrets by name."""


def trusted_proxies(edge: Edge, *, behind: int, proxied: bool) -> int:
    """Return how many proxies stand before the app: `behind` of the runtime, a CDN, the DNS service's own."""
    return behind + isinstance(edge, CloudFrontEdge) + proxied


def root_url(parts: Parts) -> str:
    """Return the chat's address for its users, without a slash at the end."""
    runtime = parts.runtime
    if isinstance(runtime, KubernetesRuntime) and isinstance(runtime.ingress, NoIngress):
        return f"http://localhost:{runtime.ingress.port}"
    return f"https://{parts.chat.host}"


def alarm_senders(parts: Parts) -> dict[str, str]:
    """Return who writes to the alarm addresses, and of what; AWS asks each address to confirm first."""
    senders = {}
    if isinstance(parts.runtime, FargateRuntime):
        senders["CloudWatch"] = "the chat"
    elif isinstance(parts.runtime, HostRuntime):
        of_backups = " and backups" if hosts.keeps_data(parts) else ""
        senders["CloudWatch"] = f"the chat, and the host's disk, memory{of_backups}"
    if isinstance(parts.mail, SesMail):
        senders["SES"] = "refused mail"
    elif isinstance(parts.mail, SesPart):
        senders.setdefault("CloudWatch", "the mail domain's good name")
    if parts.monitoring.monthly_budget_usd is not None:
        senders["AWS Budgets"] = "the costs"
    if isinstance(parts.database, AtlasDatabase):
        senders["Atlas"] = "the database"
    return senders


MIB = 1024 * 1024
USUAL_FILE_MB = 100
"""The product's own limit of an upload."""
CLOUDFLARE_BODY_MB = {"free": 100, "pro": 100, "business": 200, "enterprise": 500}
"""Largest request of 10^6 bytes that Cloudflare's proxy takes, by plan (developers.cloudflare.com, "Workers: request
limits" and "Error 413")."""


def proxy_file_mb(dns: Dns | None) -> int | None:
    """Return the largest upload in MiB that Cloudflare's proxy lets through; None where it does not stand there.

    A twentieth is left for MB that are MiB, and for the form around the file.
    """
    if not isinstance(dns, CloudflareDns) or not dns.proxied:
        return None
    return CLOUDFLARE_BODY_MB[dns.plan] * 19 // 20


def max_file_mb(media: Media, dns: Dns | None) -> int:
    """Return the largest upload in MiB."""
    if media.max_file_mb is not None:
        return media.max_file_mb
    return min(USUAL_FILE_MB, proxy_file_mb(dns) or USUAL_FILE_MB)


def ses_port(parts: Parts) -> int:
    """Return SES's port for SMTP: DigitalOcean blocks the usual one out of droplets."""
    return 2587 if parts.runtime.traits.digitalocean else 587


def dmarc_policy(mail: SesMail, host: str) -> str:
    """Return what the DMARC record of the mail domain is to say; `leave` where it is not the stack's to make.

    The record speaks for everybody who sends in the domain's name. Only the chat's host and what is below it are
    the stack's own.
    """
    if mail.dmarc_policy is not None:
        return mail.dmarc_policy
    return "quarantine" if mail.domain == host or mail.domain.endswith(f".{host}") else "leave"


def makes_administrator(parts: Parts) -> bool:
    """Return whether the administrator of this stack is certainly the one of the chat: its database began empty."""
    database = parts.database
    return not isinstance(database, UriDatabase | ExistingAtlasDatabase) or database.empty


def contact(parts: Parts) -> str:
    """Return the address that the authority which issues certificates may write to."""
    if parts.chat.administrator is not None:
        return parts.chat.administrator.email
    if parts.monitoring.alarm_emails:
        return parts.monitoring.alarm_emails[0]
    domain = parts.mail.domain if parts.mail is not None and parts.mail.domain else parts.chat.host
    return f"admin@{domain}"


def administrator_username(chat: Chat) -> str:
    """Return the login name of the first administrator."""
    if chat.administrator is not None:
        return chat.administrator.username
    return str(Administrator.model_fields["username"].default)


def form_hidden(accounts: Accounts, chat: Chat, login: Sequence[Login]) -> bool:
    """Return whether the login form is hidden: asked for, and somebody is administrator without it."""
    known = chat.administrator is not None or chat.upgrade_from is not None
    return accounts.login_form is False and known and bool(login)


def sender_domain(sender: str) -> str:
    """Return the domain of a From address, which may carry a name."""
    return env.bare_address(sender).partition("@")[2].lower()


_SIGN_ON = re.compile(
    r"Accounts_OAuth_(Custom-)?(?!Use_)([A-Za-z0-9]+|GitHub_Enterprise)|SAML_Custom_[A-Za-z0-9-]+|CAS_enabled"
)
"""Switches of the product's own login services."""


def signs_on(settings: Mapping[str, Setting]) -> bool:
    """Return whether the settings switch on single sign-on by themselves."""
    return any(
        (value.value if isinstance(value, Locked) else value) is True and _SIGN_ON.fullmatch(key) is not None
        for key, value in settings.items()
    )


def _said_of(settings: Mapping[str, Setting], variables: Environment[str]) -> bool:
    """Return whether the settings say themselves what these variables would."""
    return any(f"{ENVIRONMENT_PREFIX}{key}" in variables.names for key in settings)


def listed(settings: Mapping[str, Setting]) -> dict[str, object]:
    """Return the free-form settings as the catalogue checks them: a value, or value and lock."""
    return {
        key: {"value": value.value, "lock": value.lock} if isinstance(value, Locked) else value
        for key, value in settings.items()
    }


def style(appearance: Appearance) -> tuple[str, list[env.Font]]:
    """Return the style sheet and the fonts; raises ValueError for a font file that cannot be read."""
    fonts = []
    for font in appearance.fonts:
        path = (FOLDER / font.file).resolve()
        if not path.is_relative_to(FOLDER.resolve()):
            raise ValueError(f"the font file {font.file} is outside the folder of the stack files")
        fonts.append(env.Font(font.family, _read(path, font.file), weight=font.weight, use=font.used_for))
    return appearance.css or "", fonts


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"the font file {name} cannot be read: {error.strerror}") from error


def environments(
    parts: Parts, release: Release, made: Made[V], *, proxies: int, broker: str | None
) -> dict[str, Environment[V | str]]:
    """Return the variables of the main server by the part of the stack file that asks for them.

    `proxies` counts the trusted proxies, `broker` is the host of NATS where several servers run. Raises
    PartRefused where a part asks for what cannot be.
    """
    chat = parts.chat
    admin = chat.administrator
    secrets = made.secrets
    found: dict[str, list[Environment[V | str]]] = {}

    def add(part: str, *asked: Environment[V | str] | Environment[V] | Environment[str]) -> None:
        found.setdefault(part, []).extend(asked)

    with asked_by("chat"):
        add(
            "chat",
            env.core(
                release,
                root_url(parts),
                proxies,
                platform="pulumi",
                site_name=chat.site_name or chat.host,
                language=chat.language,
            ),
            env.administrator(
                administrator_username(chat),
                Administrator.model_fields["name"].default if admin is None else admin.name,
                None if admin is None else admin.email,
                made.admin_password,
            ),
        )
    if "license" in secrets:
        add("chat", env.licence(secrets["license"]))
    if broker is not None:
        topology = parts.runtime.topology
        add(
            "runtime",
            env.instances(release, topology, services.transporter(topology, broker)),
        )
    add("database", env.database(made.database_uri))
    add("media", env.file_protection(made.file_token, most_bytes=max_file_mb(parts.media, parts.dns) * MIB))
    if isinstance(parts.media, HostMedia):
        add("media", env.media_filesystem())
    elif isinstance(parts.media, GridFsMedia) or made.bucket is None:
        add("media", env.media_gridfs())
    else:
        key, secret = made.bucket_keys or (None, None)
        add(
            "media",
            env.media_s3(
                release,
                *made.bucket,
                endpoint=made.bucket_endpoint,
                access_key_id=key,
                secret_access_key=secret,
            ),
        )
    if parts.mail is not None and made.smtp is not None:
        with asked_by("mail"):
            add("mail", _mail(parts.mail, made.smtp))
    for name, login in logins(parts.login):
        with asked_by("login"):
            add("login", _login(login, root_url(parts), release, secrets, name))
    without_code = env.single_sign_on(release)
    if parts.login or (signs_on(parts.settings) and not _said_of(parts.settings, without_code)):
        add("login", without_code)
    accounts = parts.accounts.model_dump()
    if accounts["login_form"] is False:
        accounts["login_form"] = not form_hidden(parts.accounts, chat, parts.login)
    with asked_by("accounts"):
        add(
            "accounts",
            env.accounts(**accounts, secret_url=made.registration_secret, single_sign_on=bool(parts.login)),
        )
    with asked_by("push"):
        add("push", *_push(parts, release, secrets))
    with asked_by("appearance"):
        css, fonts = style(parts.appearance)
        if css or fonts or parts.appearance.home_title:
            add("appearance", env.appearance(css, fonts, home_title=parts.appearance.home_title))
    if "bugsnagApiKey" in secrets:
        add("monitoring", env.bugsnag(secrets["bugsnagApiKey"]))
    if parts.monitoring.prometheus:
        add("monitoring", env.prometheus())
    own = {name: secrets[name] for name in sorted(own_secrets() & secrets.keys())}
    add("settings", env.settings({**listed(parts.settings), **own}))
    merged = {}
    for part, together in found.items():
        with asked_by(part):
            merged[part] = env.merge(together)
    return merged


def _mail(
    mail: SesPart | SmtpMail, smtp: tuple[V, int, Secret[V] | None, Secret[V] | None]
) -> Environment[V | str]:
    host, port, username, password = smtp
    implicit_tls = isinstance(mail, SmtpMail) and mail.encryption == "tls"
    return env.mail(
        host,
        port,
        mail.sender,
        username=username,
        password=password,
        protocol="smtps" if implicit_tls else "smtp",
        domain=mail.domain,
    )


def _login(
    login: OidcLogin | SamlLogin,
    root: str,
    release: Release,
    secrets: Mapping[str, Secret[V]],
    secret: str,
) -> Environment[V | str]:
    if isinstance(login, OidcLogin):
        options = env.OidcOptions(
            token_path=login.token_path,
            identity_path=login.identity_path,
            authorize_path=login.authorize_path,
            scope=login.scope,
            button_label_text=login.button_text,
            username_field=login.username_field,
            key_field=login.key_field,
            merge_users=login.merge_users,
            merge_roles=login.merge_roles or None,
            roles_claim=login.roles_field if login.merge_roles else None,
        )
        return env.oidc(
            release,
            login.service,
            login.url,
            login.client_id,
            secrets[secret],
            preset=login.preset,
            realm=login.realm,
            options=options,
            licensed="license" in secrets,
        )
    return env.saml(
        root,
        login.name,
        login.entry_point,
        login.certificate,
        preset=login.preset,
        logout=login.logout,
        private_key=secrets.get(secret),
        public_certificate=login.own_certificate,
        signed=login.signed,
        button_text=login.button_text,
    )


def _push(parts: Parts, release: Release, secrets: Mapping[str, Secret[V]]) -> list[Environment[V | str]]:
    gateway = isinstance(parts.push, GatewayPush)
    token = secrets.get("registrationToken")
    made: list[Environment[V | str]] = []
    if gateway or token is not None:
        made.append(env.setup_wizard(register=True, registration_token=token))
    if gateway:
        made.append(env.push_gateway())
    elif isinstance(parts.push, OwnPush):
        made.append(
            env.push_own(
                release,
                google_credentials=secrets.get("fcmServiceAccount"),
                apple_key=secrets.get("apnKey"),
                apple_certificate=secrets.get("apnCertificate"),
                apple_passphrase=secrets.get("apnPassphrase"),
            )
        )
    else:
        made.append(env.push_none())
    return made
