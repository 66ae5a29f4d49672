"""DigitalOcean: uptime checks and their alerts."""

from clouds.ask import Ask
from clouds.digitalocean import charges
from clouds.limits import among
from clouds.record import (
    IN_PLACE,
    NO_DATA,
    NO_MODELS,
    UNNOTICED,
    Another,
    Answers,
    Autoname,
    Drawn,
    Nothing,
    Person,
    Refuses,
    Resource,
    Role,
)


def _target(ask: Ask) -> list[str]:
    """A check by HTTP asks for a whole address (API reference, "Create a New Check": `target` is a URL)."""
    kind, target = ask["type"] or "https", str(ask["target"])
    if kind in ("http", "https") and not target.startswith(f"{kind}://"):
        return [f"target {target!r} must begin with {kind}://"]
    return []


CHECK = Resource(
    "digitalocean:index/uptimeCheck:UptimeCheck",
    "asks for an address from outside",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        defaults={"enabled": True, "type": "https"},
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        # terraform-provider-digitalocean, resource_uptime_check.go; the regions are of its page.
        values={
            "type": among("ping", "http", "https"),
            "regions.*": among("us_east", "us_west", "eu_west", "se_asia"),
        },
        together=_target,
    ),
    again=Another(),
    replaced=IN_PLACE,
    import_id="{id}",
    found=Person("no lookup lists it: see `doctl monitoring uptime list`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.uptime_check,
    drawn=(Drawn(Role.WATCH, "Uptime check", ("DigitalOcean, worldwide",), "by e-mail"),),
)


def _threshold(ask: Ask) -> list[str]:
    """Of the API reference, "Create a New Alert": which types need what; and who can be told."""
    found = []
    if ask["type"] in ("latency", "ssl_expiry") and ask["threshold"] is None:
        found.append(f"a threshold is needed for type {ask['type']}")
    told = ask["notifications"] or []
    if not any((one or {}).get("emails") or (one or {}).get("slacks") for one in told):
        found.append("notifications name neither an address nor a channel")
    return found


ALERT = Resource(
    "digitalocean:index/uptimeAlert:UptimeAlert",
    "tells of a check that fails",
    answers=Answers(id=lambda ask: ask.uuid(), autoname=Autoname()),
    requests=NO_MODELS,
    refuses=Refuses(
        # terraform-provider-digitalocean, resource_uptime_alert.go.
        values={
            "type": among("latency", "down", "down_global", "ssl_expiry"),
            "comparison": among("greater_than", "less_than"),
            "period": among("2m", "3m", "5m", "10m", "15m", "30m", "1h"),
        },
        together=_threshold,
    ),
    again=Another(),
    replaced=IN_PLACE,
    import_id=Nothing("its provider reads it by its check, which an import does not name"),
    found=Person("its provider imports none: see `doctl monitoring uptime alert list CHECK`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: it is in the price of its check"),
)
