"""AWS."""

from rehearsal.standins.aws import compute, dns, edge, hosts, identity, network, operations, storage, tagging
from rehearsal.standins.table import Lookup, Standin

_PARTS = (compute, dns, edge, hosts, identity, network, operations, storage, tagging)
TYPES: dict[str, Standin] = {token: standin for part in _PARTS for token, standin in part.TYPES.items()}
LOOKUPS: dict[str, Lookup] = {token: answer for part in _PARTS for token, answer in part.LOOKUPS.items()}
