"""Which key of a stack file says what a setting of the product is."""

import re
from typing import Final

from stacks.kinds import registry
from stacks.spec import Parts

_BY_PART: Final = {
    "chat": {"Site_Url": "host", "Site_Name": "siteName", "Language": "language"},
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
    },
    "appearance": {"theme-custom-css": "css", "Layout_Home_Title": "homeTitle"},
    "monitoring": {"Prometheus_Enabled": "prometheus"},
}
"""Of the parts that come in one way; kinds say it themselves."""


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
        if login.model_dump(by_alias=True).get(name) == value:
            return f"login[{index}].{name}"
    return key
