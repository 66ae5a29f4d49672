"""What MongoDB Atlas says: the organization, its projects, the cluster and the sizes in the region.

Atlas Administration API v2 (mongodb.com/docs/api/doc/atlas-admin-api-v2); keys answer a digest challenge.
"""

from typing import Any, ClassVar, Final

import httpx

from automation.doctor.needs import Visit, number, room
from automation.doctor.vendor import Refused, Vendor, trusted
from automation.web import Failed, NotChecked

API: Final = "https://cloud.mongodb.com"
TAKES: Final = "application/vnd.atlas.2024-08-05+json"
PROJECTS: Final = 250
ENTRIES: Final = 200
"""Projects of an organization, entries of a project's access list (Atlas docs, "Atlas Service Limits")."""
KEYS: Final = (
    "make a key with the role Organization Project Creator, and set mongodbatlas:publicKey and :privateKey"
)
CLUSTER: Final = "mongodbatlas:index/advancedCluster:AdvancedCluster"


class Atlas(Vendor):
    """Atlas."""

    name: ClassVar = "MongoDB Atlas"


def _site(visit: Visit) -> Atlas:
    public, private = (visit.credentials.get(f"mongodbatlas:{key}") for key in ("publicKey", "privateKey"))
    made = Atlas(API, tls=trusted(), auth=httpx.DigestAuth(public, private))
    made.session = {"Accept": TAKES}
    made.hide(private)
    return made


async def _get(visit: Visit, path: str, **query: str) -> Any:
    async with _site(visit) as site:
        try:
            return await site.get(f"/api/atlas/v2{path}", **query)
        except Refused as error:
            told = error.body.get("errorCode", "")
            if told in {"IP_ADDRESS_NOT_ON_ACCESS_LIST", "ORG_REQUIRES_ACCESS_LIST"}:
                raise Failed(
                    f"Atlas refuses this machine: {error.said}",
                    "add its address to the access list of the API key (Organization Access Manager, API Keys)",
                ) from None
            if error.status == httpx.codes.UNAUTHORIZED:
                raise Failed("Atlas refuses the key", KEYS) from None
            if error.status == httpx.codes.FORBIDDEN:
                raise NotChecked(f"the key of Atlas may not read {path}: {error.said}") from None
            raise


async def organization(visit: Visit) -> str:
    """Say whether the key belongs to the organization, and whether a project has room there."""
    own = str(getattr(visit.spec.parts.database, "organization", ""))
    try:
        told = await _get(visit, f"/orgs/{own}")
    except Refused as error:
        raise Failed(
            f"Atlas knows no organization {own} for this key: {error.said}",
            "look for its id in Organization Settings, and write it as `database.organization`",
        ) from None
    listed = await _get(visit, f"/orgs/{own}/groups", itemsPerPage="1")
    said = room(
        visit,
        PROJECTS,
        int(listed.get("totalCount", 0)),
        visit.more(number("mongodbatlas:index/project:Project")),
        "delete projects that nobody needs, or ask Atlas's support for more",
    )
    return f"{told.get('name')}; projects: {said}"


def _project(visit: Visit) -> str | None:
    """Return a project that is there: the one that the stack uses, or has made."""
    given = getattr(visit.spec.parts.database, "project", None)
    made = (
        one.outputs.get("id") for one in visit.deployed if one.type.startswith("mongodbatlas:index/project:")
    )
    return str(given) if given else next((str(one) for one in made if one), None)


async def cluster(visit: Visit) -> str:
    """Say whether the cluster that the stack uses is there, and is well."""
    database, project = visit.spec.parts.database, _project(visit)
    if project is None:
        raise NotChecked("the project is known to the stack that made it: ask for that one")
    name = getattr(database, "cluster", None)
    try:
        told = await _get(visit, f"/groups/{project}/clusters/{name}")
    except Refused as error:
        raise Failed(
            f"Atlas finds no cluster {name} in the project {project}: {error.said}",
            "look at `database.project` and `database.cluster`",
        ) from None
    version = str(told.get("mongoDBVersion") or told.get("mongoDBMajorVersion") or "")
    series = ".".join(version.split(".")[:2])
    if series not in visit.spec.release.mongodb:
        raise Failed(
            f"{name} has MongoDB {version}, and Rocket.Chat {visit.spec.release.version} runs on "
            f"{', '.join(visit.spec.release.mongodb)}",
            "upgrade the cluster, one version at a time; or choose another `chat.release`",
        )
    if told.get("paused") or told.get("stateName") not in {"IDLE", "UPDATING"}:
        raise Failed(
            f"{name} is {'paused' if told.get('paused') else told.get('stateName')}", "resume it, or wait"
        )
    return f"{name} has MongoDB {version} and is {told.get('stateName')}"


async def access_list(visit: Visit) -> str:
    """Say whether the project's access list has room."""
    project = _project(visit)
    if project is None:
        raise NotChecked("the project is not there yet, or known to another stack")
    told = await _get(visit, f"/groups/{project}/accessList", itemsPerPage="1")
    return room(
        visit,
        ENTRIES,
        int(told.get("totalCount", 0)),
        visit.more(number("mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")),
        "delete entries that nobody needs",
    )


async def tiers(visit: Visit) -> str:
    """Say whether Atlas has the cluster's size in its region."""
    project = _project(visit)
    if project is None:
        own = str(getattr(visit.spec.parts.database, "organization", ""))
        others = (await _get(visit, f"/orgs/{own}/groups", itemsPerPage="1")).get("results") or []
        if not others:
            raise NotChecked("Atlas tells it for a project, and the organization has none yet")
        project = str(others[0].get("id"))
    regions = [
        region
        for one in visit.of(CLUSTER)
        for spec in one.inputs.get("replicationSpecs") or ()
        for region in spec.get("regionConfigs") or ()
    ]
    found = [await _tier(visit, project, region) for region in regions]
    return f"{', '.join(found)}: offered"


async def _tier(visit: Visit, project: str, region: Any) -> str:
    size, provider, name = (
        str((region.get("electableSpecs") or {}).get("instanceSize")),
        str(region.get("providerName")),
        str(region.get("regionName")),
    )
    told = await _get(visit, f"/groups/{project}/clusters/provider/regions", providers=provider, tier=size)
    sizes = [
        each
        for result in told.get("results", ())
        for each in result.get("instanceSizes", ())
        if each.get("name") == size
    ]
    if not any(each.get("name") == name for one in sizes for each in one.get("availableRegions", ())):
        raise Failed(
            f"Atlas has no {size} in {name} of {provider}", "choose another region, or more `chat.users`"
        )
    return f"{size} in {name}"
