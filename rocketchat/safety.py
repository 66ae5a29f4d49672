"""Settings that make a chat unsafe, whoever asks for them: read by the policy pack and by the stack language."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

LINK_SECONDS: Final = 300
LOGIN_DAYS: Final = 366
PASSWORD_LETTERS: Final = 8
"""NIST SP 800-63B asks for no shorter passwords."""


BLOCKED_NAMES: Final = frozenset({"admin", "administrator", "system", "user", "all", "here", "rocket.cat"})
"""User names that the server refuses (`Accounts_SystemBlockedUsernameList`), means otherwise in a message, or has
given to its own bot before (`initialData.ts`, which then takes `admin` without an error)."""


@dataclass(frozen=True)
class Safe:
    """A setting that has a safe value. Values are text, as in the environment."""

    id: str
    default: str
    """The product's own value."""
    safe: Callable[[str], bool]
    danger: str
    """What an unsafe value does."""
    in_trial: bool = False
    """Whether a trial may have an unsafe value."""


def only(word: str) -> Callable[[str], bool]:
    """Return a test: this word, in any case."""
    return lambda value: value.strip().lower() == word


def _not_false(value: str) -> bool:
    return value.strip().lower() != "false"


def _long(value: str) -> bool:
    try:
        return float(value) == -1 or float(value) >= PASSWORD_LETTERS
    except ValueError:
        return False


def _up_to(most: float) -> Callable[[str], bool]:
    def safe(value: str) -> bool:
        try:
            return 0 < float(value) <= most
        except ValueError:
            return False

    return safe


def _short(value: str) -> bool:
    try:
        return float(value) <= LINK_SECONDS
    except ValueError:
        return False


