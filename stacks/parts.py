"""The parts of a stack file that come in one way only: what chat is wanted, and what goes beside it."""

import difflib
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rocketchat import bot, locales, releases, safety, usage
from rocketchat.assets import ASSETS
from stacks.fields import BucketName, Days, Email, ExactImage, Form, HostName, Part, Version, quoted
from stacks.secret_keys import BACKUP_NEWS, SecretKey, json_texts, lacking
from stacks.workspace import Conferences, Federation, Legal, Passwords, Retention, RoleName

if TYPE_CHECKING:
    from stacks.spec import Parts

TagName = Annotated[
    str,
    Form(
        r"(?![Aa][Ww][Ss]:)[A-Za-z][A-Za-z0-9_.:/+@-]{0,62}",
        "the name of a tag: a letter, then letters, digits and _.:/+@-, at most 63, and not aws: at its beginning",
    ),
]
TagValue = Annotated[
    str,
    Form(
        r"(?![Aa][Ww][Ss]:)[A-Za-z0-9 _.:/=+@-]{1,200}",
        "the value of a tag: letters, digits, spaces and _.:/=+@-, at most 200, and not aws: at its beginning",
    ),
]
"""AWS keeps `aws:` in any case of letters for itself, in values too (ECS developer guide, "Tag restrictions")."""
_Package = Annotated[
    str,
    Form(
        r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*(@[A-Za-z0-9._+~^-]+)?",
        "a package of npm, such as hubot-help or hubot-help@1.0.0",
    ),
]
"""A package of npm by its name, with or without a version (docs.npmjs.com, "package.json": name)."""
Release = Annotated[str, BeforeValidator(quoted), AfterValidator(releases.resolve)]


def _own_variable(name: str) -> str:
    if name in bot.RESERVED:
        raise ValueError("the program sets this variable itself, by the other keys of the bot")
    if name == "PATH":
        raise ValueError("the bot would not start with it: its image says where its programs are")
    if name in safety.VARIABLES_OF_TESTS:
        raise ValueError(f"{safety.VARIABLES_OF_TESTS[name]}; the policy pack refuses it")
    return name


def _setting(given: Any) -> Any:
    """Say in one sentence what is wrong with the form of a setting, instead of one for each form that there is."""
    value = given
    if isinstance(given, dict):
        if "value" not in given or not given.keys() <= {"value", "lock"}:
            raise ValueError(
                "a setting is a value, or a value with its lock: {value: …, lock: true}; JSON is written as one text: "
                """'{"group": "role"}'"""
            )
        if not isinstance(given.get("lock", False), bool):
            raise ValueError("lock must be true or false")  # noqa: TRY004 - what pydantic reports
        value = given["value"]
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise ValueError("a list holds texts only; put each in quotes")
    if not isinstance(value, bool | int | float | str | list):
        raise ValueError("a setting is a text, a number, true or false, or a list of texts")  # noqa: TRY004
    return given


class Profile(StrEnum):
    """What the defaults are for: `trial` is cheap and easily removed, `production` is protected."""

    TRIAL = "trial"
    PRODUCTION = "production"


ADMIN = "admin"
NEEDED_BY_ADMIN = frozenset(
    {"access-permissions", "access-setting-permissions", "edit-privileged-setting", "view-privileged-setting"}
)
"""Permissions without which an administrator can give back none (docs.rocket.chat, "Permissions")."""
EVERYBODY = frozenset({"user", "guest", "anonymous", "bot", "app"})
POWERS = frozenset(
    {
        *("access-permissions", "assign-admin-role", "edit-privileged-setting", "edit-other-user-password"),
        *("edit-other-user-info", "user-generate-access-token", "manage-apps", "run-import"),
    }
)
"""Permissions by which somebody can become administrator, or act as one."""
Permission = Annotated[
    str, Form(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}", "the id of a permission, such as create-team")
]


def _language(code: str) -> str:
    if unknown := locales.unknown_language(code):
        raise ValueError(unknown)
    return code


def _asset(name: str) -> str:
    if name not in ASSETS:
        near = difflib.get_close_matches(name, ASSETS, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"there is no picture {name!r}; {hint}There are {', '.join(ASSETS)}")
    return name


class Administrator(Part):
    """The first administrator, made while nobody has the role. The password is generated and is an output."""

    email: Email
    """Address of who is administrator. Whoever comes by single sign-on with it gets this account."""
    username: Annotated[
        str,
        Field(min_length=3, max_length=40),
        Form(r"[0-9a-zA-Z._-]+", "a user name: letters, digits and . _ -"),
    ] = "rocket.admin"
    """Login name. `admin` and the like are guessed by everyone."""
    name: str = Field(default="Administrator", min_length=1, max_length=80)
    """Name shown in the chat."""


