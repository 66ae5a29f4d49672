"""Login by a directory: LDAP and Active Directory.

Source: RocketChat/Rocket.Chat `server/settings/ldap.ts` and `server/lib/ldap/`. The password of the directory's user is
the setting `LDAP_Authentication_Password`, which is given as a secret of that name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rocketchat.variables import Environment, flag, overwrite

ENCRYPTION: Final[Mapping[str, str]] = MappingProxyType({"starttls": "tls", "tls": "ssl"})
"""Values of `LDAP_Encryption`, by what a stack file says."""
PASSWORD: Final = "LDAP_Authentication_Password"  # noqa: S105 - the id of a setting
ACTIVE_DIRECTORY: Final = "active-directory"
EVERYBODY: Final = "(objectclass=*)"
"""The product's own filter of users."""


@dataclass(frozen=True)
class LdapSync:
    """What is brought over without anybody signing in, which needs a licence."""

    interval: str = "every_24_hours"
    import_new_users: bool = True
    disable_missing_users: bool = False
    avatars: bool = False


@dataclass(frozen=True)
class LdapGroup:
    """The group whose members may sign in. None leaves the product's own: `groupOfUniqueNames` of `uniqueMember`."""

    name: str
    object_class: str | None = None
    id_attribute: str | None = None
    member_attribute: str | None = None
    member_format: str | None = None


def ldap(
    host: str,
    port: int,
    base_dn: str,
    *,
    server: str = ACTIVE_DIRECTORY,
    encryption: str = "starttls",
    ca_certificate: str | None = None,
    bind_dn: str | None = None,
    user_filter: str | None = None,
    search_fields: Sequence[str] = (),
    unique_fields: Sequence[str] = (),
    username_field: str | None = None,
    email_field: str | None = None,
    name_field: str | None = None,
    merge_existing_users: bool = False,
    local_passwords: bool = False,
    avatars: bool = True,
    default_domain: str | None = None,
    group: LdapGroup | None = None,
    sync: LdapSync | None = None,
) -> Environment[str]:
    """Return the settings of a login by a directory, but its password.

    `server` is `active-directory` or `other`, whose fields have other settings; `encryption` a key of `ENCRYPTION`;
    `local_passwords` lets those in, too, whom the directory does not know. Raises ValueError.
    """
    if encryption not in ENCRYPTION:
        raise ValueError(f"there is no encryption {encryption!r}; allowed: {', '.join(ENCRYPTION)}")
    active = server == ACTIVE_DIRECTORY
    own = "LDAP_AD_" if active else "LDAP_"
    values: dict[str, str | None] = {
        # What decides who gets in is said where it is left out, too: the server has what it was once given.
        "LDAP_Enable": "true",
        "LDAP_Server_Type": "ad" if active else "",
        "LDAP_Host": host,
        "LDAP_Port": str(port),
        "LDAP_BaseDN": base_dn,
        "LDAP_Encryption": ENCRYPTION[encryption],
        "LDAP_Reject_Unauthorized": "true",
        "LDAP_CA_Cert": "" if ca_certificate is None else _pem(ca_certificate),
        "LDAP_Authentication": flag(bind_dn is not None),
        "LDAP_Authentication_UserDN": bind_dn or "",
        "LDAP_Reconnect": "true",
        "LDAP_Login_Fallback": flag(local_passwords),
        "LDAP_Merge_Existing_Users": flag(merge_existing_users),
        "LDAP_Sync_User_Avatar": flag(avatars),
        "LDAP_User_Search_Filter": user_filter or EVERYBODY,
        "LDAP_Unique_Identifier_Field": ",".join(unique_fields) or None,
        "LDAP_Default_Domain": default_domain,
        f"{own}User_Search_Field": ",".join(search_fields) or None,
        f"{own}Username_Field": username_field,
        f"{own}Email_Field": email_field,
        f"{own}Name_Field": name_field,
        "LDAP_Group_Filter_Enable": flag(group is not None),
        "LDAP_Background_Sync": flag(sync is not None),
    }
    if group is not None:
        values |= {
            "LDAP_Group_Filter_Group_Name": group.name,
            "LDAP_Group_Filter_ObjectClass": group.object_class,
            "LDAP_Group_Filter_Group_Id_Attribute": group.id_attribute,
            "LDAP_Group_Filter_Group_Member_Attribute": group.member_attribute,
            "LDAP_Group_Filter_Group_Member_Format": group.member_format,
        }
    if sync is not None:
        values |= {
            "LDAP_Background_Sync_Interval": sync.interval,
            "LDAP_Background_Sync_Import_New_Users": flag(sync.import_new_users),
            "LDAP_Background_Sync_Disable_Missing_Users": flag(sync.disable_missing_users),
            "LDAP_Background_Sync_Avatars": flag(sync.avatars),
        }
    return overwrite(values)


def _pem(certificate: str) -> str:
    """Return a certificate with its first and last line, without which TLS reads none."""
    text = certificate.strip()
    if text.startswith("-----BEGIN"):
        return text
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----"
