"""From the parts of a stack to the container's variables. Values that clouds make are passed through unseen."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from components import regions
from components.values import DatabaseAccess, MailAccess, MediaAccess
from rocketchat import assets, services, workspace
from rocketchat import environment as env
from rocketchat.environment import Environment, Secret
from rocketchat.releases import Release
from rocketchat.settings import ENVIRONMENT_PREFIX, own_secrets
from rocketchat.workspace import Passwords, login_policy
from stacks import beside, container
from stacks.kinds.kind import Kind, chosen
from stacks.kinds.login import LoginKind, by_button
from stacks.kinds.runtime.digitalocean import TOKEN
from stacks.parts import Accounts, Administrator, Appearance, Chat, Font, Locked, Setting
from stacks.spec import Parts

if TYPE_CHECKING:
    import pulumi

    from stacks.kinds.kind import Variables


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
class Made:
    """What the environment is made of: the parts, and what clouds and generators give by the time containers start."""

    parts: Parts
    release: Release
    database: DatabaseAccess
    media: MediaAccess | None
    """None where uploads go into no bucket."""
    mail: MailAccess | None
    admin_password: "pulumi.Input[str]" = field(repr=False)
    file_token: "pulumi.Input[str]" = field(repr=False)
    """Signs the links to uploads."""
    registration: "pulumi.Input[str] | None" = field(default=None, repr=False)
    """Last part of the secret registration address; None unless accounts.registration asks for it."""
    secrets: "Mapping[str, pulumi.Input[str]]" = field(default_factory=dict, repr=False)
    """The stack's own secrets by name."""
    proxies: int = 1
    """Trusted proxies before the app."""
    broker: str | None = None
    """Host of NATS where several servers run."""

    @property
    def root_url(self) -> str:
        """The chat's address for its users, without a slash at the end."""
        return self.parts.runtime.root_url(self.parts.chat.host)


def imagined(
    parts: Parts,
    release: Release,
    secrets: Iterable[str],
    *,
    endpoint: str | None = None,
    broker: str | None = None,
    clouds: str = "",
) -> dict[str, Environment[str]]:
    """Return the variables by part, with a text in place of each value that clouds make, and its name for a secret.

    `secrets` are the names of those that are set, `endpoint` is the address of the bucket where that is not AWS's. What
    clouds make begins with `clouds`.
    """
    # Nothing looks into what clouds make, so a text will do for it.
    shown: Any = f"{clouds}a value"
    made = Made(
        parts,
        release,
        DatabaseAccess(uri=shown),
        MediaAccess(
            bucket=cast("Any", f"{clouds}bucket"),
            region=cast("Any", f"{clouds}region"),
            endpoint=cast("Any", endpoint),
            access_key_id=shown,
            secret_access_key=shown,
        ),
        MailAccess(host=f"{clouds}host", port=587, domain="", username=shown, password=shown),
        admin_password=shown,
        file_token=shown,
        registration=shown if parts.accounts.registration == "secret-url" else None,
        secrets={name: name for name in secrets},
        broker=broker,
    )
    return cast("dict[str, Environment[str]]", environments(made))


def trusted_proxies(parts: Parts, behind: int) -> int:
    """Return how many proxies stand before the app: `behind` of the runtime, a CDN, the DNS service's own."""
    return behind + parts.edge.is_cdn + (parts.dns is not None and parts.dns.proxied)


def asks_from_outside(parts: Parts, region: str | None) -> str:
    """Return who can ask for the chat's address from outside and tell the alarm addresses; empty where nobody can."""
    if region is not None and regions.partition(region) == "aws":
        return "Route 53"
    at_digitalocean = any(TOKEN.keys() <= kind.credentials.keys() for _, kind in chosen(parts))
    return "DigitalOcean" if at_digitalocean else ""


def alarm_senders(parts: Parts, region: str | None) -> dict[str, str]:
    """Return who writes to the alarm addresses, and of what; AWS asks each address to confirm first."""
    senders: dict[str, str] = {}
    for _, kind in chosen(parts):
        for sender, what in kind.alarm_senders(parts).items():
            senders.setdefault(sender, what)
    if parts.monitoring.uptime and (asks := asks_from_outside(parts, region)):
        senders[asks] = "the chat's address, from outside"
    if parts.monitoring.monthly_budget_usd is not None:
        senders["AWS Budgets"] = "the costs"
    return senders