class Chat(Part):
    """What chat is wanted."""

    secrets: ClassVar[tuple[SecretKey, ...]] = (
        SecretKey("license", "Licence of Rocket.Chat; several containers, microservices and more need one."),
        SecretKey(
            "registrationToken", "Token that registers the workspace at Rocket.Chat Cloud at its first start."
        ),
    )

    host: HostName
    """Public name, without scheme or slash, such as `chat.lovia.life`."""
    release: Release = releases.DEFAULT_RELEASE
    """Exact release of Rocket.Chat, such as `8.9.0`; or a line, such as `"8.5"`, whose newest patch that this program
    knows is meant."""
    upgrade_from: Version | None = None
    """The release that runs now; the step to `release` is then checked."""
    users: int = Field(default=25, ge=1)
    """Users at the same time. Sizes the containers and the database."""
    profile: Profile = Field(default=Profile.PRODUCTION, strict=False)
    """`trial` or `production`: what the defaults of all other parts are."""
    site_name: str | None = Field(default=None, min_length=1, max_length=100)
    """Name of the workspace; the host when left out."""
    language: (
        Annotated[
            str, Form(r"[a-z]{2,3}(-[A-Z]{2})?", "a language, such as de or pt-BR"), AfterValidator(_language)
        ]
        | None
    ) = None
    """Language of the workspace, such as `en` or `de`."""
    administrator: Administrator | None = None
    """The first administrator; `rocket.admin`, without an address, when left out."""
    retention: Retention | None = None
    """How long messages are kept before they are deleted for good; for ever when left out."""
    legal: Legal | None = None
    """Terms of service, privacy policy and legal notice."""
    federation: Federation | None = None
    """Rooms shared with other workspaces and Matrix servers; none when left out."""
    conferences: Conferences | None = None
    """Video conferences; by the first app that brings them when left out."""
    offline: bool = False
    """The server asks nothing of its vendor: no statistics, no look for new versions, no push gateway. From 7.0 on it
    needs a licence, and takes no messages after ten days without one."""
    tags: Mapping[TagName, TagValue] = {}
    """Further tags of everything that takes tags, such as `{CostCenter: "4711"}`."""


class Role(Part):
    """What a role of the chat must and may do, beside what it has in the chat."""

    name: RoleName
    """A role that the chat has, such as `user`, `moderator` or `admin`."""
    second_factor: bool | None = None
    """Whoever has the role must set up a second factor. The product describes it as premium. As it is in the
    chat when left out."""
    grant: list[Permission] = []
    """Permissions that the role gets, by their ids, such as `create-team`."""
    revoke: list[Permission] = []
    """Permissions that are taken from it."""

    @model_validator(mode="after")
    def _agreed(self) -> "Role":
        both = sorted({*self.grant} & {*self.revoke})
        if both:
            raise ValueError(f"{', '.join(both)} cannot be both granted and revoked")
        gone = sorted({*self.revoke} & NEEDED_BY_ADMIN) if self.name == ADMIN else []
        if gone:
            raise ValueError(f"without {', '.join(gone)} no administrator could undo this: leave it to admin")
        return self


class Accounts(Part):
    """What users may do with their own accounts. A key that is left out keeps the product's default."""

    login_form: bool | None = None
    """Show the form for user name and password. False hides it once somebody can be administrator without it: when
    `chat.administrator` names the address of somebody who comes by single sign-on, or the chat runs already
    (`chat.upgradeFrom`)."""
    registration: Literal["disabled", "public", "secret-url"] = "disabled"
    """Who may make an account by the form."""
    profile_change: bool | None = None
    """Users may change their profiles; as in the product, which lets them, when left out."""
    username_change: bool | None = None
    """Users may change their user names; as `profileChange`."""
    name_change: bool | None = None
    """Users may change their names; as `profileChange`."""
    email_change: bool | None = None
    """Users may change their e-mail addresses; as `profileChange`."""
    password_change: bool | None = None
    """Users may change their passwords; as `profileChange`."""
    avatar_change: bool | None = None
    """Users may change their pictures; as `profileChange`."""
    status_change: bool | None = None
    """Users may write a status message; as `profileChange`."""
    delete_own: bool | None = None
    """Users may delete their own accounts; as in the product, which does not let them, when left out."""
    two_factor: bool | None = None
    """Two-factor authentication is possible."""
    default_roles: list[RoleName] = []
    """Roles of new users, by the form and by single sign-on; `user` when left out."""
    allowed_domains: list[HostName] = []
    """Domains of the addresses that new accounts may have; any when left out."""
    blocked_domains: list[HostName] = []
    """Domains of the addresses that no new account may have."""
    session_days: int | None = Field(default=None, ge=1, le=3650)
    """Days after which a user signs in again; 90 when left out."""
    approval: bool | None = None
    """An administrator lets each new user in."""
    verify_email: bool | None = None
    """Users of the form sign in only once their address is verified."""
    passwords: Passwords | None = None
    """What passwords of the chat's own must be like; the product's own rules when left out."""
    roles: list[Role] = []
    """What roles of the chat must and may do. No variable sets it; `rocketchat configure` does."""
    lock: bool = False
    """Lock all of these against change in the administration pages."""


