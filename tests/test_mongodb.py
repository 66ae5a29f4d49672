"""MongoDB that we run ourselves: its images, the climb of its data, its members, and the machine below it."""

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from engine_marks import needs_engine
from planning import one, planned, values_of

from automation import AutomationError, ConfigurationError, open_stack
from components.database import catalogue, in_cluster, series
from components.database.series import IMAGES, Deployed, StepRefused, check_step, deployed, opens
from components.runtime.host.bootstrap import SCRIPTS
from rehearsal import canaries, standins
from rehearsal.backend import rehearsal_backend
from rehearsal.standins import UnknownToCloudError
from rocketchat import releases
from stacks import files
from stacks.language import parse
from stacks.problems import InvalidStack

STEPS = list(IMAGES)
WORLD = Path(__file__).parent / "data" / "mongo.js"

# -------------------------------------------------------------------------------------------------- the climb


@pytest.mark.parametrize("wanted", STEPS)
@pytest.mark.parametrize("before", STEPS)
def test_a_series_follows_itself_and_the_one_before_it(before: str, wanted: str) -> None:
    if before in opens(wanted):
        check_step(before, wanted)
        return
    with pytest.raises(StepRefused) as refusal:
        check_step(before, wanted)
    steps = STEPS[STEPS.index(before) + 1 : STEPS.index(wanted) + 1] or [before]
    for step in steps:
        assert f'`version: "{step}"`' in str(refusal.value)
    if "8.2" not in (before, wanted):
        with pytest.raises(UnknownToCloudError, match="does not follow"):
            standins.busy(
                "mongodbatlas:index/advancedCluster:AdvancedCluster",
                "cluster",
                {"mongoDbMajorVersion": before},
                {"mongoDbMajorVersion": wanted},
            )


def test_a_series_that_is_not_known_here_is_left_to_its_server() -> None:
    check_step("4.4", "8.0")
    check_step("8.0", "9.0")


def test_every_release_has_an_image_for_the_mongodb_that_it_is_recommended() -> None:
    for line in releases.lines():
        assert releases.find(f"{line}.0").recommended_mongodb in IMAGES


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, Deployed()),
        ({"content": '{"compose":{"services":{"mongodb":{"image":"mongo:6.0.28"}}}}'}, Deployed("6.0")),
        (
            {"spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "mongo:7.0.43"}]}}}},
            Deployed("7.0", 3),
        ),
        ({"mongoDbMajorVersion": "8.0"}, Deployed("8.0")),
        ({"spec": {"image": "reg.example.com:5000/mongo:6.0-acme1@sha256:0a"}}, Deployed("6.0")),
        ({"spec": {"image": "reg.example.com/mongo:6.0"}}, Deployed("6.0")),
        ({"content": '{"compose":{"services":{"proxy":{"image":"caddy:2.11.7"}}}}'}, Deployed()),
    ],
)
def test_what_is_deployed_is_read_from_the_resource_that_carries_it(
    inputs: dict[str, Any], said: Deployed
) -> None:
    assert deployed(inputs) == said


def test_an_image_without_an_exact_tag_is_refused() -> None:
    for right in ("mongo:8.0.32", "reg.example.com:5000/mongo:8.0-acme1"):
        assert series.of_image(right) == "8.0"
    for wrong in ("mongo:latest", "mongo", "mongo:4.4.1", "mongo:80", "mongo:8.01"):
        with pytest.raises(ValueError, match="no image of MongoDB"):
            series.of_image(wrong)


@pytest.mark.slow
@needs_engine
@pytest.mark.parametrize("stack", ["local", "family-host"])
def test_the_engine_refuses_what_cannot_follow_and_takes_the_steps_that_the_refusal_names(stack: str) -> None:
    with rehearsal_backend() as backend:
        _deploy(backend, stack, "6.13.1", {}, None)
        _deploy(
            backend, stack, "7.13.2", {}, r"MongoDB 6\.0 is deployed, and 8\.0 is wanted.*`version: \"7\.0\"`"
        )
        if stack == "local":
            _deploy(backend, stack, "7.13.2", {"version": "7.0", "members": 3}, None)
            _deploy(
                backend,
                stack,
                "7.13.2",
                {"version": "8.0", "members": 1},
                "would lose its majority.*members: 3",
            )
        else:
            _deploy(backend, stack, "7.13.2", {"version": "7.0"}, None)
            _deploy(backend, stack, "7.13.2", {"version": "6.0"}, "its data does not go back")


