"""DigitalOcean: uptime checks and their alerts."""

from clouds.ask import Ask, names
from clouds.digitalocean import charges
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


def _one_of(ask: Ask, **allowed: frozenset[str]) -> list[str]:
    return [
        f"{key} {value!r} must be one of {', '.join(sorted(words))}"
        for key, words in allowed.items()
        for value in (ask[key] if isinstance(ask[key], list) else [ask[key]])
        if value is not None and value not in words
    ]


def _check(ask: Ask) -> list[str]:
    """Of terraform-provider-digitalocean, resource_uptime_check.go, and its page (the regions; `target` is a URL)."""
    found = _one_of(ask, type=names("ping http https"), regions=names("us_east us_west eu_west se_asia"))
    kind, target = ask["type"] or "https", str(ask["target"])
    if kind in ("http", "https") and not target.startswith(f"{kind}://"):
        found.append(f"target {target!r} must begin with {kind}://")
    return found


CHECK = Resource(
    "digitalocean:index/uptimeCheck:UptimeCheck",
    "asks for an address from outside",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        defaults={"enabled": True, "type": "https"},
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_check),
    again=Another(),
    replaced=IN_PLACE,
    import_id="{id}",
    found=Person("no lookup lists it: see `doctl monitoring uptime list`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.uptime_check,
    drawn=(Drawn(Role.WATCH, "Uptime check", ("DigitalOcean, worldwide",), "by e-mail"),),
)


def _alert(ask: Ask) -> list[str]:
    """Of terraform-provider-digitalocean, resource_uptime_alert.go, and the API reference, "Create a New Alert"."""
    found = _one_of(
        ask,
        type=names("latency down down_global ssl_expiry"),
        comparison=names("greater_than less_than"),
        period=names("2m 3m 5m 10m 15m 30m 1h"),
    )
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
    refuses=Refuses(inputs=_alert),
    again=Another(),
    replaced=IN_PLACE,
    import_id=Nothing("its provider reads it by its check, which an import does not name"),
    found=Person("its provider imports none: see `doctl monitoring uptime alert list CHECK`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: it is in the price of its check"),
)
