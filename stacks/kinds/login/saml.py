"""Single sign-on by SAML."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from rocketchat import environment as env
from rocketchat.environment import Secret
from stacks.authorities import is_pair
from stacks.fields import IN_ADDRESS, LABEL, Certificate, Form
from stacks.judging import Finding, Warning_
from stacks.kinds.login import Endpoint, LoginKind, only_one
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import PORT, SecretKey, pem

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.spec import Parts


_MADE_OF = frozenset({"fieldName", "fieldNames", "regex", "template"})


def _source(given: Any) -> Any:
    right = isinstance(given, str) or (
        isinstance(given, dict)
        and given.keys() <= _MADE_OF
        and bool({"fieldName", "fieldNames"} & given.keys())
    )
    if not right:
        raise ValueError(
            "a field is an attribute, or made of some: {fieldName: mail, regex: '(.*)@.+$'}, or {fieldNames: [first, "
            "last], template: '__first__ __last__'}"
        )
    return given


FieldSource = Annotated[str | dict[str, str | list[str]], BeforeValidator(_source)]


Address = Annotated[
    str,
    Form(
        rf"https://{LABEL}(\.{LABEL})*{PORT}?([/?]({IN_ADDRESS}|[?#])*)?",
        "an https address; one looks like https://login.example.com/saml",
    ),
    Endpoint,
]


class SamlLogin(LoginKind):
    """Single sign-on by SAML. An own signing key is the secret `samlPrivateKey`."""

    secrets: ClassVar = (
        SecretKey(
            "samlPrivateKey",
            "Private key (PEM) that signs SAML requests, and goes with `login.ownCertificate`.",
            problem=pem("PRIVATE KEY"),
        ),
    )
    example: ClassVar = {"entryPoint": "https://login.example.com/saml", "certificate": "MAMCAQE="}
    said: ClassVar = {
        rf"SAML_Custom_Default_{setting}": key
        for setting, key in {
            "provider": "name",
            "entry_point": "entryPoint",
            "idp_slo_redirect_url": "logout",
            "cert": "certificate",
            "public_cert": "ownCertificate",
            "signature_validation_type": "signed",
            "immutable_property": "immutableProperty",
            "generate_username": "generateUsername",
            "username_normalize": "lowerCaseUsernames",
            "name_overwrite": "overwriteName",
            "mail_overwrite": "overwriteEmail",
            "default_user_role": "defaultRoles",
            "signature_algorithm": "signatureAlgorithm",
            "allowed_clock_drift": "clockDriftMs",
            "channels_update": "updateChannels",
            "user_data_fieldmap": "fields",
            "role_attribute_name": "rolesField",
            "identifier_format": "identifierFormat",
            "button_label_text": "buttonText",
        }.items()
    }

    kind: Literal["saml"]
    preset: Literal["google", "entra-id", "generic"] = "generic"
    """Which attributes are what of a user: those that Entra ID sends by itself, or those that Google's guide has mapped
    (email, firstName, lastName). `generic` leaves the product's own (username, email, cn)."""
    name: Annotated[
        str,
        Form(
            r"[a-z][a-z0-9-]{0,30}",
            "a name that begins with a lower-case letter and has such letters, digits and hyphens, at most 31",
        ),
    ] = "saml"
    """Name of the provider inside Rocket.Chat; part of the addresses to register."""
    entry_point: Address
    """The identity provider's sign-on address."""
    logout: Address | None = None
    """The identity provider's sign-out address."""
    certificate: Certificate = Field(min_length=1)
    """The identity provider's public certificate (PEM, or its base64 without the BEGIN and END lines)."""
    own_certificate: Certificate | None = None
    """The chat's own public certificate (PEM), which goes with the secret `samlPrivateKey`: neither does without the
    other."""
    signed: Literal["either", "response", "assertion", "all"] = "either"
    """What the provider must have signed of its answer: the whole `response`, the `assertion` in it, `either` or
    `all`."""
    button_text: str = "Sign In"
    """Text on its button."""
    immutable_property: Literal["email", "username"] = "email"
    """By what a user is found again; the other one may change at the provider."""
    fields: Mapping[str, FieldSource] = {}
    """Which attribute is what of a user, in place of the preset's: `{username: uid, email: mail, name: cn}`. One can be
    made of others: `{fieldName: mail, regex: '(.*)@.+$'}` takes what stands before the `@`, and `{fieldNames: [first,
    last], template: '__first__ __last__'}` puts two together."""
    generate_username: bool = False
    """Make a user name up from the name or the address, and take none from the provider."""
    lower_case_usernames: bool = True
    """Turn user names of the provider into small letters."""
    overwrite_name: bool = True
    """Take the name over at each login; False does it at the first one only."""
    overwrite_email: bool = False
    """Take the address over at each login; False does it at the first one only."""
    default_roles: list[Annotated[str, Form(r"[^\s,]+", "the name of a role")]] = []
    """Roles of new users; `user` when left out."""
    update_channels: bool = False
    """Take channels over at each login, from the attribute `channels`."""
    signature_algorithm: Literal["SHA1", "SHA256", "SHA384", "SHA512"] | None = None
    """What the chat's own requests are signed with; from release 8.3, SHA1 when left out."""
    clock_drift_ms: int | None = Field(default=None, ge=0, le=600_000)
    """Milliseconds that the provider's clock may be ahead of the chat's; none when left out."""
    roles_field: str | None = Field(default=None, min_length=1)
    """Attribute with the user's roles. Needs a licence."""
    identifier_format: (
        Annotated[
            str,
            Form(
                r"urn:oasis:names:tc:SAML:[A-Za-z0-9.:-]+",
                "a format of names, which begins with urn:oasis:names:tc:SAML:",
            ),
        ]
        | None
    ) = None
    """Format of the name that is asked for, such as `urn:oasis:names:tc:SAML:2.0:nameid-format:persistent`. Needs a
    licence."""

    @property
    def syncs_roles(self) -> bool:
        """As the file says."""
        return self.roles_field is not None

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """A certificate of its own needs the key."""
        return tuple(replace(key, required=self.own_certificate is not None) for key in self.secrets)

    def disagrees(self, name: str, value: str) -> str | None:
        """The key and the certificate are a pair."""
        if name != "samlPrivateKey" or self.own_certificate is None:
            return None
        return (
            None
            if is_pair(value, self.own_certificate)
            else "the key does not belong to `login.ownCertificate`"
        )

    def addresses(self) -> Mapping[str, str | None]:
        """Where users are sent."""
        return {"entryPoint": self.entry_point, "logout": self.logout}

    def outputs(self, root: str, ways: Sequence[LoginKind]) -> "Mapping[str, pulumi.Input[object]]":
        """The chat's own addresses as a service provider."""
        return {
            "samlMetadata": env.saml_metadata(root, self.name),
            "samlConsumer": env.saml_consumer(root, self.name),
        }

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """The provider answers known addresses only."""
        yield (
            f"Register at the SAML provider: entity id {outputs.get('samlMetadata')}, "
            f"answers go to {outputs.get('samlConsumer')}"
        )

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The provider."""
        key = made.secrets.get("samlPrivateKey")
        yield env.saml(
            made.root_url,
            self.name,
            self.entry_point,
            self.certificate,
            preset=self.preset,
            logout=self.logout,
            private_key=None if key is None else Secret(key),
            public_certificate=self.own_certificate,
            signed=self.signed,
            button_text=self.button_text,
            options=env.SamlOptions(
                immutable_property=self.immutable_property,
                generate_username=self.generate_username,
                username_normalize=self.lower_case_usernames,
                name_overwrite=self.overwrite_name,
                mail_overwrite=self.overwrite_email or None,
                default_user_role=",".join(self.default_roles) or None,
                signature_algorithm=self.signature_algorithm,
                allowed_clock_drift=self.clock_drift_ms,
                channels_update=self.update_channels or None,
                field_map=self.fields or None,
                role_attribute=self.roles_field,
                identifier_format=self.identifier_format,
            ),
        )

    def judge(
        self, path: str, ways: Sequence[LoginKind], accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """There is one provider only, it does not go with codes of a second factor, and a key needs its certificate."""
        if self.identifier_format is not None and "license" not in secrets:
            yield Problem(
                f"{path}.identifierFormat",
                "without a licence the server asks for the address, whatever is said here",
                remedy="leave it out, or run: pulumi config set --secret rocketchat:license",
            )
        if self.own_certificate is None and "samlPrivateKey" in secrets:
            yield Problem(
                f"{path}.ownCertificate",
                "with the secret samlPrivateKey the server needs the certificate that goes with it, and shows the "
                "provider no metadata without",
                remedy="add `ownCertificate`, or run: pulumi config rm rocketchat:samlPrivateKey",
            )
        second = list(only_one(path, self, ways))
        yield from second
        if not second and accounts.two_factor is not False:
            yield Warning_(
                "a user of SAML who turns on two-factor authentication cannot sign in any more (#41394): leave that to "
                "the provider, or set `accounts.twoFactor: false`, which holds for passwords too"
            )