@pytest.mark.slow
@needs_engine
def test_disks_in_the_cluster_grow_where_they_are_and_do_not_shrink() -> None:
    token = "kubernetes:core/v1:PersistentVolumeClaimPatch"
    with rehearsal_backend() as backend:

        def claims() -> dict[str, str]:
            things = backend.cloud.things() if backend.cloud is not None else []
            found = [thing.inputs for thing in things if thing.type == token]
            return {it["metadata"]["name"]: it["spec"]["resources"]["requests"]["storage"] for it in found}

        _deploy(backend, "local", "8.6.1", {"diskGb": 10}, None)
        [before] = [thing for thing in backend.cloud.things() if thing.name == "database-set"]
        _deploy(backend, "local", "8.6.1", {"diskGb": 20, "members": 3}, None)
        assert claims() == {f"data-mongodb-{at}": "20Gi" for at in range(3)}
        [after] = [thing for thing in backend.cloud.things() if thing.name == "database-set"]
        assert after.id == before.id
        assert (
            after.inputs["spec"]["volumeClaimTemplates"] == before.inputs["spec"]["volumeClaimTemplates"]
        ), "no set lets them change"
        _deploy(
            backend,
            "local",
            "8.6.1",
            {"diskGb": 19, "members": 3},
            "disks of 20 GB, and 19 is wanted.*`diskGb: 20`",
        )


def _deploy(backend: Any, name: str, release: str, database: dict[str, Any], refused: str | None) -> None:
    found = files.read(name)
    values = json.loads(json.dumps(dict(found.values)))
    values["rocketchat:chat"]["release"] = release
    values["rocketchat:database"] |= database
    secrets = canaries.values(found.secure)
    with open_stack(name, values=values, secrets=secrets, backend=backend, policies=False) as stack:
        if refused is None:
            stack.up(preview=False)
            return
        with pytest.raises(AutomationError, match=refused):
            stack.preview()


# ---------------------------------------------------------------------------------------- the set and its users


