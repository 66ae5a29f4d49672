"""Rules of a workspace as settings: how long messages are kept, legal texts, federation, passwords and sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rocketchat.releases import Release, parse
from rocketchat.variables import Environment, V, flag, overwrite

DAY_MS: Final = 86_400_000


def retention(
    days: Mapping[str, int | None],
    *,
    files_only: bool = False,
    keep_pinned: bool = True,
    keep_threads: bool = True,
    keep_discussions: bool = True,
) -> Environment[str]:
    """Return how long messages are kept, in days by `Channels`, `Groups` and `DMs`; None keeps them.

    Releases from 7.0 read milliseconds (`TTL`), earlier ones days (`MaxAge`); each leaves the other's alone.
    """
    values: dict[str, str | None] = {
        "RetentionPolicy_Enabled": "true",
        "RetentionPolicy_FilesOnly": flag(files_only),
        "RetentionPolicy_DoNotPrunePinned": flag(keep_pinned),
        "RetentionPolicy_DoNotPruneThreads": flag(keep_threads),
        "RetentionPolicy_DoNotPruneDiscussion": flag(keep_discussions),
    }
    for rooms, kept in days.items():
        values[f"RetentionPolicy_AppliesTo{rooms}"] = flag(kept is not None)
        values[f"RetentionPolicy_TTL_{rooms}"] = None if kept is None else str(kept * DAY_MS)
        values[f"RetentionPolicy_MaxAge_{rooms}"] = None if kept is None else str(kept)
    return overwrite(values)


def legal(
    *, terms: str | None = None, privacy: str | None = None, notice: str | None = None
) -> Environment[str]:
    """Return the texts (HTML) behind the links below the login form."""
    return overwrite(
        {"Layout_Terms_of_Service": terms, "Layout_Privacy_Policy": privacy, "Layout_Legal_Notice": notice}
    )


def federation(domain: str, allow: Sequence[str] = ()) -> Environment[str]:
    """Return federation by Matrix, from release 8.0, with a licence; `allow` are the only domains that may join."""
    return overwrite(
        {
            "Federation_Service_Enabled": "true",
            "Federation_Service_Domain": domain,
            "Federation_Service_Allow_List": ",".join(allow) or None,
        }
    )


def offline() -> Environment[str]:
    """Return what keeps the server from asking its vendor: no statistics, and no look for new versions."""
    return overwrite({"Statistics_reporting": "false", "Update_EnableChecker": "false"})


def offline_needs(release: Release) -> tuple[str, ...]:
    """Return what a workspace that reports no statistics needs a licence for.

    From 7.0 it takes no messages once ten days have passed since the last report (#33241, #37583).
    """
    return () if parse(release.version) < (7, 0, 0) else ("messages after ten days without the vendor",)


def conferences(
    provider: str,
    *,
    channels: bool | None = None,
    groups: bool | None = None,
    teams: bool | None = None,
    direct: bool | None = None,
    ringing: bool | None = None,
) -> Environment[str]:
    """Return who makes the rooms of video conferences, and where they may begin. None keeps the product's default.

    The server knows a provider by its name in small letters (`apps/meteor/server/lib/videoConfProviders.ts`), once the
    app that has it is installed.
    """
    return overwrite(
        {
            "VideoConf_Default_Provider": provider,
            "VideoConf_Enable_Channels": _flag(channels),
            "VideoConf_Enable_Groups": _flag(groups),
            "VideoConf_Enable_Teams": _flag(teams),
            "VideoConf_Enable_DMs": _flag(direct),
            "VideoConf_Mobile_Ringing": _flag(ringing),
        }
    )


@dataclass(frozen=True)
class Passwords:
    """What passwords of the chat's own must be like. None keeps the product's default."""

    min_length: int | None = None
    max_length: int | None = None
    forbid_repeating: int | None = None
    lowercase: bool | None = None
    uppercase: bool | None = None
    number: bool | None = None
    special_character: bool | None = None
    history: int | None = None
    """Earlier passwords that cannot be taken again."""


def _flag(value: bool | None) -> str | None:
    return None if value is None else flag(value)


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def login_policy(
    *,
    default_roles: Sequence[str] = (),
    allowed_domains: Sequence[str] = (),
    blocked_domains: Sequence[str] = (),
    session_days: int | None = None,
    approval: bool | None = None,
    verify_email: bool | None = None,
    passwords: Passwords | None = None,
    lock: bool = False,
) -> Environment[V | str]:
    """Return who may have an account and how sessions and passwords are. None keeps the product's default."""
    roles = ",".join(default_roles) or None
    values: dict[str, str | None] = {
        "Accounts_Registration_Users_Default_Roles": roles,
        "Accounts_Registration_AuthenticationServices_Default_Roles": roles,
        "Accounts_AllowedDomainsList": ",".join(allowed_domains) or None,
        "Accounts_BlockedDomainsList": ",".join(blocked_domains) or None,
        "Accounts_LoginExpiration": _number(session_days),
        "Accounts_ManuallyApproveNewUsers": _flag(approval),
        "Accounts_EmailVerification": _flag(verify_email),
    }
    if passwords is not None:
        rule = "Accounts_Password_Policy_"
        values |= {
            f"{rule}Enabled": "true",
            f"{rule}MinLength": _number(passwords.min_length),
            f"{rule}MaxLength": _number(passwords.max_length),
            f"{rule}ForbidRepeatingCharacters": _flag(
                None if passwords.forbid_repeating is None else passwords.forbid_repeating > 0
            ),
            f"{rule}ForbidRepeatingCharactersCount": _number(passwords.forbid_repeating or None),
            f"{rule}AtLeastOneLowercase": _flag(passwords.lowercase),
            f"{rule}AtLeastOneUppercase": _flag(passwords.uppercase),
            f"{rule}AtLeastOneNumber": _flag(passwords.number),
            f"{rule}AtLeastOneSpecialCharacter": _flag(passwords.special_character),
            "Accounts_Password_History_Enabled": _flag(
                None if passwords.history is None else passwords.history > 0
            ),
            "Accounts_Password_History_Amount": _number(passwords.history or None),
        }
    return overwrite({key: value for key, value in values.items() if value is not None}, lock=lock)