SAFE: Final[Mapping[str, Safe]] = {
    one.id: one
    for one in (
        Safe(
            "Accounts_RegistrationForm",
            "Public",
            lambda value: value in {"Disabled", "Secret URL"},
            "everybody who finds the address can make an account",
            in_trial=True,
        ),
        Safe(
            "Show_Setup_Wizard",
            "pending",
            only("completed"),
            "the first visitor is led through the set-up as administrator",
        ),
        Safe("FileUpload_ProtectFiles", "true", only("true"), "files are open to whoever knows the address"),
        Safe(
            "FileUpload_Restrict_to_room_members",
            "true",
            only("true"),
            "files are open to everybody who can log in",
        ),
        Safe(
            "FileUpload_S3_Acl", "", only(""), "an access list on files: the bucket refuses, or all can read"
        ),
        Safe(
            "FileUpload_S3_URLExpiryTimeSpan",
            "120",
            _short,
            "links to files work for longer than five minutes, for everybody",
        ),
        Safe(
            "FileUpload_MediaTypeBlackList",
            "image/svg+xml",
            lambda value: "image/svg+xml" in value,
            "pictures may carry scripts",
        ),
        *(
            Safe(name, "false", only("false"), "everybody can read or write without an account")
            for name in ("Accounts_AllowAnonymousRead", "Accounts_AllowAnonymousWrite")
        ),
        Safe(
            "Accounts_TwoFactorAuthentication_Enabled",
            "true",
            only("true"),
            "a second factor is impossible",
            in_trial=True,
        ),
        *(
            Safe(
                name,
                "user",
                lambda value: "admin" not in re.split(r"[\s,]+", value),
                "everybody who gets an account is administrator",
            )
            for name in (
                "Accounts_Registration_Users_Default_Roles",
                "Accounts_Registration_AuthenticationServices_Default_Roles",
                "SAML_Custom_Default_default_user_role",
            )
        ),
        Safe("Block_Multiple_Failed_Logins_Enabled", "true", only("true"), "passwords can be tried for ever"),
        Safe("Enable_CSP", "true", only("true"), "a script that gets into a message is run"),
        Safe("Iframe_Restrict_Access", "true", only("true"), "any page may frame the chat"),
        Safe(
            "Allow_Invalid_SelfSigned_Certs",
            "false",
            only("false"),
            "the chat believes every certificate of those that it talks to",
        ),
        Safe("API_Enable_Rate_Limiter", "true", only("true"), "the API can be called without a limit"),
        *(
            Safe(f"DDP_Rate_Limit_{what}_Enabled", "true", _not_false, "clients can call without a limit")
            for what in ("IP", "User", "Connection", "User_By_Method", "Connection_By_Method")
        ),
        Safe(
            "LDAP_Encryption",
            "plain",
            lambda value: value.strip().lower() != "plain",
            "passwords travel in clear to the directory",
        ),
        Safe("LDAP_Reject_Unauthorized", "true", _not_false, "the chat believes every directory"),
        Safe("Accounts_Password_Policy_Enabled", "true", _not_false, "any password will do"),
        Safe(
            "Accounts_Password_Policy_MinLength",
            "14",
            _long,
            f"passwords may be shorter than {PASSWORD_LETTERS} characters",
        ),
        *(
            Safe(
                f"Block_Multiple_Failed_Logins_By_{what}",
                "true",
                _not_false,
                "passwords can be tried for ever",
            )
            for what in ("User", "Ip")
        ),
        *(
            Safe(
                f"Block_Multiple_Failed_Logins_Attempts_Until_Block_by_{what}",
                str(usual),
                _up_to(10 * usual),
                "passwords can be tried for very long",
            )
            for what, usual in (("User", 10), ("Ip", 50))
        ),
        Safe(
            "Accounts_LoginExpiration",
            "90",
            _up_to(LOGIN_DAYS),
            "a stolen session works for more than a year",
        ),
        Safe("FileUpload_MaxFileSize", "104857600", _up_to(float("inf")), "one upload may fill the disk"),
        Safe(
            "SAML_Custom_Default_signature_validation_type",
            "All",
            lambda value: value.strip().lower() != "none",
            "whoever writes an answer of the identity provider is logged in as anybody",
        ),
        Safe(
            "Push_gateway",
            "https://gateway.rocket.chat",
            lambda value: not value.strip().lower().startswith("http://"),
            "what phones are told travels in clear",
        ),
        Safe("Log_Level", "0", lambda value: value.strip() != "2", "logs hold what users and tokens do"),
        Safe(
            "Accounts_TwoFactorAuthentication_Enforce_Password_Fallback",
            "true",
            _not_false,
            "users without a second factor are asked for nothing",
        ),
    )
}
"""By id. What depends on other settings is in `unsafe`."""
CORS: Final = Safe(
    "API_CORS_Origin",
    "*",
    lambda origin: "*" not in origin,
    "any page may call the chat in the name of who is logged in",
)
"""Where the API is open to other pages."""
MAIL: Final = Safe(
    "SMTP_IgnoreTLS",
    "true",
    only("false"),
    "mail and its password leave in clear; the product's default ignores TLS",
)
"""Where mail is not encrypted from its first byte."""
TROUBLESHOOTING: Final = "Troubleshoot_Disable_"
HUNTING: Final = "a switch for hunting bugs, left on"
VARIABLES_OF_TESTS: Final[Mapping[str, str]] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": "the chat believes every certificate",
    "TEST_MODE": "makes an administrator whose password everybody knows",
}
"""Variables for tests of the product, and what each does."""
DEBUGGED: Final = "lets whoever reaches the port run code"


def debugs(node_options: str) -> bool:
    """Whether options of Node open its debugger."""
    return "--inspect" in node_options


def any_origin(values: Mapping[str, str]) -> bool:
    """Whether pages of any origin may call the API."""
    return values.get("API_Enable_CORS", "").lower() == "true" and "*" in values.get("API_CORS_Origin", "*")


def mail_in_clear(values: Mapping[str, str]) -> bool:
    """Whether mail and its password leave without TLS. The product ignores TLS where nobody says otherwise."""
    if "SMTP_Host" not in values:
        return False
    encrypted = values.get("SMTP_Protocol") == "smtps" or values.get("SMTP_Port") == "465"
    return not encrypted and values.get("SMTP_IgnoreTLS", "true").lower() != "false"


def unsafe(values: Mapping[str, str], *, production: bool) -> Iterator[tuple[str, str, bool]]:
    """Give the settings among these that make a chat unsafe: id, what it does, and whether a trial may have it."""
    for name, value in values.items():
        known = SAFE.get(name)
        if known is not None and not known.safe(value) and (production or not known.in_trial):
            yield name, known.danger, known.in_trial
        if name.startswith(TROUBLESHOOTING) and value.lower() == "true":
            yield name, HUNTING, False
    if any_origin(values):
        yield "API_Enable_CORS", CORS.danger, False
    if mail_in_clear(values):
        name = "SMTP_IgnoreTLS" if "SMTP_IgnoreTLS" in values else "SMTP_Host"
        yield name, MAIL.danger, False
