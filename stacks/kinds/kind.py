"""What every kind of a part says of itself. The rules, the deployment, `new` and the guide read it here."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from stacks.fields import Part
from stacks.questions import Ask
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    import pulumi

    from rocketchat.environment import Environment
    from rocketchat.known_bad import Bad
    from rocketchat.releases import Release
    from rocketchat.sizing import Size
    from stacks.features import Made
    from stacks.kinds.runtime import RuntimeKind
    from stacks.language import ChatSpec
    from stacks.profiles import Defaults
    from stacks.spec import Parts

    Variables = Environment[pulumi.Input[str]]


@dataclass(frozen=True)
class Named:
    """A name for which a kind makes records in the DNS zone."""

    key: str
    """The key of the part that says it."""
    host: str
    certificate: bool = False
    """Whether AWS makes a certificate for it."""


class Kind(Part):
    """Base of all kinds. Each part has a base of its own, which adds what is asked of that part alone.

    A kind is a model with its rules beside it. Modules of kinds are all imported when a stack file is read, so
    components are imported where they are made.
    """

    example: ClassVar[Mapping[str, Any]] = {}
    """The keys that it cannot do without, with values that are right."""
    asks: ClassVar[Mapping[str, Ask]] = {}
    """What `new` asks beside its required keys, and what it says of those; by key of the part."""
    comment: ClassVar[str | None] = None
    """What `new` writes above it in the stack file."""
    credentials: ClassVar[Mapping[str, str]] = {}
    """Keys of the providers that it needs beside AWS's (`cloudflare:apiToken`), and the variables of the environment
    that are read in their place."""
    needs_region: ClassVar[bool] = False
    """It is a service of AWS, whose provider needs `aws:region`."""
    takes_tags: ClassVar[bool] = False
    """It makes something beside AWS that takes the stack's tags."""
    instead: ClassVar[Mapping[str, str]] = {}
    """What to do in the place of keys that other kinds have, or others of its parts, and that it cannot have."""
    paid_elsewhere: ClassVar[str] = ""
    """What it uses and does not make, whose cost no plan of the stack has."""
    said: ClassVar[Mapping[str, str]] = {}
    """Keys by the settings of the product that they say; regular expressions of the settings' ids."""

    if TYPE_CHECKING:

        @property
        def kind(self) -> str:
            """Name of the kind, by which stack files choose it."""

    @classmethod
    def goes_with(cls, runtime: "type[RuntimeKind]") -> bool:
        """Return whether it can be chosen beside a runtime at all; `new` offers nothing else."""
        return True

    @classmethod
    def secret_named(cls, name: str) -> SecretKey | None:
        """Return a secret beside `secrets` whose name depends on the file; None where the name is none of these."""
        return None

    def lacks(self, secrets: AbstractSet[str]) -> Sequence[str]:
        """Return the secrets that it cannot do without beside those that are set."""
        return ()

    def names(self) -> Sequence[Named]:
        """Return the names that it makes records for in the DNS zone."""
        return ()

    def aws_services(self) -> Mapping[str, str]:
        """Return the services of AWS that it needs and not every partition has, by its keys that ask for them."""
        return {}

    def addresses(self) -> Mapping[str, str | None]:
        """Return the servers of others that the file names for it, by key: web addresses, their paths, or hosts."""
        return {}

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Yield the TCP ports on the internet that the chat reaches for it, each with a reason.

        `uri_ports` are those in the secret `mongodbUri`.
        """
        return iter(())

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """Return who writes to the alarm addresses because of it, and of what."""
        return {}

    def known_bad(self, release: "Release") -> "Iterator[tuple[str, Bad]]":
        """Yield what is known to be bad of a version that it chooses, each with the key and the version."""
        return iter(())

    def images(self, parts: "Parts", release: "Release", size: "Size") -> Iterator[str]:
        """Yield the images of the containers that it runs, as their makers publish them.

        Raises ValueError where it runs what cannot be.
        """
        return iter(())

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """Yield the variables of the main server that it asks for.

        Raises ValueError where it asks for what cannot be.
        """
        return iter(())

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """Yield what people do by hand for it before the first deployment; `outputs` are those of the plan."""
        return iter(())

    def first_day(self, spec: "ChatSpec", stack: str) -> Iterator[str]:
        """Yield what an administrator does by hand for it after the first deployment."""
        return iter(())


def chosen(parts: "Parts") -> Iterator[tuple[str, Kind]]:
    """Yield the kinds that these parts have, each with its part; a part that is missing or wrong is passed over."""
    for part, value in parts:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Kind):
                yield part, one
