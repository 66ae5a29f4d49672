"""The chat's database on MongoDB Atlas: on a cluster of the stack's own, or on one that is there already."""

from collections.abc import Mapping

import pulumi

from components.database.atlas import (
    USERNAME_LIMIT,
    AtlasCluster,
    AtlasClusterArgs,
    AtlasDatabase,
    AtlasDatabaseArgs,
    AtlasRoleArgs,
)
from components.database.private_link import PrivateLinkArgs
from components.names import bounded
from components.values import DatabaseAccess
from stacks import providers
from stacks.language import ChatSpec
from stacks.profiles import snapshots
from stacks.runtimes import Runtime
from stacks.spec import AtlasDatabase as AtlasPart
from stacks.spec import ExistingAtlasDatabase as ExistingPart

Outputs = Mapping[str, pulumi.Input[object]]

PROJECT, CLUSTER = "atlasProjectId", "atlasCluster"
LINK, SERVICE = "atlasPrivateLinkId", "atlasEndpointService"
"""Outputs of the stack that has the cluster, which the stacks beside it read."""


def on_own_cluster(
    part: AtlasPart, spec: ChatSpec, runtime: Runtime, opts: pulumi.ResourceOptions
) -> tuple[DatabaseAccess, Outputs]:
    """Make a cluster, and the chat's database on it; return its access, and what other stacks need to share it."""
    cluster = AtlasCluster("cluster", _cluster(part, spec), opts)
    args: AtlasDatabaseArgs = {
        "project_id": cluster.project_id,
        "cluster_name": cluster.cluster_name,
        "srv_address": cluster.srv_address,
        "database": part.name,
        "roles": _roles(part.name, spec),
        "addresses": list(part.allow),
    }
    private = spec.defaults.private_link if part.private_link is None else part.private_link
    if private and runtime.private_link is not None:
        args["private_link"] = runtime.private_link
        del args["srv_address"]
    else:
        args["addresses"] = [*runtime.egress.addresses, *part.allow]
    made = AtlasDatabase("database", args, opts)
    outputs: dict[str, pulumi.Input[object]] = {PROJECT: cluster.project_id, CLUSTER: cluster.cluster_name}
    if made.link is not None:
        outputs[LINK] = made.link.private_link_id
        outputs[SERVICE] = made.link.endpoint_service_name
    return made.access, outputs


def on_existing_cluster(
    part: ExistingPart, spec: ChatSpec, runtime: Runtime, opts: pulumi.ResourceOptions
) -> tuple[DatabaseAccess, Outputs]:
    """Make the chat's own user and way in on a cluster of somebody else's; nothing else of it is touched."""
    owner = (
        None if part.stack is None else pulumi.StackReference("database-owner", stack_name=_full(part.stack))
    )
    args: AtlasDatabaseArgs = {
        "project_id": _wanted(owner, PROJECT) if owner is not None else part.project or "",
        "cluster_name": _wanted(owner, CLUSTER) if owner is not None else part.cluster or "",
        "database": part.name,
        "roles": _roles(part.name, spec),
        "username": part.user or bounded(pulumi.get_stack(), USERNAME_LIMIT),
        "access_comment": f"Rocket.Chat, stack {pulumi.get_stack()}",
        "mongodb_versions": list(spec.release.mongodb),
    }
    if part.private_link and runtime.private_link is not None:
        place: PrivateLinkArgs = {**runtime.private_link}
        if owner is not None:
            place["private_link_id"] = _wanted(owner, LINK)
            place["endpoint_service_name"] = _wanted(owner, SERVICE)
        elif part.endpoint is not None:
            place["private_link_id"] = part.endpoint.id
            place["endpoint_service_name"] = part.endpoint.service
        args["private_link"] = place
    elif part.access_list:
        args["addresses"] = list(runtime.egress.addresses)
    else:
        args["already_let_in"] = True
    return AtlasDatabase("database", args, opts).access, {}


def _roles(database: str, spec: ChatSpec) -> list[AtlasRoleArgs]:
    return [{"role": role.role, "database": role.database} for role in spec.release.database_roles(database)]


def _cluster(part: AtlasPart, spec: ChatSpec) -> AtlasClusterArgs:
    defaults = spec.defaults
    args: AtlasClusterArgs = {
        "cluster_name": part.cluster,
        "region": part.region or spec.region or "",
        "tier": part.tier or spec.size.atlas_tier,
        "tier_max": part.max_tier or part.tier or spec.size.atlas_max_tier,
        "disk_gb": part.disk_gb or spec.size.disk_gb,
        "mongodb_version": part.version or spec.release.recommended_mongodb,
        "schedule": snapshots(spec.parts.backup, defaults),
        "maintenance": {"day": part.maintenance_day, "hour": part.maintenance_hour},
        "alert_emails": list(spec.parts.monitoring.alarm_emails),
        "termination_protection": defaults.protect,
        "retain_backups": defaults.protect,
        "protect": defaults.protect,
        "retain": defaults.protect,
        "tags": dict(providers.tags(spec)),
    }
    if part.project is not None:
        args["project_id"] = part.project
    elif part.organization is not None:
        args["organization_id"] = part.organization
        args["project_name"] = part.cluster
    return args


def _full(stack: str) -> str:
    """Return `organization/project/stack` for a stack that may be named without the first two."""
    return stack if "/" in stack else f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"


def _wanted(owner: pulumi.StackReference, output: str) -> pulumi.Output[str]:
    def check(value: str | None) -> str:
        if value is None:
            raise pulumi.RunError(
                f"the stack of `rocketchat:database.stack` has no output {output}; it must be deployed, have a "
                "database of kind atlas"
                + (", and reach it by PrivateLink" if output in (LINK, SERVICE) else "")
            )
        return value

    return owner.get_output(output).apply(check)