class ObjectLock(Part):
    """How S3 holds what is in the bucket against being deleted: the stack's own jobs cannot in any case."""

    days: Days
    """Days from its writing on in which no version of an object may be deleted. At most `backup.keepDays`."""
    mode: Literal["governance", "compliance"] = "governance"
    """`governance`: an administrator of the account with `s3:BypassGovernanceRetention` may, all others may not.
    `compliance`: nobody may, nor shorten it, not even the account's root user; the bucket stays until then."""


class Backup(Part):
    """How the database is backed up, and how long that is kept. A key that is left out comes from the profile."""

    secrets: ClassVar[tuple[SecretKey, ...]] = BACKUP_NEWS

    dumps: bool | None = None
    """Dump the database every night to a bucket of S3, and restore the newest dump beside it twice a week to try it. On
    for what is on a host (where it is tried every month), and for a database in a cluster in production. Atlas takes
    snapshots by itself: there it is a second copy, out of Atlas's reach."""
    restore_window_days: int | None = Field(default=None, ge=1, le=7)
    """Point-in-time restore of Atlas goes back so many days."""
    bucket: BucketName | None = None
    """Bucket at AWS for the dumps and for what is kept on a host; its name is made up when left out."""
    keep_days: Days = 35
    """How long nightly backups are kept there. The newest eight stay in any case."""
    object_lock: ObjectLock | None = None
    """Hold backups against being deleted before their time; not held when left out."""
    hour: int = Field(default=18, ge=0, le=23)
    """Hour of day, UTC, of the nightly dump."""
    daily_days: int | None = Field(default=None, ge=2, le=3650)
    """How many days Atlas keeps the snapshot of a day."""
    weekly_weeks: int | None = Field(default=None, ge=1, le=52)
    """How many weeks Atlas keeps the snapshot of a week."""
    monthly_months: int | None = Field(default=None, ge=1, le=36)
    """How many months Atlas keeps the snapshot of a month."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """Return the secrets that it reads: none where nothing is backed up by the stack itself."""
        media = parts.media
        return self.secrets if parts.dumped or (media is not None and media.on_host) else ()


class Bot(Part):
    """A chat bot in a container of its own: Hubot, which nobody maintains any more, or another by `image`.

    `rocketchat configure` makes its account, with the role `bot`; its password is the secret `botPassword`.
    """

    secrets: ClassVar[tuple[SecretKey, ...]] = (
        SecretKey("botPassword", "Password of the bot's own account.", required=True),
        SecretKey(
            "botKeys",
            "Variables of the bot's scripts: a JSON object of text.",
            required=True,
            problem=json_texts,
        ),
    )

    image: ExactImage = bot.DEFAULT_IMAGE
    """Image with an exact tag, and a digest if you like. It gets the variables of Hubot's (`ROCKETCHAT_URL`,
    `ROCKETCHAT_USER`, `ROCKETCHAT_PASSWORD` and the others), and those of `keys`."""
    uid: int | None = Field(default=None, ge=1, le=2_147_483_647)
    """Number of the user that it runs as. That of Hubot's image when left out; another image needs it where containers
    must not run as root, on Fargate and in clusters. `docker run --rm --entrypoint id IMAGE -u` prints it."""
    username: Annotated[
        str,
        Field(min_length=1, max_length=40),
        Form(r"[0-9a-zA-Z._-]+", "a user name: letters, digits and . _ -"),
    ] = "bot"
    """Its user name."""
    name: (
        Annotated[
            str,
            Field(max_length=40),
            Form(
                r"[^\s*?\[\\-][^\s*?\[\\]*",
                "one word without * ? [ and \\, which does not begin with a hyphen",
            ),
        ]
        | None
    ) = None
    """What it listens to; its user name when left out. One word: the image's start command splits it at blanks."""
    rooms: list[
        Annotated[
            str, Form(r"[^\s,#][^\s,]*", "the name of a room, without blanks and commas, and # before it")
        ]
    ] = []
    """Rooms that it joins."""
    all_public: bool = False
    """Listen in every public room."""
    scripts: list[_Package] = []
    """npm packages with its scripts."""
    keys: list[
        Annotated[
            str,
            Form(r"[A-Z][A-Z0-9_]*", "the name of a variable: capital letters, digits and _"),
            AfterValidator(_own_variable),
        ]
    ] = []
    """Names of the scripts' own variables; the values are in the secret `botKeys`, a JSON object."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """Return the secrets that it reads: keys of scripts only where it names some."""
        return self.secrets if self.keys else self.secrets[:1]

    @property
    def user(self) -> int | None:
        """The user that it runs as; the image's own, whoever that is, when None."""
        return bot.user(self.image) if self.uid is None else self.uid

    def disagrees(self, name: str, value: str) -> str | None:
        """It names the scripts' variables."""
        return lacking(value, self.keys, "bot.keys") if name == "botKeys" else None