def unwatched(parts: Parts, region: str | None) -> list[str]:
    """Return what nothing in the stack watches, each with who could.

    It becomes an output of the stack: commands are named without the path that they have on one machine.
    """
    runtime, database = parts.runtime, parts.database
    emails = bool(parts.monitoring.alarm_emails)
    of_runtime = emails and bool(runtime.alarm_senders(parts))
    found: list[tuple[str, str]] = []
    if not parts.monitoring.uptime:
        where = "a network that may connect" if runtime.is_closed else "elsewhere"
        by_itself = (
            "`monitoring.uptime`; or " if not runtime.is_closed and asks_from_outside(parts, region) else ""
        )
        found.append(
            (
                "the chat's address, from outside",
                f"{by_itself}`rocketchat verify STACK --json` every few minutes from {where}",
            )
        )
    if not of_runtime:
        found.append(
            (
                "the containers",
                "`monitoring.alarmEmails`"
                if runtime.alarm_senders(parts)
                else "the cluster's own monitoring",
            )
        )
    if parts.bot is not None and not (of_runtime and runtime.watches_bot):
        by = (
            "`monitoring.alarmEmails`"
            if runtime.watches_bot
            else "`rocketchat verify STACK --user USER`, which asks for it"
        )
        found.append(("the bot", by))
    if runtime.has_disk:
        found.append(("the host's load", "the provider's own graphs"))
    if not (of_runtime if database.on_host else emails and database.alarm_senders(parts)):
        watches = database.on_host or database.alarm_senders(parts)
        found.append(("the database", "`monitoring.alarmEmails`" if watches else "whoever runs it"))
    outside = asks_from_outside(parts, region) if parts.monitoring.uptime else ""
    if outside != "DigitalOcean" and not (of_runtime and runtime.certified_by_aws):
        found.append(("the certificate's end", "`rocketchat verify STACK`, which counts its days"))
    if parts.mail is not None and not (emails and parts.mail.alarm_senders(parts)):
        found.append(("mail", "whoever sends it"))
    if parts.monitoring.monthly_budget_usd is None:
        found.append(("the costs", "`monitoring.monthlyBudgetUsd`, in AWS"))
    return [f"{what} ({who})" for what, who in found]


MIB = 1024 * 1024


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


def form_hidden(accounts: Accounts, chat: Chat, login: Sequence[LoginKind]) -> bool:
    """Return whether the login form is hidden: asked for, and somebody is administrator without it."""
    known = chat.administrator is not None or chat.upgrade_from is not None
    return accounts.login_form is False and known and by_button(login)


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


def sends_mail(parts: Parts) -> bool:
    """Return whether the server has somebody to give its mail to."""
    return parts.mail is not None or "SMTP_Host" in parts.settings


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
    return appearance.css or "", [font_of(font) for font in appearance.fonts]


def font_of(font: Font) -> env.Font:
    """Return a font with what is in its file; raises ValueError where that cannot be read."""
    return env.Font(font.family, beside.read(font.file, "font"), weight=font.weight, use=font.used_for)


def picture(appearance: Appearance, asset: str) -> assets.Picture:
    """Return one of the pictures that the stack file names; raises ValueError for a file that cannot be used."""
    name = appearance.assets[asset]
    return assets.picture(asset, name, beside.read(name, "picture"))


_ORDER = (
    "chat",
    "runtime",
    "database",
    "media",
    "mail",
    "login",
    "accounts",
    "push",
    "appearance",
    "monitoring",
    "container",
    "settings",
)
"""Parts in the order of their variables. A host's document shows it: another order would be a change of each host."""


POLICY = (
    "default_roles",
    "allowed_domains",
    "blocked_domains",
    "session_days",
    "approval",
    "verify_email",
)
"""Keys of `accounts` that are no switches of what users may do."""


