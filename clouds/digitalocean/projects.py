"""DigitalOcean: projects."""

from clouds.ask import CREATED, Ask, too_long
from clouds.digitalocean.common import (
    filtered,
    listed_by_filter,
)
from clouds.record import (
    IN_PLACE,
    NO_DATA,
    NO_MODELS,
    UNNOTICED,
    Answers,
    Autoname,
    Lookup,
    Nothing,
    Refused,
    Refuses,
    Resource,
)


def _project(ask: Ask) -> list[str]:
    """Of the API's description (openapi, `project_base`): the environment is one of three words, not none."""
    words = ("Development", "Staging", "Production")
    found = too_long(ask, name=175, description=255, purpose=255)
    return (
        found
        if ask["environment"] in words
        else [*found, f"environment {ask['environment'] or ''!r} must be one of {', '.join(words)}"]
    )


PROJECT = Resource(
    "digitalocean:index/project:Project",
    "what belongs together",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "createdAt": CREATED,
            "ownerId": 1,
            "ownerUuid": lambda ask: ask.uuid("owner"),
            "updatedAt": CREATED,
        },
        defaults={
            "isDefault": False,
            "purpose": "Web Application",
        },
        autoname=Autoname(limit=175),
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_project),
    again=Refused(),
    replaced=IN_PLACE,
    import_id="{id}",
    found=filtered("Projects", "projects"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


GET_PROJECTS = Lookup(
    "digitalocean:index/getProjects:getProjects",
    outputs={
        "id": "projects",
        "projects": listed_by_filter("project:", {"createdAt": CREATED}),
    },
)
