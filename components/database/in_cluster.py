"""MongoDB inside the chat's cluster."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random

from components.backup.cluster import LABELS as BACKUP_LABELS
from components.backup.cluster import ClusterBackupArgs, Dumped, jobs
from components.base import Component, only_if
from components.database.series import FEATURE, FITS, IMAGES, StepRefused, held, of_image
from components.database.uri import check_database_name
from components.nodes import ANY_NODE, NodesArgs, on_nodes
from components.runtime.host.document import REPLICA_SET
from components.values import DatabaseAccess

UID = 999
"""User `mongodb` of the official image."""
PORT = 27017

SETUP = (
    FEATURE
    + """
const {SET: set, SELF: self, FIRST: first} = process.env;
const root = {user: 'root', pwd: process.env.ROOT_PASSWORD};
const known = (error, ...names) => { if (!names.includes(error.codeName)) throw error; };
const here = new Mongo('mongodb://127.0.0.1:27017/?directConnection=true').getDB('admin');

function lead() {
  try {
    // It is preferred, because only there the users are made.
    here.runCommand({replSetInitiate: {_id: set, members: [{_id: 0, host: self, priority: 2}]}});
  } catch (error) {
    known(error, 'AlreadyInitialized', 'Unauthorized');
  }
  for (let tries = 0; !here.hello().isWritablePrimary; tries++) {
    if (tries > 120) throw new Error('this member does not become the primary');
    sleep(1000);
  }
  try {
    here.createUser({...root, roles: ['root']});
  } catch (error) {
    known(error, 'Unauthorized', 'Location51003');
  }
  here.auth(root);
  const users = {[process.env.CHAT_USER]: {pwd: process.env.CHAT_PASSWORD, roles: JSON.parse(process.env.CHAT_ROLES)}};
  const pwd = process.env.BACKUP_PASSWORD, db = process.env.DATABASE;
  if (pwd) users.backup = {pwd, roles: [{role: 'read', db}]};
  for (const [user, wanted] of Object.entries(users))
    if (here.getUser(user)) here.updateUser(user, wanted);
    else here.createUser({user, ...wanted});
  // At an upgrade this member is the last one to start, so that all run the new version by now.
  climbed(here);
}

function join() {
  if ((here.hello().hosts || []).includes(self)) return;
  const way = `mongodb://root:${root.pwd}@${first}/?replicaSet=${set}&authSource=admin&serverSelectionTimeoutMS=10000`;
  const admin = new Mongo(way).getDB('admin');
  const {config} = admin.runCommand({replSetGetConfig: 1});
  if (config.members.some(member => member.host === self)) return;
  const free = 1 + Math.max(...config.members.map(member => member._id));
  // One at a time: MongoDB refuses the second of two that come together, which tries again. It does not vote before
  // it has the data.
  config.members.push({_id: free, host: self});
  admin.runCommand({replSetReconfig: {...config, version: config.version + 1}});
}

if (self === first) lead();
else join();
"""
)
"""Makes the replica set and its users, and takes a further member in; run again, it changes nothing but passwords and
roles of the chat's user and of the one who dumps.

The first part runs inside the first member, because MongoDB lets the first user be made from there only.
"""

_RESTRICTED = {
    "run_as_non_root": True,
    "run_as_user": UID,
    "allow_privilege_escalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccomp_profile": {"type": "RuntimeDefault"},
}


class ClusterRoleArgs(TypedDict):
    """A role of the chat's user."""

    role: str
    """Name of the role, such as `readWrite`."""
    database: str
    """Database that it holds for."""


