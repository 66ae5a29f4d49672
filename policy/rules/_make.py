"""How the modules of rules write a rule down."""

import re
from collections.abc import Callable
from typing import Final

from policy.rule import PART, Level, Needs, Probe, Remedy, Rule, Severity

MANDATORY: Final = Level.MANDATORY
PRODUCTION: Final = Level.PRODUCTION
ADVISORY: Final = Level.ADVISORY
REMEDIATE: Final = Level.REMEDIATE
LOW: Final = Severity.LOW
MEDIUM: Final = Severity.MEDIUM
HIGH: Final = Severity.HIGH
CRITICAL: Final = Severity.CRITICAL

_JOINED: Final = "without this project's components, what leads to the chat is known at the end"
_CONTROL: Final = re.compile(r"^([A-Za-z0-9]+)\.\d+$")


class Area:
    """Makes the rules of one area."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self,
        id: str,  # noqa: A002 - the word of the specification
        title: str,
        level: Level,
        severity: Severity,
        types: tuple[str, ...],
        judge: Callable[[Probe], None],
        *,
        maps: str,
        fix: str,
        link: str = "",
        needs: Needs = Needs.ONE,
        sides: tuple[str, ...] = (),
        why: str = "",
        remedy: Remedy | None = None,
        product: bool = False,
        widened: str = "",
        asked_with: str = "",
    ) -> Rule:
        """Return a rule. `maps` is a list with commas; without a `link`, the first control's own page is it.

        A rule about the product is asked again at the end: of a program without this project's components only that
        tells what leads to the chat.
        """
        if product and needs is Needs.ONE:
            needs, why = Needs.EARLIER, why or _JOINED
        controls = tuple(control.strip() for control in maps.split(","))
        return Rule(
            id,
            title,
            self.name,
            severity,
            level,
            types,
            judge,
            controls,
            fix,
            link or _page(controls),
            needs,
            sides,
            why,
            remedy,
            product,
            widened,
            asked_with,
        )


def _page(controls: tuple[str, ...]) -> str:
    for control in controls:
        bare = control.removeprefix(PART)
        match = _CONTROL.match(bare)
        if match:
            service, anchor = match[1].lower(), bare.lower().replace(".", "-")
            return (
                f"https://docs.aws.amazon.com/securityhub/latest/userguide/{service}-controls.html#{anchor}"
            )
    raise ValueError(f"no page is known for {', '.join(controls)}; give a link")
