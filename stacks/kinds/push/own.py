"""Push of a self-built app."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar, Literal

from rocketchat import environment as env
from rocketchat.environment import Secret
from rocketchat.releases import Release
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.push import PushKind
from stacks.problems import Problem
from stacks.secret_keys import SecretKey, command, json_object, pem

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables

_APPLE = ("apnKey", "apnCertificate", "apnPassphrase")


def _service_account(value: str) -> str | None:
    found = json_object(value)
    if found is None:
        return "this is not JSON; it is the file that Firebase gives for a service account"
    missing = [
        name
        for name in ("project_id", "private_key", "client_email")
        if not isinstance(found.get(name), str) or not found[name]
    ]
    if found.get("type") != "service_account" or missing:
        return f"this is no service account of Firebase: it lacks {', '.join(missing) or 'its type'}"
    return pem("PRIVATE KEY")(str(found["private_key"]))


class OwnPush(PushKind):
    """Push of a self-built app, by the secrets `fcmServiceAccount` and `apnKey`, `apnCertificate`, `apnPassphrase`."""

    secrets: ClassVar = (
        SecretKey(
            "fcmServiceAccount",
            "Firebase service account (JSON) of the own app.",
            required=True,
            problem=_service_account,
        ),
        SecretKey(
            "apnKey", "Apple push key (PEM) of the own app.", problem=pem("PRIVATE KEY", passphrase=True)
        ),
        SecretKey(
            "apnCertificate", "Apple push certificate (PEM) of the own app.", problem=pem("CERTIFICATE")
        ),
        SecretKey("apnPassphrase", "Passphrase of the Apple push key."),
    )

    kind: Literal["own"]

    def lacks(self, secrets: AbstractSet[str]) -> Sequence[str]:
        """Apple takes all three, or there is no push to Apple."""
        missing = [name for name in _APPLE if name not in secrets]
        return missing if len(missing) < len(_APPLE) else ()

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The own accounts at Google and Apple."""

        def given(name: str) -> "Secret[pulumi.Input[str]] | None":
            value = made.secrets.get(name)
            return None if value is None else Secret(value)

        yield from super().environment(made)
        yield env.push_own(
            made.release,
            google_credentials=given("fcmServiceAccount"),
            apple_key=given("apnKey"),
            apple_certificate=given("apnCertificate"),
            apple_passphrase=given("apnPassphrase"),
        )


@rule("Phones are told of messages by the own accounts")
def _accounts(push: OwnPush, secrets: AbstractSet[str], release: Release) -> Iterator[Finding]:
    if "fcmServiceAccount" in secrets and not release.own_google_push:
        yield Problem(
            "rocketchat:push.kind",
            f"Rocket.Chat {release.version} cannot send to Google by a service account (FCM v1), and Google takes "
            "nothing else",
            remedy="deploy 6.8.0 or newer",
        )
    for name in push.lacks(secrets):
        path = f"rocketchat:{name}"
        yield Problem(
            path,
            f"the secret is missing: push to Apple needs all of {', '.join(_APPLE)}",
            remedy=command(path),
            unset=True,
        )
    yield Warning_("own push works with a self-built app only; the stores' apps need the gateway")
    yield Note("by the own accounts at Google and Apple")
