"""Which key of a stack file says what a setting of the product is."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from stacks.kinds import registry
from stacks.spec import Parts

_BY_PART: Final = {
    "chat": {
        "Site_Url": "host",
        "Site_Name": "siteName",
        "Language": "language",
        "Layout_Terms_of_Service": "legal.terms",
        "Layout_Privacy_Policy": "legal.privacy",
        "Layout_Legal_Notice": "legal.notice",
        "Federation_Service_Enabled": "federation",
        "Federation_Service_Domain": "federation.domain",
        "Federation_Service_Allow_List": "federation.allow",
        "VideoConf_Default_Provider": "conferences.provider",
        "VideoConf_Enable_Channels": "conferences.channels",
        "VideoConf_Enable_Groups": "conferences.groups",
        "VideoConf_Enable_Teams": "conferences.teams",
        "VideoConf_Enable_DMs": "conferences.direct",
        "VideoConf_Mobile_Ringing": "conferences.ringing",
        "Statistics_reporting": "offline",
        "Update_EnableChecker": "offline",
        "RetentionPolicy_Enabled": "retention",
        "RetentionPolicy_FilesOnly": "retention.filesOnly",
        "RetentionPolicy_DoNotPrunePinned": "retention.keepPinned",
        "RetentionPolicy_DoNotPruneThreads": "retention.keepThreads",
        "RetentionPolicy_DoNotPruneDiscussion": "retention.keepDiscussions",
        **{
            f"RetentionPolicy_{how}_{rooms}": f"retention.{key}"
            for how in ("TTL", "MaxAge")
            for rooms, key in (("Channels", "channelsDays"), ("Groups", "groupsDays"), ("DMs", "directDays"))
        },
    },
    "accounts": {
        "Accounts_ShowFormLogin": "loginForm",
        "Accounts_RegistrationForm": "registration",
        "Accounts_AllowUserProfileChange": "profileChange",
        "Accounts_AllowUsernameChange": "usernameChange",
        "Accounts_AllowRealNameChange": "nameChange",
        "Accounts_AllowEmailChange": "emailChange",
        "Accounts_AllowPasswordChange": "passwordChange",
        "Accounts_AllowPasswordChangeForOAuthUsers": "passwordChange",
        "Accounts_AllowUserAvatarChange": "avatarChange",
        "Accounts_AllowUserStatusMessageChange": "statusChange",
        "Accounts_AllowDeleteOwnAccount": "deleteOwn",
        "Accounts_TwoFactorAuthentication_Enabled": "twoFactor",
        "Accounts_Registration_Users_Default_Roles": "defaultRoles",
        "Accounts_Registration_AuthenticationServices_Default_Roles": "defaultRoles",
        "Accounts_AllowedDomainsList": "allowedDomains",
        "Accounts_BlockedDomainsList": "blockedDomains",
        "Accounts_LoginExpiration": "sessionDays",
        "Accounts_ManuallyApproveNewUsers": "approval",
        "Accounts_EmailVerification": "verifyEmail",
        **dict.fromkeys(
            (
                "Accounts_Password_Policy_Enabled",
                "Accounts_Password_Policy_MinLength",
                "Accounts_Password_Policy_MaxLength",
                "Accounts_Password_Policy_ForbidRepeatingCharacters",
                "Accounts_Password_Policy_ForbidRepeatingCharactersCount",
                "Accounts_Password_Policy_AtLeastOneLowercase",
                "Accounts_Password_Policy_AtLeastOneUppercase",
                "Accounts_Password_Policy_AtLeastOneNumber",
                "Accounts_Password_Policy_AtLeastOneSpecialCharacter",
                "Accounts_Password_History_Enabled",
                "Accounts_Password_History_Amount",
            ),
            "passwords",
        ),
    },
    "appearance": {"theme-custom-css": "css", "Layout_Home_Title": "homeTitle"},
    "monitoring": {"Prometheus_Enabled": "prometheus"},
}
"""Of the parts that come in one way; kinds say it themselves."""


@cache
def key_of(setting_id: str) -> str | None:
    """Return the key that says what the setting is, such as `media.maxFileMb`; None where no key does."""
    for part, keys in _BY_PART.items():
        if setting_id in keys:
            return f"{part}.{keys[setting_id]}"
    for part in registry.KINDS:
        for model in registry.models(part).values():
            for form, key in model.said.items():
                if re.fullmatch(form, setting_id):
                    return f"{part}.{key}"
    return None


def place(parts: Parts, setting_id: str, value: str) -> str:
    """Return where the text of a setting stands in the stack file: a key of a part, or one of `settings`."""
    key = key_of(setting_id)
    if key is None:
        return f"settings.{setting_id}"
    part, _, name = key.partition(".")
    for index, login in enumerate(parts.login if part == "login" else ()):
        if _text_at(login.model_dump(by_alias=True), name) == value:
            return f"login[{index}].{name}"
    return key


def _text_at(inside: Any, name: str) -> str | None:
    """Return the text that stands at a dotted name; of a list what the setting is made of."""
    for step in name.split("."):
        inside = inside.get(step) if isinstance(inside, Mapping) else None
    return ",".join(map(str, inside)) if isinstance(inside, list) else inside
