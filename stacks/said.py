"""Which key of a stack file says what a setting of the product is."""

import re
from typing import Final

from stacks.spec import Parts

_BY_PART: Final = {
    "chat": {"Site_Url": "host", "Site_Name": "siteName", "Language": "language"},
    "media": {
        "FileUpload_MaxFileSize": "maxFileMb",
        "FileUpload_Storage_Type": "kind",
        "FileUpload_S3_Bucket": "bucket",
        "FileUpload_S3_Region": "region",
    },
    "mail": {
        "SMTP_Protocol": "encryption",
        "SMTP_Host": "host",
        "SMTP_Port": "port",
        "SMTP_Username": "username",
        "From_Email": "from",
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
    },
    "push": {"Push_enable": "kind", "Push_enable_gateway": "kind", "Register_Server": "kind"},
    "appearance": {"theme-custom-css": "css", "Layout_Home_Title": "homeTitle"},
    "monitoring": {"Prometheus_Enabled": "prometheus"},
}
_OIDC: Final = {
    "url": "url",
    "id": "clientId",
    "token_path": "tokenPath",
    "identity_path": "identityPath",
    "authorize_path": "authorizePath",
    "scope": "scope",
    "button_label_text": "buttonText",
    "username_field": "usernameField",
    "key_field": "keyField",
    "merge_users": "mergeUsers",
    "merge_roles": "mergeRoles",
    "roles_claim": "rolesField",
}
_SAML: Final = {
    "provider": "name",
    "entry_point": "entryPoint",
    "idp_slo_redirect_url": "logout",
    "cert": "certificate",
    "public_cert": "ownCertificate",
    "signature_validation_type": "signed",
    "button_label_text": "buttonText",
}


def key_of(setting_id: str) -> str | None:
    """Return the key that says what the setting is, such as `media.maxFileMb`; None where no key does."""
    for part, keys in _BY_PART.items():
        if setting_id in keys:
            return f"{part}.{keys[setting_id]}"
    oidc = re.fullmatch(r"Accounts_OAuth_Custom-[^-]+-(.+)", setting_id)
    saml = re.fullmatch(r"SAML_Custom_Default_(.+)", setting_id)
    key = _OIDC.get(oidc.group(1)) if oidc else _SAML.get(saml.group(1)) if saml else None
    return None if key is None else f"login.{key}"


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
