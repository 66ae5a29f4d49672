"""Login by LDAP or Active Directory."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from rocketchat import directory
from stacks.fields import LABEL, Certificate, Form, HostName, Part
from stacks.judging import Finding, Warning_
from stacks.kinds.login import LoginKind, by_button, only_one
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import SecretKey, command

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.profiles import Defaults
    from stacks.spec import Parts

PORTS = {"starttls": 389, "tls": 636}
"""Usual ports (RFC 4511, 4; IANA for `ldaps`)."""
Attribute = Annotated[str, Form(r"[A-Za-z][A-Za-z0-9;-]*", "the name of an attribute")]
Dn = Annotated[str, Form(r"[A-Za-z0-9.]+ *= *.+", "a distinguished name; one looks like DC=example,DC=com")]


def _filter(text: str) -> str:
    depth = 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0 or (depth == 0 and at < len(text) - 1):
            break
    else:
        if depth == 0:
            return text
    raise ValueError(
        "the parentheses of this filter do not match: one pair stands around all of it; in a value write \\28 and \\29"
    )


Filter = Annotated[
    str, Form(r"\(.*\)", "a filter of LDAP, which stands in parentheses"), AfterValidator(_filter)
]
"""RFC 4515, 3: the server puts it into a larger filter as it is."""
DirectoryHost = Annotated[
    str,
    Form(
        rf"{LABEL}(\.{LABEL})*",
        "a host name or an address, without scheme and port; one looks like ldap.example.com",
    ),
]


class LdapGroup(Part):
    """The group whose members may sign in; everybody in `baseDn` may when it is left out."""

    name: Annotated[
        str, Form(r"[^()*]+", "a name in a filter of LDAP, where ( ) and * are written \\28 \\29 and \\2a")
    ]
    """Its name: the value of `idAttribute`."""
    object_class: Attribute | None = None
    """Class of groups; `groupOfUniqueNames` when left out, `group` in Active Directory."""
    id_attribute: Attribute | None = None
    """Attribute with the group's name; `cn` when left out."""
    member_attribute: Attribute | None = None
    """Attribute with the members; `uniqueMember` when left out, `member` in Active Directory."""
    member_format: str | None = None
    """How a member is written there, such as `uid=#{username},ou=users,dc=example,dc=com`; `#{userdn}` is his whole
    name, which Active Directory has there."""


class LdapSync(Part):
    """What is brought over without anybody signing in. Needs a licence."""

    interval: Literal[
        "every_1_hour", "every_6_hours", "every_12_hours", "every_24_hours", "every_48_hours"
    ] = "every_24_hours"
    """How often it is done."""
    import_new_users: bool = True
    """Make accounts for those who have never signed in."""
    disable_missing_users: bool = False
    """Switch accounts off whose users are no longer in the directory."""
    avatars: bool = False
    """Bring pictures over, too."""


