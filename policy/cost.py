"""What a deployment costs at the very least: by list prices, with the least use that is assumed, for one user."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from policy.model import UNKNOWN, Stack, Subject
from rocketchat.usage import ASSUMPTIONS

if TYPE_CHECKING:
    from clouds.costs import Charge

_LEAST: Final = {"users": 1.0} | {key: one.low for key, one in ASSUMPTIONS.items()}


def at_least(stack: Stack) -> float:
    """Return US dollars a month. What has no price, or cannot be told yet, counts for nothing."""
    if "cost" not in stack.memo:
        stack.memo["cost"] = _sum(stack)
    return float(stack.memo["cost"])


def _sum(stack: Stack) -> float:
    # Records and prices are read where a stack has a budget, and not at the start of the pack.
    from clouds import costs

    total = 0.0
    for subject in stack.subjects:
        for charge, region in _charges(subject, stack):
            price = costs.find(charge.price, charge.region or region)
            total += charge.amount * price.low if price is not None else 0
    return total


def _charges(subject: Subject, stack: Stack) -> Iterator[tuple["Charge", str]]:
    import clouds
    from clouds.costs import Bill

    record = clouds.find(subject.type)
    if record is None or not callable(record.costs):
        return

    def planned(token: str) -> Iterator[Mapping[str, Any]]:
        return (_known(one.properties) for one in stack.of(token))

    inputs = _known(subject.properties)
    region = str(
        inputs.get("region") or subject.provider.get("region") or subject.outputs.get("region") or ""
    )
    bill = Bill(subject.name, inputs, subject.outputs, region, _LEAST.__getitem__, False, planned)
    try:
        yield from [(one, region) for one in record.costs(bill)]
    except (AttributeError, KeyError, TypeError, ValueError):
        # Something that it rests on is not known before the deployment.
        return


def _known(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not UNKNOWN}
