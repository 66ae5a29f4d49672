"""What everything that may stand before the app is asked."""

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from stacks.kinds.kind import Kind

if TYPE_CHECKING:
    from components.edge.certificate import Certificate
    from components.values import Endpoint
    from stacks.kinds.context import Context


class EdgeKind(Kind):
    """Base of what may stand before the app."""

    is_cdn: ClassVar[bool] = False
    """A CDN stands there: one more trusted proxy, which the runtime must let in."""
    certificate_regions: ClassVar[tuple[str, ...]] = ()
    """Regions of AWS in which it needs a certificate for the chat's name."""
    generates: ClassVar[tuple[str, ...]] = ()
    """Names of the secrets that are generated for it."""
    headers: ClassVar[tuple[str, ...]] = ()
    """Names of the response headers that it adds to what the chat answers."""

    @abstractmethod
    def make(
        self,
        context: "Context",
        origin: "Endpoint",
        certificate: "Certificate | None",
        *,
        log_days: int,
        waf: bool,
    ) -> "Endpoint":
        """Make it before the runtime's own endpoint, and return where the chat's name must lead.

        `certificate` holds in `certificate_regions`, `waf` is whether a firewall for web applications is wanted.
        """
