"""Systems Manager."""

import hashlib

from clouds.ask import Ask
from clouds.aws.calls import create, sent
from clouds.aws.common import BASE36
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Gone,
    Lookup,
    Nothing,
    Refused,
    Resource,
    replaced_by,
)

_HOSTS = ("aws:lightsail/instance:Instance", "digitalocean:index/droplet:Droplet")


def _nodes(ask: Ask) -> list[str]:
    """The hosts that were made with one of the activations."""
    wanted = [str(value) for rule in ask["filters"] or [] for value in rule["values"]]
    return [
        f"mi-{hashlib.sha256(thing.id.encode()).hexdigest()[:17]}"
        for kind in _HOSTS
        for thing in ask.world(kind)
        if any(value in str(thing.inputs.get("userData")) for value in wanted)
    ]


ACTIVATION = Resource(
    "aws:ssm/activation:Activation",
    "enrolment of one host",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "activationCode": lambda ask: ask.letters(20, BASE36, "code"),
            "expired": False,
            "registrationCount": 0,
        },
        defaults={
            # A day after it was made; later than any day of a rehearsal, as plans must not depend on the day.
            "expirationDate": "2126-01-02T00:00:00Z",
            "registrationLimit": 1,
        },
    ),
    requests=sent(create("ssm.CreateActivation", {"name": "DefaultInstanceName"})),
    refuses=NOTHING_MORE,
    again=Refused(),
    replaced=replaced_by(
        "description expirationDate iamRole name region registrationLimit tags", is_update=True
    ),
    import_id="{id}",
    found=Gone("its code was in the answer that was lost: nobody can use it, and it expires", remains=True),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the standard tier of hybrid hosts costs nothing"),
)


GET_INSTANCES = Lookup(
    "aws:ssm/getInstances:getInstances",
    outputs={
        "id": "{region}",
        "ids": _nodes,
    },
)
