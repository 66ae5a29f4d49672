"""DigitalOcean."""

from rehearsal.standins.digitalocean import clusters, hosts, lookups, spaces
from rehearsal.standins.table import Lookup, Standin

_PARTS = (clusters, hosts, lookups, spaces)
TYPES: dict[str, Standin] = {token: standin for part in _PARTS for token, standin in part.TYPES.items()}
LOOKUPS: dict[str, Lookup] = {token: answer for part in _PARTS for token, answer in part.LOOKUPS.items()}