class ClusterMongodbArgs(TypedDict):
    """MongoDB as a replica set of one or three."""

    namespace: pulumi.Input[str]
    """Namespace of the chat."""
    namespace_name: str
    """Its name, which is part of the members' host names."""
    client: str
    """Name of the Helm release whose pods may connect."""
    version: str
    """MongoDB's series, such as `8.0`."""
    members: int
    """1, or 3: with three the database outlives a node."""
    disk_gb: int
    """Disk of each member in GB."""
    database: str
    """Name of the chat's database."""
    roles: Sequence[ClusterRoleArgs]
    """Roles of the chat's user."""
    memory: int
    """Memory of each member in MiB."""
    storage_class: NotRequired[str]
    """Class of the disks; the cluster's default when left out."""
    keep_disks: NotRequired[bool]
    """Keep the disks when the database goes. Default true."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the database, and keeps it with all it needs when it leaves the stack. Default
    false."""
    image: NotRequired[str]
    """Image of MongoDB with an exact tag of that series; the official one when left out."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the Secret by which images are pulled, such as `ChatNamespace.pull_secret`."""
    nodes: NotRequired[NodesArgs]
    """On which nodes its pods run; on any when left out."""
    backup: NotRequired[ClusterBackupArgs]
    """Dumps to a bucket of S3, and drills with them; none when left out."""


