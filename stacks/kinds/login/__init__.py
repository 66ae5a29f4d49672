"""What every way of single sign-on is asked."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar

from stacks.judging import Finding
from stacks.kinds.kind import Kind
from stacks.parts import Accounts

if TYPE_CHECKING:
    import pulumi


class LoginKind(Kind):
    """Base of all ways of single sign-on."""

    custom_oauth: ClassVar[bool] = False
    """It is a custom OAuth service of the product, which some releases want a licence for."""

    @property
    def syncs_roles(self) -> bool:
        """Whether roles are taken from the provider, which needs a licence."""
        return False

    @abstractmethod
    def outputs(self, root: str, ways: "Sequence[LoginKind]") -> "Mapping[str, pulumi.Input[object]]":
        """Return the addresses that must be registered at the identity provider.

        `root` is the chat's address, `ways` are all ways of single sign-on, of which it is one.
        """

    @abstractmethod
    def judge(
        self, path: str, ways: "Sequence[LoginKind]", accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """Find what is wrong with it among all ways of single sign-on, of which it is one; `path` is its own."""
