"""Stacks of Rocket.Chat driven from other tools: open, preview, deploy, compare, destroy."""

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
