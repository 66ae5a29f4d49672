"""Stacks of Rocket.Chat driven from other tools: open, preview, deploy, compare, destroy."""

import importlib
from typing import TYPE_CHECKING, Any

# At the first use: the command's help and completion need none of it, and Pulumi's SDK takes a while.
if TYPE_CHECKING:
    from automation.backend import Backend
    from automation.errors import (
        AutomationError,
        CancelledError,
        ConfigurationError,
        ConflictError,
        NoEngineError,
        PolicyError,
        ProviderError,
    )
    from automation.events import Ended, Event, Found, Moved, OnEvent, Said, Started
    from automation.stack import ChatStack, open_stack
    from automation.state import Pending, State
    from automation.values import Finding, Resource, Result, SecretValue, Step

__all__ = [
    "AutomationError",
    "Backend",
    "CancelledError",
    "ChatStack",
    "ConfigurationError",
    "ConflictError",
    "Ended",
    "Event",
    "Finding",
    "Found",
    "Moved",
    "NoEngineError",
    "OnEvent",
    "Pending",
    "PolicyError",
    "ProviderError",
    "Resource",
    "Result",
    "Said",
    "SecretValue",
    "Started",
    "State",
    "Step",
    "open_stack",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in ("errors", "events", "values", "state", "backend", "stack"):
            found = vars(importlib.import_module(f"automation.{module}")).get(name)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