def _rules_of(chat: Chat) -> "Iterator[Variables]":
    """Yield what is kept, shown and joined."""
    if chat.retention is not None:
        kept = chat.retention
        yield workspace.retention(
            {"Channels": kept.channels_days, "Groups": kept.groups_days, "DMs": kept.direct_days},
            files_only=kept.files_only,
            keep_pinned=kept.keep_pinned,
            keep_threads=kept.keep_threads,
            keep_discussions=kept.keep_discussions,
        )
    if chat.legal is not None:
        yield workspace.legal(**chat.legal.model_dump())
    if chat.federation is not None:
        yield workspace.federation(chat.federation.domain, chat.federation.allow)
    if chat.conferences is not None:
        yield workspace.conferences(**chat.conferences.model_dump())
    if chat.offline:
        yield workspace.offline()


def environments(made: Made) -> "dict[str, Variables]":
    """Return the variables of the main server by the part of the stack file that asks for them.

    Raises PartRefused where a part asks for what cannot be.
    """
    parts, release, secrets = made.parts, made.release, made.secrets
    chat = parts.chat
    admin = chat.administrator
    found: dict[str, list[Variables]] = {part: [] for part in _ORDER}

    def add(part: str, *asked: "Variables") -> None:
        found.setdefault(part, []).extend(asked)

    def add_kind(part: str, kind: Kind) -> None:
        with asked_by(part):
            add(part, *kind.environment(made))

    with asked_by("chat"):
        add(
            "chat",
            env.core(
                release,
                made.root_url,
                made.proxies,
                platform="pulumi",
                site_name=chat.site_name or chat.host,
                language=chat.language,
            ),
            env.administrator(
                administrator_username(chat),
                Administrator.model_fields["name"].default if admin is None else admin.name,
                None if admin is None else admin.email,
                Secret(made.admin_password),
            ),
        )
    with asked_by("chat"):
        add("chat", *_rules_of(chat))
    if "license" in secrets:
        add("chat", env.licence(Secret(secrets["license"])))
    if made.broker is not None:
        topology = parts.runtime.topology
        add("runtime", env.instances(release, topology, services.transporter(topology, made.broker)))
    most_bytes = parts.media.largest_file_mb(parts.dns) * MIB
    add(
        "media",
        env.file_protection(
            Secret(made.file_token),
            most_bytes=most_bytes,
            allowed_types=parts.media.allowed_types,
            refused_types=parts.media.refused_types,
        ),
    )
    for part, kind in chosen(parts):
        add_kind(part, kind)
    without_code, without_mail = env.single_sign_on(release), env.without_mail()
    signed_on = by_button(parts.login) or (
        signs_on(parts.settings) and not _said_of(parts.settings, without_code)
    )
    if signed_on:
        add("login", without_code)
    said = _said_of(parts.settings, without_mail) or (signed_on and without_code.names == without_mail.names)
    if not said and not sends_mail(parts):
        add("mail", without_mail)
    passwords = parts.accounts.passwords
    accounts = parts.accounts.model_dump(exclude={"passwords", "roles"})
    if accounts["login_form"] is False:
        accounts["login_form"] = not form_hidden(parts.accounts, chat, parts.login)
    with asked_by("accounts"):
        add(
            "accounts",
            login_policy(
                **{name: accounts.pop(name) for name in POLICY},
                passwords=None if passwords is None else Passwords(**passwords.model_dump()),
                lock=parts.accounts.lock,
            ),
            env.accounts(
                **accounts,
                secret_url=None if made.registration is None else Secret(made.registration),
                single_sign_on=by_button(parts.login),
            ),
        )
    with asked_by("appearance"):
        css, fonts = style(parts.appearance)
        if css or fonts or parts.appearance.home_title:
            add("appearance", env.appearance(css, fonts, home_title=parts.appearance.home_title))
    if "bugsnagApiKey" in secrets:
        add("monitoring", env.bugsnag(Secret(secrets["bugsnagApiKey"])))
    if parts.monitoring.prometheus:
        add("monitoring", env.prometheus())
    with asked_by("container"):
        memory, given = parts.runtime.server_memory(parts), secrets.get(container.SECRET)
        add("container", *parts.container.environment(memory, given, parts.runtime.files_in))
    own = {name: Secret(secrets[name]) for name in sorted(own_secrets() & secrets.keys())}
    add("settings", env.settings({**listed(parts.settings), **own}))
    merged = {}
    for part, together in found.items():
        if together:
            with asked_by(part):
                merged[part] = env.merge(together)
    return merged
