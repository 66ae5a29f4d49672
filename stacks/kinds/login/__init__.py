"""What every way of single sign-on is asked."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field

from stacks.judging import Finding
from stacks.kinds.kind import Kind
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import unfilled

if TYPE_CHECKING:
    import pulumi


def _filled(text: str) -> str:
    if unfilled(text):
        raise ValueError("this is a placeholder, which nothing has filled in")
    return text


def _endpoint(address: str) -> str:
    if re.search(r"/\.well-known/|/(federation)?metadata([./]|$)|/saml/descriptor$", address, re.IGNORECASE):
        raise ValueError(
            "this is the document in which the provider describes itself; one of those in it is needed"
        )
    return address


Endpoint = AfterValidator(_endpoint)
"""An address that a provider's document names, and not that of the document."""
ClientId = Annotated[str, Field(min_length=1), AfterValidator(_filled)]


class LoginKind(Kind):
    """Base of all ways of single sign-on."""

    by_form: ClassVar[bool] = False
    """Its users fill in the login form; they have no button of its own."""
    custom_oauth: ClassVar[bool] = False
    """It is a custom OAuth service of the product, which some releases want a licence for."""

    @property
    def syncs_roles(self) -> bool:
        """Whether roles are taken from the provider, which needs a licence."""
        return False

    def outputs(self, root: str, ways: "Sequence[LoginKind]") -> "Mapping[str, pulumi.Input[object]]":
        """Return the addresses that must be registered at the identity provider.

        `root` is the chat's address, `ways` are all ways of single sign-on, of which it is one.
        """
        return {}

    @abstractmethod
    def judge(
        self, path: str, ways: "Sequence[LoginKind]", accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """Find what is wrong with it among all ways of single sign-on, of which it is one; `path` is its own."""


def by_button(ways: Iterable[LoginKind]) -> bool:
    """Return whether somebody signs in without the login form."""
    return any(not way.by_form for way in ways)


def only_one(path: str, way: LoginKind, ways: "Sequence[LoginKind]") -> Iterator[Finding]:
    """Find a second login of a kind of which the product knows one."""
    if next(one for one in ways if one.kind == way.kind) is not way:
        yield Problem(
            path, f"Rocket.Chat knows one login of kind {way.kind} only", remedy="leave this one out"
        )