class ClusterMongodb(Component):
    """MongoDB in the cluster, by its official image: not root, with authentication, reached by the chat alone.

    Produces: passwords, a Secret, the set-up script, a headless service, the stateful set whose disks stay, a
    disruption budget for three members, and network policies; with `backup` a user who may read, and the jobs with
    their Secrets and their way out.
    """

    uri: pulumi.Output[str]
    """Connection URI of the chat, once the database stands (secret)."""

    def __init__(
        self, name: str, args: ClusterMongodbArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(args)
        super().__init__("ClusterMongodb", name, args, opts)
        self._args = args
        # What the kept set needs goes by itself when it is replaced, and else only with all the rest. The set is made
        # after it, so the component stands for all.
        along = self if args.get("protect") else None
        passwords = {
            role: random.RandomPassword(
                f"{name}-{role}", length=40, special=False, opts=self.child(protect=protect)
            )
            # MongoDB reads the one of `root` once only, like the keyfile.
            for role, protect in (
                ("root", args.get("protect")),
                ("chat", None),
                *((("backup", None),) if "backup" in args else ()),
            )
        }
        # 756 bytes at most, and base64's own characters.
        keyfile = random.RandomPassword(
            f"{name}-keyfile", length=512, special=False, opts=self.child(protect=args.get("protect"))
        )
        self._password = passwords["chat"].result
        labels = {"app.kubernetes.io/name": "mongodb", "app.kubernetes.io/part-of": "rocketchat"}
        metadata = {"name": "mongodb", "namespace": args["namespace"], "labels": labels}
        secret = kubernetes.core.v1.Secret(
            f"{name}-secret",
            metadata={"namespace": args["namespace"], "labels": labels},
            immutable=True,
            string_data={
                **{role: password.result for role, password in passwords.items()},
                "keyfile": keyfile.result,
            },
            # Not protected: another password of the chat's user is another Secret.
            opts=self.child(deleted_with=along),
        )
        script = kubernetes.core.v1.ConfigMap(
            f"{name}-setup",
            metadata={"namespace": args["namespace"], "labels": labels},
            immutable=True,
            data={"setup.js": SETUP, "fits": FITS},
            opts=self.child(deleted_with=along),
        )
        kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec={
                "cluster_ip": "None",
                # Members must find one another before any of them is ready.
                "publish_not_ready_addresses": True,
                "selector": labels,
                "ports": [{"name": "mongodb", "port": PORT, "protocol": "TCP"}],
            },
            opts=self.child(deleted_with=along),
        )
        policies = self._policies(name, labels, along)
        if args["members"] > 1:
            kubernetes.policy.v1.PodDisruptionBudget(
                f"{name}-budget",
                metadata=metadata,
                spec={"max_unavailable": 1, "selector": {"match_labels": labels}},
                opts=self.child(deleted_with=along),
            )
        self._set = kubernetes.apps.v1.StatefulSet(
            f"{name}-set",
            metadata=metadata,
            spec=self._spec(labels, _name(secret), _name(script)),
            opts=self.child(
                depends_on=policies,
                protect=args.get("protect"),
                deleted_with=along,
                retain_on_delete=args.get("protect"),
                # No set lets its templates change; what grows is the claims.
                ignore_changes=[f"spec.volumeClaimTemplates[0].{_STORAGE}"],
                hooks=held(name, args["version"], args["members"]),
            ),
        )
        self._claims(name)
        # Its id, so that the chat does not start before the database does.
        ready = self._set.id
        self.uri = self._uri(args["database"], ready)
        if "backup" in args:
            dumped = Dumped(
                namespace=args["namespace"],
                image=self._image,
                pull_secrets=self._pull_secrets,
                nodes=self._nodes,
                database=args["database"],
                backup_uri=self._backup_uri(passwords["backup"].result, ready),
                restore_uri=self.uri,
                egress=[
                    {
                        "to": [{"pod_selector": {"match_labels": labels}}],
                        "ports": [{"port": PORT, "protocol": "TCP"}],
                    }
                ],
            )
            jobs(name, args["backup"], dumped, partial(self.child, deleted_with=along))
        # The state needs no second copy of the password.
        self.register(but_not=("uri",))

    @property
    def access(self) -> DatabaseAccess:
        """How the chat reaches it, once it stands."""
        return DatabaseAccess(uri=self.uri)

    def _uri(self, database: str, ready: pulumi.Output[str]) -> pulumi.Output[str]:
        hosts = ",".join(self._hosts())
        return pulumi.Output.secret(
            pulumi.Output.all(self._password, ready).apply(
                lambda known: (
                    f"mongodb://rocketchat:{known[0]}@{hosts}/{database}"
                    f"?replicaSet={REPLICA_SET}&authSource=admin&w=majority"
                )
            )
        )

    def _backup_uri(self, password: pulumi.Output[str], ready: pulumi.Output[str]) -> pulumi.Output[str]:
        hosts = ",".join(self._hosts())
        return pulumi.Output.secret(
            pulumi.Output.all(password, ready).apply(
                lambda known: (
                    f"mongodb://backup:{known[0]}@{hosts}/?replicaSet={REPLICA_SET}&authSource=admin"
                    "&readPreference=secondaryPreferred"
                )
            )
        )

    @property
    def _image(self) -> str:
        return self._args.get("image", IMAGES[self._args["version"]])

    @property
    def _pull_secrets(self) -> list[dict[str, pulumi.Input[str]]]:
        return [{"name": self._args["pull_secret"]}] if "pull_secret" in self._args else []

    @property
    def _nodes(self) -> NodesArgs:
        return self._args.get("nodes", ANY_NODE)

    def _host(self, pod: str) -> str:
        return f"{pod}.mongodb.{self._args['namespace_name']}.svc:{PORT}"

    def _hosts(self) -> list[str]:
        return [self._host(f"mongodb-{at}") for at in range(self._args["members"])]

    def _spec(
        self, labels: dict[str, str], secret: pulumi.Output[str], script: pulumi.Output[str]
    ) -> "kubernetes.apps.v1.StatefulSetSpecArgsDict":
        args, image = self._args, self._image
        kept = "Retain" if args.get("keep_disks", True) else "Delete"
        memory = f"{args['memory']}Mi"

        def reference(key: str) -> "kubernetes.core.v1.EnvVarSourceArgsDict":
            return {"secret_key_ref": {"name": secret, "key": key}}

        roles = ",".join(f'{{"role":"{role["role"]}","db":"{role["database"]}"}}' for role in args["roles"])
        claim: kubernetes.core.v1.PersistentVolumeClaimSpecArgsDict = {**_claim(args["disk_gb"])}
        if "storage_class" in args:
            claim["storage_class_name"] = args["storage_class"]
        return {
            "service_name": "mongodb",
            "replicas": args["members"],
            "pod_management_policy": "Parallel",
            "selector": {"match_labels": labels},
            "persistent_volume_claim_retention_policy": {"when_deleted": kept, "when_scaled": "Retain"},
            "volume_claim_templates": [{"metadata": {"name": "data"}, "spec": claim}],
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    **({"image_pull_secrets": self._pull_secrets} if self._pull_secrets else {}),
                    **on_nodes(self._nodes),
                    "automount_service_account_token": False,
                    "termination_grace_period_seconds": 60,
                    "security_context": {
                        "run_as_non_root": True,
                        "run_as_user": UID,
                        "run_as_group": UID,
                        "fs_group": UID,
                        "fs_group_change_policy": "OnRootMismatch",
                        "seccomp_profile": {"type": "RuntimeDefault"},
                    },
                    "affinity": {
                        "pod_anti_affinity": {
                            "preferred_during_scheduling_ignored_during_execution": [
                                {
                                    "weight": 100,
                                    "pod_affinity_term": {
                                        "topology_key": self._nodes["apart"],
                                        "label_selector": {"match_labels": labels},
                                    },
                                }
                            ]
                        }
                    },
                    "init_containers": [
                        {
                            "name": "keyfile",
                            "image": image,
                            # A mounted Secret is readable by its group, and MongoDB refuses such a key.
                            "command": [
                                "bash",
                                "-c",
                                f"bash /setup/fits {args['version']} && install -m 0400 /secret/keyfile /key/keyfile",
                            ],
                            "security_context": {**_RESTRICTED, "read_only_root_filesystem": True},
                            "resources": {
                                "requests": {"cpu": "10m", "memory": "32Mi"},
                                "limits": {"cpu": "100m", "memory": "32Mi"},
                            },
                            "volume_mounts": [
                                {"name": "secret", "mount_path": "/secret", "read_only": True},
                                {"name": "key", "mount_path": "/key"},
                                {"name": "setup", "mount_path": "/setup", "read_only": True},
                            ],
                        }
                    ],
                    "containers": [
                        {
                            "name": "mongodb",
                            "image": image,
                            "args": [
                                "--replSet",
                                REPLICA_SET,
                                "--bind_ip_all",
                                "--auth",
                                "--keyFile",
                                "/key/keyfile",
                                "--wiredTigerCacheSizeGB",
                                f"{max(0.25, round(args['memory'] / 1024 * 0.4, 2)):g}",
                            ],
                            "env": [
                                {"name": "SET", "value": REPLICA_SET},
                                {"name": "POD", "value_from": {"field_ref": {"field_path": "metadata.name"}}},
                                {"name": "SELF", "value": self._host("$(POD)")},
                                {"name": "FIRST", "value": self._host("mongodb-0")},
                                {"name": "CHAT_USER", "value": "rocketchat"},
                                {"name": "CHAT_ROLES", "value": f"[{roles}]"},
                                {"name": "ROOT_PASSWORD", "value_from": reference("root")},
                                {"name": "CHAT_PASSWORD", "value_from": reference("chat")},
                                *(
                                    (
                                        {"name": "BACKUP_PASSWORD", "value_from": reference("backup")},
                                        {"name": "DATABASE", "value": args["database"]},
                                    )
                                    if "backup" in args
                                    else ()
                                ),
                                {"name": "HOME", "value": "/tmp"},  # noqa: S108 - inside the container
                            ],
                            "lifecycle": {"post_start": {"exec_": {"command": ["bash", "-c", _POST_START]}}},
                            "ports": [{"name": "mongodb", "container_port": PORT}],
                            "liveness_probe": {
                                "tcp_socket": {"port": PORT},
                                "initial_delay_seconds": 30,
                                "period_seconds": 20,
                                "failure_threshold": 6,
                            },
                            "readiness_probe": {
                                "exec_": {
                                    "command": [
                                        "mongosh",
                                        "--quiet",
                                        "--eval",
                                        "const h = db.hello(); if (!h.isWritablePrimary && !h.secondary) quit(1)",
                                    ]
                                },
                                "initial_delay_seconds": 10,
                                "period_seconds": 20,
                                "timeout_seconds": 15,
                                "failure_threshold": 3,
                            },
                            "resources": {
                                "requests": {"cpu": "250m", "memory": memory},
                                "limits": {"cpu": "2000m", "memory": memory},
                            },
                            "security_context": {**_RESTRICTED, "read_only_root_filesystem": True},
                            "volume_mounts": [
                                {"name": "data", "mount_path": "/data/db"},
                                {"name": "config", "mount_path": "/data/configdb"},
                                {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108 - inside the container
                                {"name": "key", "mount_path": "/key"},
                                {"name": "setup", "mount_path": "/setup", "read_only": True},
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": "secret",
                            "secret": {
                                "secret_name": secret,
                                "items": [{"key": "keyfile", "path": "keyfile"}],
                            },
                        },
                        {"name": "setup", "config_map": {"name": script}},
                        *({"name": empty, "empty_dir": {}} for empty in ("key", "config", "tmp")),
                    ],
                },
            },
        }

    def _claims(self, name: str) -> None:
        """Give the claims that the set has made the size that is wanted now."""
        args = self._args
        grown = only_if(f"{name}-claims", _grown)
        for at in range(args["members"]):
            kubernetes.core.v1.PersistentVolumeClaimPatch(
                f"{name}-claim-{at}",
                metadata={
                    "name": f"data-mongodb-{at}",
                    "namespace": args["namespace"],
                    # The set's controller has the field too.
                    "annotations": {"pulumi.com/patchForce": "true"},
                },
                spec=_claim(args["disk_gb"]),
                opts=self.child(
                    depends_on=[self._set],
                    # A deleted patch would take its size back, which no claim allows.
                    deleted_with=self._set,
                    hooks=grown,
                ),
            )

    def _policies(
        self, name: str, labels: dict[str, str], along: pulumi.Resource | None
    ) -> list[pulumi.Resource]:
        namespace = self._args["namespace"]
        members = {"pod_selector": {"match_labels": labels}}
        clients = {"match_labels": {"app.kubernetes.io/instance": self._args["client"]}}
        let_in: list[Any] = [members, {"pod_selector": clients}]
        if "backup" in self._args:
            let_in.append({"pod_selector": {"match_labels": BACKUP_LABELS}})
        ports = [{"port": PORT, "protocol": "TCP"}]
        return [
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-members",
                metadata={"name": "mongodb", "namespace": namespace},
                spec={
                    "pod_selector": {"match_labels": labels},
                    "policy_types": ["Ingress", "Egress"],
                    "ingress": [{"from_": let_in, "ports": ports}],
                    "egress": [{"to": [members], "ports": ports}],
                },
                opts=self.child(deleted_with=along),
            ),
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-clients",
                metadata={"name": "mongodb-clients", "namespace": namespace},
                spec={
                    "pod_selector": clients,
                    "policy_types": ["Egress"],
                    "egress": [{"to": [members], "ports": ports}],
                },
                opts=self.child(deleted_with=along),
            ),
        ]


