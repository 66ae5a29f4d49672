"""Workloads: sets of pods, how many there are and may be away, and work on a schedule."""

from typing import Any

from clouds.ask import Ask
from clouds.kubernetes.common import disk_costs, object_
from clouds.record import AWAY, CLUSTER, Data, Drawn, Felt, Role


def _set_status(ask: Ask) -> dict[str, Any]:
    count = (ask["spec"] or {}).get("replicas", 1)
    return {"replicas": count, "readyReplicas": count, "currentReplicas": count, "updatedReplicas": count}


STATEFUL_SET = object_(
    "kubernetes:apps/v1:StatefulSet",
    "pods with disks of their own",
    replaced="spec.podManagementPolicy spec.revisionHistoryLimit spec.selector spec.serviceName "
    "spec.volumeClaimTemplates",
    status=_set_status,
    data=Data("the database in the cluster, with the claims to its disks"),
    felt=Felt(gone=AWAY, updated=AWAY),
    costs=disk_costs,
    drawn=(Drawn(Role.DATABASE, "MongoDB", (CLUSTER,), "on a disk of the cluster"),),
)

DEPLOYMENT = object_(
    "kubernetes:apps/v1:Deployment",
    "pods that keep nothing",
    replaced="spec.selector",
    status=_set_status,
)

CRON_JOB = object_("kubernetes:batch/v1:CronJob", "work on a schedule", status={})

POD_DISRUPTION_BUDGET = object_(
    "kubernetes:policy/v1:PodDisruptionBudget", "how many pods may be away", status={}
)

HORIZONTAL_POD_AUTOSCALER = object_(
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "how many pods there are", status={}
)
