"""Single sign-on by SAML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from rocketchat import environment as env
from rocketchat.environment import Secret
from stacks.fields import IN_ADDRESS, LABEL, Url, matching
from stacks.judging import Finding, Warning_
from stacks.kinds.login import LoginKind
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import SecretKey, pem

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.spec import Parts


def _certificate(text: str) -> str:
    label = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----", text)
    if label is not None and label[1] != "CERTIFICATE":
        leaked = "; replace it, because it stood here in clear" if "PRIVATE" in label[1] else ""
        raise ValueError(f"this is a {label[1].lower()}, and the certificate is wanted{leaked}")
    body = re.sub(r"-----(BEGIN|END) CERTIFICATE-----", "", text)
    if re.fullmatch(r"[A-Za-z0-9+/\s]+={0,2}\s*", body) is None:
        raise ValueError("this is not a certificate: PEM, or its base64 without the BEGIN and END lines")
    return text


Certificate = Annotated[str, AfterValidator(_certificate)]


class SamlLogin(LoginKind):
    """Single sign-on by SAML. An own signing key is the secret `samlPrivateKey`."""

    secrets: ClassVar = (
        SecretKey(
            "samlPrivateKey",
            "Private key (PEM) that signs SAML requests, and goes with `login.ownCertificate`.",
            problem=pem("PRIVATE KEY"),
        ),
    )
    example: ClassVar = {"entryPoint": "https://login.example.com/saml", "certificate": "MIIB"}
    said: ClassVar = {
        rf"SAML_Custom_Default_{setting}": key
        for setting, key in {
            "provider": "name",
            "entry_point": "entryPoint",
            "idp_slo_redirect_url": "logout",
            "cert": "certificate",
            "public_cert": "ownCertificate",
            "signature_validation_type": "signed",
            "button_label_text": "buttonText",
        }.items()
    }

    kind: Literal["saml"]
    preset: Literal["google", "generic"] = "generic"
    name: str = Field(default="saml", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    """Name of the provider inside Rocket.Chat; part of the addresses to register."""
    entry_point: Annotated[
        str,
        matching(
            rf"https://{LABEL}(\.{LABEL})*(:[0-9]+)?([/?]({IN_ADDRESS}|[?#])*)?",
            "an https address; one looks like https://login.example.com/saml",
        ),
    ]
    """The identity provider's sign-on address."""
    logout: Url | None = None
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

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """A certificate of its own needs the key."""
        return tuple(replace(key, required=self.own_certificate is not None) for key in self.secrets)

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
        )

    def judge(
        self, path: str, ways: Sequence[LoginKind], accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """There is one provider only, it does not go with codes of a second factor, and a key needs its certificate."""
        if self.own_certificate is None and "samlPrivateKey" in secrets:
            yield Problem(
                f"{path}.ownCertificate",
                "with the secret samlPrivateKey the server needs the certificate that goes with it, and shows the "
                "provider no metadata without",
                remedy="add `ownCertificate`, or run: pulumi config rm rocketchat:samlPrivateKey",
            )
        first = next(way for way in ways if isinstance(way, SamlLogin))
        if first is not self:
            yield Problem(path, "Rocket.Chat knows one provider of SAML only", remedy="leave this one out")
        elif accounts.two_factor is not False:
            yield Warning_(
                "a user of SAML who turns on two-factor authentication cannot sign in any more (#41394): leave that to "
                "the provider, or set `accounts.twoFactor: false`, which holds for passwords too"
            )