class Set:
    """The pods of a set, and what the servers in them agree on."""

    def __init__(self, folder: Path, version: str = "8.0.32") -> None:
        self.path = folder / "world.json"
        self.script = folder / "setup.js"
        self.script.write_text(in_cluster.SETUP)
        feature = ".".join(version.split(".")[:2])
        self.path.write_text(
            json.dumps(
                {
                    "version": version,
                    "feature": feature,
                    "members": [],
                    "users": {},
                    "config": 1,
                    "primary": None,
                }
            )
        )

    @property
    def world(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found

    def change(self, **changes: Any) -> None:
        self.path.write_text(json.dumps({**self.world, **changes}))

    def start(self, pod: int, chat: str = "chat-1") -> "subprocess.CompletedProcess[str]":
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not installed")
        env = {
            "PATH": os.environ["PATH"],
            "WORLD": str(self.path),
            "SCRIPT": str(self.script),
            "SET": "rs0",
            "SELF": f"mongodb-{pod}.mongodb.chat.svc:27017",
            "FIRST": "mongodb-0.mongodb.chat.svc:27017",
            "ROOT_PASSWORD": "root-1",
            "CHAT_USER": "rocketchat",
            "CHAT_PASSWORD": chat,
            "CHAT_ROLES": "[]",
        }
        return subprocess.run([node, WORLD], env=env, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603

    @property
    def hosts(self) -> list[str]:
        return [member["host"].partition(".")[0] for member in self.world["members"]]


def test_members_come_one_after_another_and_have_the_data_of_the_first(tmp_path: Path) -> None:
    made = Set(tmp_path)
    assert made.start(1).returncode != 0, "there is nobody yet who could take it in"
    for pod in (0, 2, 1):
        told = made.start(pod)
        assert told.returncode == 0, told.stderr
    assert made.hosts == ["mongodb-0", "mongodb-2", "mongodb-1"]
    assert [member["_id"] for member in made.world["members"]] == [0, 1, 2]
    assert made.world["users"] == {"root": "root-1", "rocketchat": "chat-1"}


def test_a_set_of_one_grows_without_its_member_starting_anew(tmp_path: Path) -> None:
    made = Set(tmp_path)
    assert made.start(0).returncode == 0
    for pod in (1, 2):
        assert made.start(pod).returncode == 0
    assert len(made.hosts) == 3


def test_a_member_that_starts_again_changes_nothing_though_the_first_is_away(tmp_path: Path) -> None:
    made = Set(tmp_path)
    for pod in (0, 1, 2):
        assert made.start(pod).returncode == 0
    before = made.world
    for pod in (0, 1, 2):
        assert made.start(pod).returncode == 0
    assert made.world | {"calls": []} == before | {"calls": []}
    assert made.start(1).returncode == 0
    assert made.world["calls"] == [], "it asked nobody else"


def test_the_chats_new_password_is_set_and_the_root_password_is_asked_for(tmp_path: Path) -> None:
    made = Set(tmp_path)
    assert made.start(0).returncode == 0
    assert made.start(0, "chat-2").returncode == 0
    assert made.world["users"] == {"root": "root-1", "rocketchat": "chat-2"}


@pytest.mark.parametrize("step", list(pairwise(STEPS)))
def test_the_feature_compatibility_version_follows_each_step(tmp_path: Path, step: tuple[str, str]) -> None:
    before, after = step
    made = Set(tmp_path, IMAGES[before].partition(":")[2])
    assert made.start(0).returncode == 0
    made.change(version=IMAGES[after].partition(":")[2])
    told = made.start(0)
    assert told.returncode == 0, told.stderr
    assert made.world["feature"] == after


@pytest.mark.slow
def test_growing_leaves_the_first_pod_as_it_is() -> None:
    # A rolling update waits for the newcomers, who wait for the first pod: a changed template would never end.
    templates = []
    for members in (1, 3):
        values = json.loads(json.dumps(dict(files.read("local").values)))
        values["rocketchat:database"]["members"] = members
        templates.append(
            one(planned(values), "kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"][
                "containers"
            ]
        )
    assert templates[0] == templates[1]


# -------------------------------------------------------------------------------------------------- the machine


def fits(version: str, kernel: str, folder: Path, *, flags: str = "avx", machine: str = "x86_64") -> str:
    (folder / "cpuinfo").write_text(f"flags\t\t: fpu sse4_2 {flags}\n")
    found = subprocess.run(  # noqa: S603
        ["bash", SCRIPTS / "mongodb-fits", version],  # noqa: S607
        env={
            "PATH": os.environ["PATH"],
            "KERNEL": kernel,
            "MACHINE": machine,
            "CPUINFO": str(folder / "cpuinfo"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode == 0) == (found.stderr == "")
    return found.stderr


@pytest.mark.parametrize(
    ("kernel", "good"),
    [
        ("6.8.0-87-generic", True),
        ("6.18.44", True),
        ("6.19.0", False),
        ("6.19.14-200.fc43.x86_64", False),
        ("7.0.0-30-generic", False),
        ("7.0.13", False),
        ("7.0.14", True),
        ("7.1.5-arch1-2", True),
        ("7.1", True),
        ("6.19-rc1", False),
    ],
)
def test_a_linux_on_which_mongodb_crashes_is_refused(tmp_path: Path, kernel: str, good: bool) -> None:
    for version in ("8.0", "8.2"):
        assert (fits(version, kernel, tmp_path) == "") == good
    assert fits("7.0", kernel, tmp_path) == "", "its allocator is another one"


def test_a_processor_without_avx_is_refused_where_there_is_such_a_thing(tmp_path: Path) -> None:
    assert "AVX" in fits("7.0", "6.8.0", tmp_path, flags="avx2")
    assert fits("7.0", "6.8.0", tmp_path, flags="", machine="aarch64") == ""


# ------------------------------------------------------------------------------------------------- a URI of it


def test_a_uri_that_no_driver_takes_is_refused_before_anything_is_opened() -> None:
    found = files.read("services-helm")
    secrets = canaries.values(found.secure) | {"rocketchat:mongodbUri": "mongodb://u:pa/ss@h/rc?replicaSet=r"}
    with pytest.raises(ConfigurationError, match=r"rocketchat:mongodbUri: user or password.*%2F") as refusal:
        open_stack("services-helm", values=found.values, secrets=secrets, rehearse=True)
    assert "pa/ss" not in str(refusal.value)
    assert "pulumi config set --secret rocketchat:mongodbUri" in str(refusal.value)


# ------------------------------------------------------------------------------------ what Atlas and MongoDB refuse


REFUSED = [
    ("lovia-fargate", {"name": "admin"}, "database.name", "MongoDB's own"),
    ("lovia-fargate", {"name": "Local"}, "database.name", "MongoDB's own"),
    ("lovia-fargate", {"name": "a.b"}, "database.name", "letters, digits"),
    ("lovia-fargate", {"name": "x" * 39}, "database.name", "1 to 38"),
    ("local", {"name": "config"}, "database.name", "MongoDB's own"),
    ("family-host", {"name": "local"}, "database.name", "MongoDB's own"),
    ("lovia-fargate", {"cluster": "chat-"}, "database.cluster", "at both ends"),
    ("lovia-fargate", {"cluster": "-chat"}, "database.cluster", "at both ends"),
    ("lovia-fargate", {"cluster": "chat_prd"}, "database.cluster", "letters, digits and hyphens"),
    ("lovia-fargate", {"cluster": "c" * 65}, "database.cluster", "1 to 64"),
    ("lovia-fargate", {"cluster": "c" * 22 + "-prd"}, "database.cluster", "23rd character"),
    ("lovia-fargate", {"tier": "M30", "maxTier": "M10"}, "database.maxTier", "above the largest one"),
    ("lovia-fargate", {"tier": "M10", "diskGb": 4096}, "database.diskGb", "10 to 128 GB"),
    ("lovia-fargate", {"region": "ap-southeast-9"}, "database.region", "has no region"),
]


@pytest.mark.parametrize(("stack", "database", "path", "said"), REFUSED)
def test_what_atlas_or_mongodb_refuses_the_check_refuses(
    stack: str, database: dict[str, Any], path: str, said: str
) -> None:
    values = values_of(stack)
    values["rocketchat:database"] |= database
    with pytest.raises(InvalidStack) as refusal:
        parse(values, set(files.read(stack).secure), source="a test")
    assert any(one.path == f"rocketchat:{path}" and said in one.message for one in refusal.value.problems)


def test_a_tier_and_its_disk_are_taken_to_their_ends() -> None:
    for tier, most in catalogue.MOST_DISK_GB.items():
        catalogue.check_disk(tier, most)
        with pytest.raises(ValueError, match=f"10 to {most} GB"):
            catalogue.check_disk(tier, most + 1)
    assert catalogue.MOST_DISK_GB.keys() == set(catalogue.TIERS)
    assert catalogue.check_cluster_name("c" * 23 + "-prd")


# ------------------------------------------------------------------------------- dumps of the one in the cluster


def in_production(**backup: Any) -> dict[str, Any]:
    values = values_of("local")
    values["rocketchat:chat"]["profile"] = "production"
    values["aws:region"] = "eu-central-1"
    values["rocketchat:runtime"]["ingress"] = {"kind": "class", "name": "traefik", "issuer": "letsencrypt"}
    if backup:
        values["rocketchat:backup"] = backup
    return values


@pytest.mark.parametrize("where", ["local", "family-host", "lovia-fargate"])
def test_backups_can_be_held_against_being_deleted_wherever_they_are(where: str) -> None:
    held = {"objectLock": {"days": 20}}
    values = in_production(**held) if where == "local" else values_of(where)
    secure = files.read(where).secure
    if where != "local":
        dumps = {"dumps": True} if where == "lovia-fargate" else {}
        values["rocketchat:backup"] = values.get("rocketchat:backup", {}) | dumps | held
    plan = planned(values, secure)
    lock = one(plan, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock.inputs["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 20}}
    [bucket] = [each for each in plan.of_type("aws:s3/bucket:Bucket") if f"{each.name}-lock" == lock.name]
    # The bucket's own switch would replace the one that is there.
    assert "objectLockEnabled" not in bucket.inputs
    # What is kept stays locked: its settings go with it.
    assert lock.options["deletedWith"] == bucket.urn


def test_a_database_in_the_cluster_is_dumped_every_night_and_tried_in_production() -> None:
    plan = planned(in_production(hour=3, keepDays=10, bucket="dumps-of-the-chat"))
    jobs = {
        name: one(plan, "kubernetes:batch/v1:CronJob", f"database-{name}").inputs["spec"]
        for name in ("backup", "restore")
    }
    assert [job["schedule"] for job in jobs.values()] == ["0 3 * * *", "0 9 * * 0,3"]
    mongodb = one(plan, "kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"]["containers"][0]
    for name, job in jobs.items():
        assert (job["timeZone"], job["concurrencyPolicy"]) == ("Etc/UTC", "Forbid")
        pod = job["jobTemplate"]["spec"]["template"]["spec"]
        [tools], [main] = pod["initContainers"], pod["containers"]
        assert (tools["image"], tools["restartPolicy"]) == (mongodb["image"], "Always")
        assert [one_["value"] for one_ in main["env"] if one_["name"] == "BACKUP_BUCKET"] == [
            "dumps-of-the-chat"
        ]
        for container in (tools, main):
            assert container["securityContext"]["runAsNonRoot"]
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["resources"]["limits"]
        secret = one(plan, "kubernetes:core/v1:Secret", f"database-{name}-secret")
        assert any("stringData" in path for path in secret.secret_paths)
    # Who dumps may not read dumps, and is a user of the database who may not write.
    allowed = {
        user: {action for said in json.loads(policy)["Statement"] for action in said["Action"]}
        for user in ("user", "reader")
        for policy in [one(plan, "aws:iam/userPolicy:UserPolicy", f"dumps-{user}-policy").inputs["policy"]]
    }
    assert allowed["user"] == {"s3:AbortMultipartUpload", "s3:PutObject", "s3:ListBucketVersions"}
    assert "s3:GetObject" in allowed["reader"]
    assert not any("Delete" in action for actions in allowed.values() for action in actions)
    given = {entry["name"]: entry for entry in mongodb["env"]}
    assert given["DATABASE"]["value"] == "rocketchat"
    assert "BACKUP_PASSWORD" in given
    assert one(plan, "aws:s3/bucket:Bucket", "dumps-bucket").protect
    rules = one(plan, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert not any("days" in rule.get("expiration", {}) for rule in rules), "age alone would empty the bucket"
    kept = {rule["filter"]["prefix"]: rule.get("noncurrentVersionExpiration") for rule in rules}
    assert kept["backups/"] == {"noncurrentDays": 10, "newerNoncurrentVersions": 7}
    assert plan.outputs["backupBucket"] == "dumps-of-the-chat"


@pytest.mark.slow
def test_the_dumping_pod_is_let_in_and_nobody_else_besides_the_chat() -> None:
    plan = planned(in_production())
    policy = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "database-members").inputs["spec"]
    labels = [entry["podSelector"]["matchLabels"] for entry in policy["ingress"][0]["from"]]
    assert [found.get("app.kubernetes.io/name") for found in labels] == ["mongodb", None, "mongodb-backup"]
    assert labels[1] == {"app.kubernetes.io/instance": "chat"}
    way = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "database-backup-way").inputs["spec"]
    pod = one(plan, "kubernetes:batch/v1:CronJob", "database-backup").inputs["spec"]["jobTemplate"]["spec"][
        "template"
    ]
    assert way["podSelector"]["matchLabels"] == pod["metadata"]["labels"]


def test_a_trial_is_not_dumped_and_production_without_a_place_for_dumps_is_refused() -> None:
    trial = planned(values_of("local"))
    assert not trial.of_type("kubernetes:batch/v1:CronJob")
    assert "backupBucket" not in trial.outputs
    values = in_production()
    del values["aws:region"]
    with pytest.raises(InvalidStack, match="aws:region: the database is dumped"):
        parse(values, set(), source="a test")
    values = values_of("local")
    values["rocketchat:backup"] = {"hour": 3}
    with pytest.raises(InvalidStack, match="add `dumps: true`"):
        parse(values, set(), source="a test")


def test_the_bucket_of_dumps_outlives_the_cluster() -> None:
    values = values_of("lovia-doks")
    values["rocketchat:database"] = {"kind": "in-cluster"}
    plan = planned(values, set(files.read("lovia-doks").secure))
    cluster = one(plan, "digitalocean:index/kubernetesCluster:KubernetesCluster")
    assert one(plan, "kubernetes:batch/v1:CronJob", "database-backup")
    for made in plan.resources:
        if made.name.startswith("dumps"):
            assert made.options.get("deletedWith") != cluster.urn, made.name


@pytest.mark.parametrize(("users", "media", "disk"), [(30, "gridfs", 10), (300, "gridfs", 20)])
def test_the_disks_of_a_database_in_the_cluster_hold_the_uploads_of_a_year(
    users: int, media: str, disk: int
) -> None:
    values = values_of("local")
    values["rocketchat:chat"] |= {"users": users}
    values["rocketchat:media"] = {"kind": media}
    plan = planned(values)
    [claim] = one(plan, "kubernetes:apps/v1:StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == f"{disk}Gi"
    values["rocketchat:database"] |= {"diskGb": 2}
    with pytest.raises(InvalidStack) as caught:
        parse(values, set(), source="a test")
    assert [problem.path for problem in caught.value.problems] == ["rocketchat:database.diskGb"]
