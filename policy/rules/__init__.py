"""All rules, in the order in which they are shown."""

from types import ModuleType
from typing import Final

from policy.rule import ANY, Rule
from policy.rules import (
    atlas,
    backup,
    balancer,
    cdn,
    compute,
    credentials,
    dns,
    hosts,
    iam,
    keeping,
    kubernetes,
    mail,
    network,
    observability,
    operations,
    rocketchat,
    services,
    storage,
    switches,
)

AREAS: Final[tuple[ModuleType, ...]] = (
    network,
    balancer,
    compute,
    hosts,
    kubernetes,
    atlas,
    storage,
    cdn,
    iam,
    credentials,
    mail,
    dns,
    backup,
    observability,
    operations,
    services,
    switches,
    keeping,
    rocketchat,
)
RULES: Final[tuple[Rule, ...]] = tuple(
    value for module in AREAS for value in vars(module).values() if isinstance(value, Rule)
)
ROWS: Final = (*atlas.ROWS, *services.ROWS, *switches.ROWS, *keeping.ROWS)
"""All tables of attributes."""
KNOWN: Final = frozenset(kind for rule in RULES for kind in (*rule.types, *rule.sides) if kind != ANY)
"""Types that a rule is about by name."""
BY_ID: Final[dict[str, Rule]] = {rule.id: rule for rule in RULES}
