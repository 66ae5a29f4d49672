"""Nothing before the app."""

from typing import TYPE_CHECKING, Literal

from stacks.kinds.edge import EdgeKind

if TYPE_CHECKING:
    from components.edge.certificate import Certificate
    from components.values import Endpoint
    from stacks.kinds.context import Context


class DirectEdge(EdgeKind):
    """Users reach the balancer itself."""

    kind: Literal["direct"] = "direct"

    def make(
        self,
        context: "Context",
        origin: "Endpoint",
        certificate: "Certificate | None",
        *,
        log_days: int,
        waf: bool,
    ) -> "Endpoint":
        """Make nothing."""
        return origin
