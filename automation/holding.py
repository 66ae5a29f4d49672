"""What holds data, and what a change of it does to users: knowledge that no provider tells."""

from collections.abc import Collection, Mapping

SEAL = "random:index/randomId:RandomId"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DATA: Mapping[str, str] = {
    "aws:lightsail/disk:Disk": "the host's data disk",
    "aws:s3/bucket:Bucket": "uploads or backups",
    "digitalocean:index/spacesBucket:SpacesBucket": "uploads",
    "digitalocean:index/volume:Volume": "the host's data volume",
    STATEFUL_SET: "the database in the cluster, with the claims to its disks",
    "mongodbatlas:index/advancedCluster:AdvancedCluster": "the database, with its backups",
    "mongodbatlas:index/project:Project": "the cluster and its backups",
    SEAL: "nothing itself: it says where messages and uploads are",
}
"""Types of resources that data are lost with, or out of sight."""
AROUND = ("kubernetes:core/v1:Namespace", "digitalocean:index/kubernetesCluster:KubernetesCluster")
"""What takes a database in the cluster along."""
NOT_DATA = ("-documents", "-logs")
"""Endings of the names of buckets of logs, and of those in which is only what the stack itself writes."""

REVISIONS = frozenset(
    {
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:ssm/activation:Activation",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:core/v1:Secret",
        "random:index/randomPassword:RandomPassword",
    }
)
"""What is never changed, but made anew each time: its replacement is its update."""

ONE_AT_ITS_PLACE: Mapping[str, frozenset[str]] = {
    "aws:lightsail/disk_attachment:Disk_attachment": frozenset({"diskName"}),
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": frozenset({"instanceName"}),
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": frozenset({"staticIpName"}),
    "aws:wafv2/webAclAssociation:WebAclAssociation": frozenset({"resourceArn"}),
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": frozenset({"ipAddress"}),
    "digitalocean:index/volumeAttachment:VolumeAttachment": frozenset({"volumeId"}),
    "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList": frozenset(
        {"cidrBlock", "ipAddress", "projectId"}
    ),
}
"""Types of which there can be one at a place, which these properties name: two cannot be there at once, or deleting one
deletes the other."""

AWAY = "away for minutes"
UNFOUND = "runs on; its name leads nowhere until DNS follows"
UNLISTED = "keeps its database only if something else lets it in"
ROLLS = "new containers, one after another"
RESTARTS = "restarts within five minutes"
DATABASE = "the database restarts node by node"
RUNS = "runs on"

_AWAY_WHEN_GONE = (
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ecs/cluster:Cluster",
    "aws:ecs/service:Service",
    "aws:lb/listenerRule:ListenerRule",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lightsail/instance:Instance",
    "aws:lightsail/staticIp:StaticIp",
    "digitalocean:index/droplet:Droplet",
    "digitalocean:index/kubernetesCluster:KubernetesCluster",
    "digitalocean:index/reservedIp:ReservedIp",
    "kubernetes:core/v1:Namespace",
    "kubernetes:gateway.networking.k8s.io/v1:Gateway",
    "kubernetes:helm.sh/v3:Release",
    STATEFUL_SET,
    "mongodbatlas:index/advancedCluster:AdvancedCluster",
)
_UPDATED = {
    STATEFUL_SET: AWAY,
    "aws:ecs/service:Service": ROLLS,
    "kubernetes:helm.sh/v3:Release": ROLLS,
    "mongodbatlas:index/advancedCluster:AdvancedCluster": DATABASE,
}


_LABELS = frozenset({"tags", "tagsAll"})
"""What nobody notices a change of."""
_NAME = "name-record"
"""The record of the chat's own name."""


def holds_data(token: str, name: str, types: Collection[str]) -> bool:
    """Whether data are lost with a resource. `types` are those of everything in the stack."""
    if token in AROUND:
        return STATEFUL_SET in types
    return token in DATA and not name.endswith(NOT_DATA)


def loss(token: str, name: str) -> str:
    """Return what is lost with something that holds data, as people are told of it."""
    if token == SEAL:
        return "the data get another place, and the chat starts without those of the old one"
    return f"{name} goes, and with it {DATA.get(token, DATA[STATEFUL_SET])}"


def felt(token: str, name: str, operation: str, changed: Collection[str]) -> str:
    """Return what users notice of one resource's step: `update`, `replace`, `delete`, `create`."""
    if operation in ("replace", "delete"):
        if name == _NAME:
            return UNFOUND
        if operation == "delete" and token == "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList":  # noqa: S105 - a type
            return UNLISTED
        return AWAY if token in _AWAY_WHEN_GONE else RUNS
    if operation != "update" or set(changed) <= _LABELS:
        return RUNS
    if token == "digitalocean:index/droplet:Droplet":  # noqa: S105 - a type
        return AWAY if "size" in changed else RUNS
    if token == "aws:s3/bucketObjectv2:BucketObjectv2" and name.endswith("-document"):  # noqa: S105 - a type
        return RESTARTS
    return _UPDATED.get(token, RUNS)


WORST = (AWAY, UNLISTED, UNFOUND, DATABASE, RESTARTS, ROLLS, RUNS)
"""From the worst to nothing."""