class LdapLogin(LoginKind):
    """Login with the name and password of a directory, by the chat's own form.

    The password of `bindDn` is the secret `LDAP_Authentication_Password`.
    """

    by_form: ClassVar = True
    example: ClassVar = {"host": "ldap.example.com", "baseDn": "DC=example,DC=com"}
    said: ClassVar = {
        "LDAP_Enable": "kind",
        "LDAP_Server_Type": "server",
        "LDAP_Host": "host",
        "LDAP_Port": "port",
        "LDAP_BaseDN": "baseDn",
        "LDAP_Encryption": "encryption",
        "LDAP_CA_Cert": "caCertificate",
        "LDAP_Authentication(_UserDN)?": "bindDn",
        "LDAP_Login_Fallback": "localPasswords",
        "LDAP_Merge_Existing_Users": "mergeExistingUsers",
        "LDAP_Sync_User_Avatar": "avatars",
        "LDAP_User_Search_Filter": "userFilter",
        "LDAP_Unique_Identifier_Field": "uniqueFields",
        "LDAP_Default_Domain": "defaultDomain",
        "LDAP_(AD_)?User_Search_Field": "searchFields",
        "LDAP_(AD_)?Username_Field": "usernameField",
        "LDAP_(AD_)?Email_Field": "emailField",
        "LDAP_(AD_)?Name_Field": "nameField",
        "LDAP_Group_Filter_Enable": "group",
        "LDAP_Group_Filter_Group_Name": "group.name",
        "LDAP_Group_Filter_ObjectClass": "group.objectClass",
        "LDAP_Group_Filter_Group_Id_Attribute": "group.idAttribute",
        "LDAP_Group_Filter_Group_Member_Attribute": "group.memberAttribute",
        "LDAP_Group_Filter_Group_Member_Format": "group.memberFormat",
        "LDAP_Background_Sync": "sync",
        "LDAP_Background_Sync_Interval": "sync.interval",
        "LDAP_Background_Sync_Import_New_Users": "sync.importNewUsers",
        "LDAP_Background_Sync_Disable_Missing_Users": "sync.disableMissingUsers",
        "LDAP_Background_Sync_Avatars": "sync.avatars",
    }

    kind: Literal["ldap"]
    server: Literal["active-directory", "other"] = "active-directory"
    """What it is: other fields have the names there (`sAMAccountName` in Active Directory, `uid` elsewhere)."""
    host: DirectoryHost
    """Name or address of the directory, which the chat must reach."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Its port: 389, or 636 with `encryption: tls`, when left out."""
    encryption: Literal["starttls", "tls"] = "starttls"
    """`starttls` begins in clear and changes to TLS, `tls` begins with it (`ldaps`)."""
    ca_certificate: Certificate | None = None
    """Certificate (PEM) of the authority that signed the directory's own; public authorities when left out."""
    base_dn: Dn
    """Where users are looked for, such as `OU=people,DC=example,DC=com`."""
    bind_dn: str | None = Field(default=None, min_length=1)
    """User who looks for them: a distinguished name, or `chat@example.com` in Active Directory; nobody when left out,
    which most directories refuse."""
    user_filter: Filter | None = None
    """Filter of LDAP that users must match, such as `(objectCategory=person)`."""
    search_fields: list[Attribute] = []
    """Attributes that users may sign in by; `sAMAccountName` or `uid` when left out."""
    unique_fields: list[Attribute] = []
    """Attributes by which a user is found again, whatever else changes; the product's own when left out."""
    username_field: str | None = Field(default=None, min_length=1)
    """Attribute with the user name."""
    email_field: str | None = Field(default=None, min_length=1)
    """Attribute with the address; `mail` when left out."""
    name_field: str | None = Field(default=None, min_length=1)
    """Attribute with the name; `cn` when left out."""
    default_domain: HostName | None = None
    """Domain of the addresses that are made of user names, where the directory has none."""
    merge_existing_users: bool = False
    """Give whoever has the user name of an account at the directory that account. Whoever may choose names there may
    take any account."""
    local_passwords: bool = True
    """Let those in, too, whom the directory does not know, by passwords of the chat: the administrator made here."""
    avatars: bool = True
    """Take pictures over."""
    group: LdapGroup | None = None
    """The group whose members may sign in; everybody when left out."""
    sync: LdapSync | None = None
    """What is brought over without anybody signing in; nothing when left out. Needs a licence."""

    @property
    def directory_port(self) -> int:
        """The one of the file, else the usual one."""
        return self.port or PORTS[self.encryption]

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """The password of who looks for users; a setting of the product, which is given by its own id."""
        if self.bind_dn is None:
            return ()
        return (SecretKey(directory.PASSWORD, "Password of `login.bindDn` at the directory.", required=True),)

    def addresses(self) -> Mapping[str, str | None]:
        """The directory."""
        return {"host": f"//{self.host}:{self.directory_port}"}

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """The directory's port."""
        yield self.directory_port, "LDAP"

    def errands(self, spec: "ChatSpec", outputs: object) -> Iterator[str]:
        """Directories are seldom on the internet."""
        yield f"Let the chat reach {self.host} at port {self.directory_port} (output egressAddresses, or a VPN)"

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The directory."""
        group, sync = self.group, self.sync
        yield directory.ldap(
            self.host,
            self.directory_port,
            self.base_dn,
            server=self.server,
            encryption=self.encryption,
            ca_certificate=self.ca_certificate,
            bind_dn=self.bind_dn,
            user_filter=self.user_filter,
            search_fields=self.search_fields,
            unique_fields=self.unique_fields,
            username_field=self.username_field,
            email_field=self.email_field,
            name_field=self.name_field,
            default_domain=self.default_domain,
            merge_existing_users=self.merge_existing_users,
            local_passwords=self.local_passwords,
            avatars=self.avatars,
            group=None if group is None else directory.LdapGroup(**group.model_dump()),
            sync=None if sync is None else directory.LdapSync(**sync.model_dump()),
        )

    def judge(
        self, path: str, ways: Sequence[LoginKind], accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """There is one directory only, its port speaks so, and what needs a licence has one."""
        yield from only_one(path, self, ways)
        if PORTS[self.encryption] != self.directory_port and self.directory_port in PORTS.values():
            usual = "tls" if self.directory_port == PORTS["tls"] else "starttls"
            yield Problem(
                f"{path}.encryption",
                f"at port {self.directory_port} directories speak `{usual}`",
                remedy=f"set `encryption: {usual}`, or leave `port` out",
            )
        if self.sync is not None and "license" not in secrets:
            yield Problem(
                f"{path}.sync",
                "bringing users over in the background needs a licence",
                remedy=f"{command('rocketchat:license')}; or leave it out: users come at their first login",
            )
        if accounts.login_form is False and by_button(ways):
            yield Problem(
                "rocketchat:accounts.loginForm",
                "users of the directory sign in by the login form",
                remedy="leave it out",
            )
        if self.merge_existing_users:
            yield Warning_(
                "login ldap: whoever takes an account's name at the directory gets that account (mergeExistingUsers)"
            )
        if not self.local_passwords:
            yield Warning_(
                "the password of the administrator made here does not count beside the directory (localPasswords)"
            )