_POST_START = """
for _ in {1..60}; do
  mongosh --quiet --nodb --file /setup/setup.js && exit 0
  sleep 5
done
exit 1
""".strip()


_STORAGE = "spec.resources.requests.storage"


def _claim(disk_gb: float) -> Any:
    """Return what a claim asks for: its modes too, because a preview takes a patch of no claim for a new claim."""
    return {"access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{int(disk_gb)}Gi"}}}


def _grown(args: pulumi.ResourceHookArgs) -> None:
    before, wanted = (_gib(inputs or {}) for inputs in (args.old_inputs, args.new_inputs))
    if before is not None and wanted is not None and wanted < before:
        raise StepRefused(
            f"the database has disks of {before} GB, and {wanted} is wanted: no claim gets smaller. Set "
            f"`diskGb: {before}` in rocketchat:database"
        )


def _gib(inputs: Mapping[str, Any]) -> int | None:
    at: Any = inputs
    for key in _STORAGE.split("."):
        at = at.get(key) if isinstance(at, Mapping) else None
    found = re.fullmatch(r"(\d+)Gi", str(at))
    return int(found[1]) if found else None


def _name(made: "kubernetes.core.v1.Secret | kubernetes.core.v1.ConfigMap") -> pulumi.Output[str]:
    name: pulumi.Output[str] = made.metadata.apply(lambda found: str(found.name))
    return name


def _check(args: ClusterMongodbArgs) -> None:
    check_database_name(args["database"])
    if args["version"] not in IMAGES:
        raise ValueError(f"MongoDB {args['version']} is not known here; choose one of {', '.join(IMAGES)}")
    if "image" in args and of_image(args["image"]) != args["version"]:
        raise ValueError(f"{args['image']} is not MongoDB {args['version']}")
    if args["members"] not in (1, 3):
        raise ValueError(f"a replica set of {args['members']} members is not offered; choose 1 or 3")
    if args["disk_gb"] < 1:
        raise ValueError(f"a disk of {args['disk_gb']} GB holds nothing; choose 10 or more")