class Monitoring(Part):
    """Who is told when something fails, and what is measured."""

    secrets: ClassVar[tuple[SecretKey, ...]] = (
        SecretKey("bugsnagApiKey", "Bugsnag's API key; errors are reported there when it is set."),
    )

    alarm_emails: list[Email] = []
    """Alarms of AWS, of Atlas, of DigitalOcean and of a host go to these addresses."""
    prometheus: bool = False
    """Serve metrics on port 9458 inside the network. In a cluster Grafana finds a dashboard of them, by its label
    `grafana_dashboard`."""
    uptime: bool = False
    """Ask for the chat from many places of the world, and tell the alarm addresses when it does not answer: by a health
    check of Route 53, for about 3 US dollars a month; where a stack has no region of AWS and something at DigitalOcean,
    by its uptime check, for one. DigitalOcean writes to verified addresses of the account's members only, and of a
    certificate that is not renewed, too."""
    dashboard: bool = False
    """A dashboard in CloudWatch with a graph of everything that an alarm watches in the stack's region. It costs 3 US
    dollars a month beyond an account's first three."""
    monthly_budget_usd: int | None = Field(default=None, ge=1)
    """A budget of AWS that warns at 80 and 100 percent."""


def _assumption(key: str) -> str:
    if key not in usage.ASSUMPTIONS:
        raise ValueError(f"there is no assumption {key!r}; there are {', '.join(usage.ASSUMPTIONS)}")
    return key


def _assumed(value: Any) -> Any:
    usage.parsed(value)
    return value


def _within_a_month(assume: Mapping[str, int | float | str]) -> Mapping[str, int | float | str]:
    for key, value in assume.items():
        usage.ranged(key, value)
    return assume


class Cost(Part):
    """What the stack is priced with (docs/cost.md). Nothing that is deployed depends on it."""

    assume: Annotated[
        Mapping[
            Annotated[str, AfterValidator(_assumption)],
            Annotated[int | float | str, AfterValidator(_assumed)],
        ],
        AfterValidator(_within_a_month),
    ] = {}
    """Assumptions by their keys, such as `messages`: a number, or the least and the most, such as `20-40`."""
    prices: Mapping[str, Annotated[float, Field(ge=0, strict=False)]] = {}
    """US dollars for what has no price in the list, or another one, by its key, such as `mongodbatlas.M20`."""

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The least and the most of each assumption."""
        return {key: usage.parsed(value) for key, value in self.assume.items()}


class Font(Part):
    """A brand font, delivered inside the style sheet because the default CSP allows no other place."""

    family: Annotated[
        str,
        Field(min_length=1, max_length=60),
        Form(r"[A-Za-z0-9 _-]+", "the name of a font: letters, digits, blanks, _ and -"),
    ]
    """Name of the family, as style sheets say it."""
    file: Annotated[str, Form(r".*\.woff2", "a file that ends in .woff2")]
    """A WOFF2 file, relative to the stack file's folder. Keep it small: a subset of the letters that are used."""
    weight: int = Field(default=400, ge=100, le=900)
    """Weight of the file: 400 is regular, 700 bold."""
    used_for: Literal["headings", "text"] = "text"
    """What is written in it."""


class Appearance(Part):
    """How the workspace looks."""

    css: str | None = None
    """Style sheet that is added to the product's own."""
    fonts: list[Font] = []
    """Fonts that come with the style sheet."""
    home_title: str | None = None
    """Title of the home page; the product's when left out."""
    assets: Mapping[Annotated[str, AfterValidator(_asset)], str] = {}
    """Pictures by the product's names, such as `{logo: logo.svg, favicon_ico: favicon.ico, safari_pinned: tab.svg}`:
    files relative to the stack file's folder. No variable sets them; `rocketchat configure` uploads them."""


class Locked(Part):
    """A setting with its lock."""

    value: bool | int | float | str | list[str]
    lock: bool = False
    """Make the setting read-only in the administration pages."""


Setting = Annotated[bool | int | float | str | list[str] | Locked, BeforeValidator(_setting)]
