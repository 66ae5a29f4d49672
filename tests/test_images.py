"""Images and charts come from where the stack says: on every runtime, with credentials, and from nowhere else."""

import io
import json
import re
import tarfile
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from combining import refusals
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from planning import Values, one, planned, values_of

from automation import sbom
from command.cli import main
from components import registry
from policy.config_file import VARIABLE
from rehearsal import judging, report
from rehearsal import stack as rehearsed
from rehearsal.plan import Plan
from stacks import charts, files, mirror
from stacks.images import Images, used
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack, Problem

AIR_GAPPED = Path(__file__).parents[1] / "examples" / "air-gapped" / "Pulumi.air-gapped.yaml"
CHAT = "rocketchat/rocket.chat:8.9.0"
MIRROR = "registry.example.com:5000/mirror"
ECR = "123456789012.dkr.ecr.ap-southeast-1.amazonaws.com"
DIGEST = f"sha256:{'0a' * 32}"
IMAGE = re.compile(r"(?:[\w.-]+(?::\d+)?/)*[\w.-]+:v?\d+\.\d+[\w.-]*(?:@sha256:[0-9a-f]{64})?")
PUBLIC = re.compile(r"docker\.io|quay\.io|public\.ecr\.aws|github\.io|jetstack\.io")


def with_parts(stack: str, **parts: Any) -> tuple[Values, set[str]]:
    """A committed stack with some parts in other words, and the secrets that it then needs."""
    values = values_of(stack)
    for part, value in parts.items():
        values[f"rocketchat:{part}"] = value
    secure = {f"rocketchat:{name}" for name in rehearsed.load(stack).spec.secrets}
    for part, name in (("images", "registryPassword"), ("charts", "chartsPassword")):
        if "username" in parts.get(part, {}):
            secure.add(f"rocketchat:{name}")
    return values, secure


def mistakes(stack: str, **parts: Any) -> list[Problem]:
    values, secure = with_parts(stack, **parts)
    try:
        parse(values, secure, source="a test")
    except InvalidStack as error:
        return list(error.problems)
    return []


def plan(stack: str, **parts: Any) -> Plan:
    values, secure = with_parts(stack, **parts)
    return planned(values, secure)


@cache
def mirrored(stack: str) -> Plan:
    """A stack whose images all come from one registry that asks for a password."""
    return plan(stack, images={"registry": MIRROR, "username": "robot"}, **own_cluster(stack))


def pulled(plan: Plan) -> set[str]:
    """Every image in the documents of a plan: those of ECS, of Kubernetes, of a host and of charts."""
    found: set[str] = set()
    for resource in plan.resources:
        if resource.custom:
            found |= set(_images(resource.inputs))
    return found


def _images(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return _images(json.loads(value))
        except ValueError:
            return []
    if isinstance(value, list):
        return [image for one in value for image in _images(one)]
    if not isinstance(value, Mapping):
        return []
    found = []
    for key, inner in value.items():
        if key == "image" and isinstance(inner, str):
            found += [inner] if ":" in inner else []  # a droplet's own has no tag
        elif key == "image" and "tag" in inner:
            found.append(f"{inner['repository']}:{inner['tag']}")
        elif key == "image" and inner:
            found.append(f"{inner['repository']}:8.9.0")  # the chart's microservices
        else:
            found += _images(inner)
    return found


def own_cluster(stack: str) -> dict[str, Any]:
    """A database that is dumped every night, in the cluster where there is one."""
    if stack == "lovia-doks":
        return {"database": {"kind": "in-cluster"}}
    return {"backup": {"dumps": True}} if stack == "services-fargate" else {}


STACKS = ("services-fargate", "family-host", "services-helm", "lovia-doks")


@pytest.mark.parametrize("stack", STACKS)
def test_every_image_of_a_stack_comes_from_its_registry_and_the_list_names_them_all(stack: str) -> None:
    values, secure = with_parts(stack, images={"registry": MIRROR, "username": "robot"}, **own_cluster(stack))
    spec = parse(values, secure, source="a test")
    seen = pulled(mirrored(stack))
    # A list that lacks one is a mirror that lacks it. Without metrics nothing runs the exporter, which the values name.
    listed = {image.pulled for image in mirror.images(spec)}
    assert {image for image in seen if "exporter" not in image} == listed
    assert all(image.startswith(f"{MIRROR}/") for image in seen)


def test_containers_of_ecs_log_in_by_a_secret_that_their_agent_may_read() -> None:
    found = mirrored("services-fargate")
    secret = one(found, "aws:secretsmanager/secret:Secret", "chat-registry")
    [version] = [
        resource
        for resource in found.of_type("aws:secretsmanager/secretVersion:SecretVersion")
        if resource.name == "chat-registry"
    ]
    assert "inputs.secretString" in version.secret_paths
    arn = secret.outputs["arn"]
    for task in found.of_type("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.inputs["containerDefinitions"]):
            assert container["repositoryCredentials"] == {"credentialsParameter": arn}
    for role in ("chat-execution", "backups-execution"):
        assert arn in one(found, "aws:iam/rolePolicy:RolePolicy", role).inputs["policy"]
    rules = found.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert 5000 in {rule.inputs["fromPort"] for rule in rules}


def test_a_private_registry_of_ecr_lets_the_role_in_for_the_images_that_run() -> None:
    found = plan("services-fargate", images={"registry": f"{ECR}/hub"})
    statements = json.loads(one(found, "aws:iam/rolePolicy:RolePolicy", "chat-execution").inputs["policy"])
    [rights] = [one for one in statements["Statement"] if one["Sid"] == "PullImages"]
    assert "ecr:BatchGetImage" in rights["Action"]
    where = "arn:aws:ecr:ap-southeast-1:123456789012:repository/hub"
    assert {f"{where}/rocketchat/rocket.chat", f"{where}/library/nats"} <= set(rights["Resource"])
    assert not any("*" in resource for resource in rights["Resource"])


def test_pods_pull_by_a_secret_of_their_namespace() -> None:
    found = mirrored("lovia-doks")
    secrets = {
        resource.outputs["metadata"]["name"]: resource
        for resource in found.of_type("kubernetes:core/v1:Secret")
        if resource.inputs.get("type") == "kubernetes.io/dockerconfigjson"
    }
    by_name = {secret.name: name for name, secret in secrets.items()}
    chat, certificates = by_name["namespace-pull"], by_name["certificates-pull"]
    for secret in secrets.values():
        # What Pulumi calls `stringData` is kept encrypted.
        assert any("stringData" in path for path in secret.secret_paths)
        login = json.loads(secret.inputs["stringData"][".dockerconfigjson"])
        assert list(login["auths"]) == ["registry.example.com:5000"]
    pods = [
        one(found, "kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"],
        *(
            job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            for job in found.of_type("kubernetes:batch/v1:CronJob")
        ),
        one(found, "kubernetes:helm.sh/v3:Release", "chat-release").inputs["values"],
    ]
    assert [pod["imagePullSecrets"] for pod in pods] == [[{"name": chat}]] * 4
    release = one(found, "kubernetes:helm.sh/v3:Release", "certificates-release").inputs["values"]
    assert release["global"] == {"imagePullSecrets": [{"name": certificates}]}


def test_a_host_gets_dockers_own_configuration_which_root_alone_reads() -> None:
    found = plan("family-host", images={"username": "robot"})
    document = json.loads(
        one(found, "aws:s3/bucketObjectv2:BucketObjectv2", "chat-document").inputs["content"]
    )
    assert document["secret"]["files"]["docker/config.json"] == 0
    secret = one(found, "aws:secretsmanager/secretVersion:SecretVersion", "chat-secrets").inputs[
        "secretString"
    ]
    # Docker Hub goes by another name in it.
    assert list(json.loads(json.loads(secret)["files"]["docker/config.json"])["auths"]) == [
        "https://index.docker.io/v1/"
    ]
    assert "DOCKER_CONFIG" in document["files"]["/srv/chat/bin/chat-lib"]["text"]


def test_a_host_may_reach_a_registry_at_another_port() -> None:
    found = mirrored("family-host")
    rules = one(found, "digitalocean:index/firewall:Firewall").inputs["outboundRules"]
    assert "5000" in {rule.get("portRange") for rule in rules}


def test_a_pinned_image_is_taken_exactly_so() -> None:
    exact = f"registry.example.com/base/rocket.chat:8.9.0-hardened@{DIGEST}"
    mongo = "registry.example.com/base/mongo:8.0.31"
    assert exact in pulled(plan("services-helm", images={"pinned": [exact]}, **_monolith()))
    host = plan("family-host", images={"pinned": [exact, mongo]})
    assert {exact, mongo} <= pulled(host)
    # ECS knows an image by its tag or by its digest.
    tasks = plan("lovia-fargate", images={"pinned": [exact]})
    assert f"registry.example.com/base/rocket.chat@{DIGEST}" in pulled(tasks)


def _monolith() -> dict[str, Any]:
    runtime = values_of("services-helm")["rocketchat:runtime"] | {"topology": "monolith"}
    return {"runtime": runtime}


@pytest.mark.parametrize(
    ("image", "place"),
    [
        ("mongo:8.0.32", f"{MIRROR}/library/mongo:8.0.32"),
        ("rocketchat/rocket.chat:8.9.0", f"{MIRROR}/rocketchat/rocket.chat:8.9.0"),
        ("docker.io/natsio/x:1.0", f"{MIRROR}/natsio/x:1.0"),
        ("quay.io/jetstack/cert-manager-webhook:v1.21.2", f"{MIRROR}/jetstack/cert-manager-webhook:v1.21.2"),
        ("public.ecr.aws/aws-cli/aws-cli:2.37.5", f"{MIRROR}/aws-cli/aws-cli:2.37.5"),
        (f"{MIRROR}/bots/hubot:1.0", f"{MIRROR}/bots/hubot:1.0"),
    ],
)
def test_an_image_keeps_its_name_below_the_registry(image: str, place: str) -> None:
    assert Images(registry=MIRROR).place(image) == place
    assert Images().place(image) == image


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("mongo:8.0.32", ("mongo", "8.0.32", "")),
        ("localhost:5000/mongo", ("localhost:5000/mongo", "", "")),
        (f"r.example:5000/a/b:1@{DIGEST}", ("r.example:5000/a/b", "1", DIGEST)),
        (f"r.example/b@{DIGEST}", ("r.example/b", "", DIGEST)),
    ],
)
def test_a_port_is_no_tag(image: str, parts: tuple[str, str, str]) -> None:
    assert registry.split_tag(image) == parts


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("lovia-fargate", {"images": {"registry": "https://registry.example.com"}}, "images.registry"),
    ("lovia-fargate", {"images": {"registry": "registry.example.com/"}}, "images.registry"),
    ("lovia-fargate", {"images": {"registry": "mirror"}}, "images.registry"),
    (
        "lovia-fargate",
        {"images": {"pinned": ["registry.example.com/rocket.chat:latest"]}},
        "images.pinned[0]",
    ),
    (
        "lovia-fargate",
        {"images": {"pinned": [f"registry.example.com/rocket.chat@{DIGEST}"]}},
        "images.pinned[0]",
    ),
    ("lovia-fargate", {"images": {"pinned": ["registry.example.com/rocket.chat:8.8.0"]}}, "images.pinned[0]"),
    (
        "lovia-fargate",
        {"images": {"pinned": ["registry.example.com/rocket.chat:8.9.01"]}},
        "images.pinned[0]",
    ),
    ("lovia-fargate", {"images": {"pinned": ["registry.example.com/rocketchat:8.9.0"]}}, "images.pinned[0]"),
    (
        "lovia-fargate",
        {"images": {"pinned": ["a.example/rocket.chat:8.9.0", "b.example/rocket.chat:8.9.0"]}},
        "images.pinned[1]",
    ),
    ("family-host", {"images": {"pinned": ["registry.example.com/mongo:7.0.20"]}}, "images.pinned[0]"),
    ("family-host", {"images": {"registry": ECR}}, "images.registry"),
    ("lovia-fargate", {"images": {"registry": ECR, "username": "AWS"}}, "images.username"),
    *(
        ("services-helm", {"images": {"registry": registry, "username": username}}, "images.username")
        for registry, username in (
            ("public.ecr.aws/a1b2c3d4", "AWS"),
            ("europe-docker.pkg.dev/project/chat", "oauth2accesstoken"),
            ("chat.azurecr.io", "00000000-0000-0000-0000-000000000000"),
            ("registry.example.com/chat", "gitlab-ci-token"),
        )
    ),
    (
        "services-helm",
        {"charts": {"source": "https://gitlab.example.com/helm", "username": "gitlab-ci-token"}},
        "charts.username",
    ),
    (
        "services-helm",
        {"images": {"pinned": [f"registry.example.com/rocket.chat:8.9.0@{DIGEST}"]}},
        "images.pinned",
    ),
    ("lovia-fargate", {"charts": {"source": "https://charts.example.com"}}, "charts"),
    ("services-helm", {"charts": {"source": "http://charts.example.com"}}, "charts.source"),
    ("services-helm", {"charts": {"source": "https://user:word@charts.example.com"}}, "charts.source"),
    ("services-helm", {"charts": {"source": "../charts"}}, "charts.source"),
    ("services-helm", {"charts": {"source": "oci://r.example.com:5000/charts:7.0.2"}}, "charts.source"),
    (
        "services-helm",
        {"charts": {"source": f"oci://r.example.com/charts/rocketchat@sha256:{'0' * 64}"}},
        "charts.source",
    ),
    ("services-helm", {"charts": {"source": "https://charts.example.com/index.yaml"}}, "charts.source"),
    (
        "services-helm",
        {"charts": {"source": "https://charts.example.com/rocketchat-7.0.2.tgz"}},
        "charts.source",
    ),
    ("services-helm", {"charts": {"source": "nowhere/rocketchat-7.0.2.tgz"}}, "charts.source"),
    (
        "services-helm",
        {"charts": {"source": "oci://r.example.com/charts", "username": "me"}},
        "charts.username",
    ),
    ("services-helm", {"charts": {"source": "https://charts.example.com", "version": "7"}}, "charts.version"),
]


@pytest.mark.parametrize(("stack", "parts", "path"), REFUSED, ids=[str(case[1]) for case in REFUSED])
def test_what_could_not_be_pulled_is_refused_where_it_stands(
    stack: str, parts: dict[str, Any], path: str
) -> None:
    found = mistakes(stack, **parts)
    assert [problem.path for problem in found] == [f"rocketchat:{path}"]
    # Neither a pattern nor a password is shown.
    assert "^" not in found[0].message
    assert "word@" not in found[0].message


@pytest.mark.parametrize(
    ("stack", "parts"),
    [
        ("family-host", {"database": {"kind": "on-host", "version": "9.9"}}),
        ("local", {"database": {"kind": "in-cluster", "version": "9.9"}}),
        (
            "lovia-doks",
            {
                "database": {"kind": "in-cluster", "version": "9.9"},
                "runtime": {**values_of("lovia-doks")["rocketchat:runtime"], "topology": "microservices"},
            },
        ),
    ],
)
def test_a_series_without_an_image_is_told_at_its_key_alone(stack: str, parts: dict[str, Any]) -> None:
    values, secure = with_parts(stack, **parts)
    told = refusals(values, secure | {"rocketchat:license"})
    assert [problem.path for problem in told] == ["rocketchat:database.version"]


def test_the_password_goes_with_the_user_name() -> None:
    values, secure = with_parts("lovia-fargate", images={"username": "robot"})
    with pytest.raises(InvalidStack) as caught:
        parse(values, secure - {"rocketchat:registryPassword"}, source="a test")
    assert [problem.path for problem in caught.value.problems] == ["rocketchat:registryPassword"]
    assert [one.path for one in mistakes("lovia-fargate")] == []


# ------------------------------------------------------------------------------------------------------------ charts


SOURCES = [
    (
        {"source": "https://charts.example.com/vendor/", "username": "me"},
        "rocketchat",
        {"repo": "https://charts.example.com/vendor", "username": "me"},
    ),
    (
        {"source": "oci://registry.example.com:5000/charts"},
        "oci://registry.example.com:5000/charts/rocketchat",
        None,
    ),
    (
        {"source": "oci://registry.example.com/charts/rocketchat"},
        "oci://registry.example.com/charts/rocketchat",
        None,
    ),
]


@pytest.mark.parametrize(("given", "chart", "repository"), SOURCES, ids=[case[1] for case in SOURCES])
def test_the_chart_is_fetched_from_a_repository_or_a_registry(
    given: dict[str, str], chart: str, repository: dict[str, str] | None
) -> None:
    found = plan("services-helm", charts=given)
    [release] = found.of_type("kubernetes:helm.sh/v3:Release")
    assert (release.inputs["chart"], release.inputs["version"]) == (chart, "7.0.2")
    opts = dict(release.inputs.get("repositoryOpts") or {})
    if "username" in given:
        assert "inputs.repositoryOpts.password" in release.secret_paths
        del opts["password"]
    assert opts == (repository or {})


def archive(path: Path, name: str = "rocketchat", version: str = "7.0.2", inside: bool = True) -> None:
    """Write a chart as `helm package` does."""
    said = {"apiVersion": "v2", "name": name, "version": version, "dependencies": [{"name": "nats"}]}
    texts = {f"{name}/Chart.yaml": yaml.safe_dump(said)}
    if inside:
        texts[f"{name}/charts/nats/Chart.yaml"] = "name: nats"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as written:
        for member, text in texts.items():
            info = tarfile.TarInfo(member)
            info.size = len(text)
            written.addfile(info, io.BytesIO(text.encode()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project's stack files, with the project as the current one."""
    monkeypatch.setattr(charts, "FOLDER", tmp_path / "stacks")
    monkeypatch.setattr(charts, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "stacks"


@pytest.mark.parametrize("source", ["vendor", "vendor/rocketchat-7.0.2.tgz"])
def test_a_chart_beside_the_stack_files_is_named_from_the_projects_folder(folder: Path, source: str) -> None:
    archive(folder / "vendor" / "rocketchat-7.0.2.tgz")
    found = plan("services-helm", charts={"source": source})
    [release] = found.of_type("kubernetes:helm.sh/v3:Release")
    # The state holds no path of this machine.
    assert release.inputs["chart"] == "./stacks/vendor/rocketchat-7.0.2.tgz"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"version": "6.0.0"}, "6.0.0"),
        ({"name": "other"}, "other"),
        ({"inside": False}, "nats"),
    ],
)
def test_a_chart_that_helm_would_not_install_as_meant_is_refused(
    folder: Path, made: dict[str, Any], told: str
) -> None:
    archive(folder / "rocketchat-7.0.2.tgz", **made)
    [problem] = mistakes("services-helm", charts={"source": "rocketchat-7.0.2.tgz"})
    assert (problem.path, told in problem.message) == ("rocketchat:charts.source", True)


def test_a_file_that_is_no_chart_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "rocketchat-7.0.2.tgz").write_text("not an archive")
    [problem] = mistakes("services-helm", charts={"source": "rocketchat-7.0.2.tgz"})
    assert problem.path == "rocketchat:charts.source"


# -------------------------------------------------------------------------------------------------- the whole of it


def test_an_air_gapped_stack_plans_without_any_public_name() -> None:
    loaded = rehearsed.load(str(AIR_GAPPED))
    text = rehearsed.plan(loaded).text()
    assert not PUBLIC.search(text)
    addresses = set(re.findall(r"(?:https?|oci|mongodb(?:\+srv)?)://(?:[^@/\s\"]*@)?([a-z0-9.-]+)", text))
    assert addresses == {"chat.corp.internal", "registry.corp.internal"}


def test_the_commands_fill_the_registry_that_the_stack_pulls_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", str(AIR_GAPPED), "--copy", "skopeo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"skopeo copy --all docker://docker.io/{CHAT} docker://registry.corp.internal/mirror/{CHAT}",
        "helm pull rocketchat --version 7.0.2 --repo https://rocketchat.github.io/helm-charts",
        "helm push rocketchat-7.0.2.tgz oci://registry.corp.internal/charts",
    ]


def test_the_list_is_json_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "lovia-doks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [chart["name"] for chart in found["charts"]] == ["rocketchat", "cert-manager"]
    assert {image["pulled"] for image in found["images"]} >= {"rocketchat/rocket.chat:8.9.0"}


def test_what_is_somebodys_own_is_not_copied() -> None:
    values, secure = with_parts(
        "lovia-fargate", images={"registry": MIRROR, "pinned": ["own.example.com/rocket.chat:8.9.0-own"]}
    )
    assert list(mirror.commands(parse(values, secure, source="a test"), "crane")) == []


def test_no_stack_pulls_an_image_of_a_moving_tag() -> None:
    for name in files.names():
        spec = rehearsed.load(name).spec
        for image in used(spec.parts, spec.release, spec.size):
            assert IMAGE.fullmatch(image), f"{name}: {image}"


def test_a_registry_that_the_policy_does_not_allow_is_told_before_the_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values, _ = with_parts("family-host", images={"registry": MIRROR})
    path = tmp_path / "Pulumi.mirrored.yaml"
    secure = {key: {"secure": "v1:x:y"} for key in files.read("family-host").secure}
    path.write_text(yaml.safe_dump({"config": values | secure}), encoding="utf-8")
    told = f"images.registry: the policy pack refuses images of {MIRROR}/"
    assert main(["check", str(path)]) == 0
    assert told in " ".join(capsys.readouterr().out.split())
    assert [one for check in report.plan(str(path)).checks for one in check.warnings if told in one]
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"default": {"registries": [f"{MIRROR}/"]}}), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(config))
    assert main(["check", str(path)]) == 0
    assert "refuses images" not in capsys.readouterr().out


def test_a_registry_is_not_warned_of_where_waivers_cover_all_that_pulls_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values, _ = with_parts("family-host", images={"registry": MIRROR})
    path = tmp_path / "Pulumi.mirrored.yaml"
    secure = {key: {"secure": "v1:x:y"} for key in files.read("family-host").secure}
    path.write_text(yaml.safe_dump({"config": values | secure}), encoding="utf-8")
    found = sorted({(one.rule.id, one.subject.name) for one in judging.judged(str(path)).blocking})
    config = tmp_path / "config.yaml"
    monkeypatch.setenv(VARIABLE, str(config))
    for waived, expires, told in (
        (found, "2126-12-31", False),
        (found, "2020-01-01", True),
        ([(found[0][0], "another")], "2126-12-31", True),
    ):
        ended = {"reason": "The mirror is our own, and scanned.", "expires": expires}
        waivers = [{"rule": rule, "resource": name, **ended} for rule, name in waived]
        config.write_text(yaml.safe_dump({"stacks": {"mirrored": {"waivers": waivers}}}), encoding="utf-8")
        assert main(["check", str(path)]) == 0
        assert ("refuses images" in capsys.readouterr().out) is told
        warned = [one for check in report.plan(str(path)).checks for one in check.warnings]
        assert any("refuses images" in one for one in warned) is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("default: [", "not YAML"),
        ("default: {registry: x}", "default.registry: there is no such key"),
        (
            "default: {waivers: [{rule: no-such, resource: a, reason: It is tried here only, expires: 2027-01-01}]}",
            "there is no rule 'no-such'",
        ),
    ],
)
def test_a_policy_configuration_that_cannot_be_used_ends_a_plan_with_its_place(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(config))
    assert main(["plan", "local"]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize("stack", ["lovia-doks", str(AIR_GAPPED)])
def test_the_bill_of_materials_is_cyclonedx_and_the_same_each_time(stack: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for file in (first, second):
        assert main(["images", stack, "--sbom", str(file)]) == 0
    text = first.read_text(encoding="utf-8")
    assert text == second.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert "timestamp" not in json.loads(text)["metadata"]


def bill(spec: ChatSpec) -> dict[str, Any]:
    """Parts of a bill of materials by their package URLs."""
    return {one["purl"]: one for one in json.loads(sbom.text(spec, "any"))["components"]}


def test_the_bill_of_materials_names_what_is_pulled_and_what_deploys_it() -> None:
    values, secure = with_parts(
        "family-host",
        images={"registry": MIRROR, "pinned": [f"reg.example.com/own/rocket.chat:8.9.0@{DIGEST}"]},
    )
    spec = parse(values, secure, source="a test")
    found = bill(spec)
    place = "reg.example.com/own/rocket.chat"
    assert f"pkg:oci/rocket.chat@{DIGEST}?repository_url={place}&tag=8.9.0" in found
    containers = [one for one in found.values() if one["type"] == "container"]
    assert len(containers) == len(mirror.images(spec))
    [mongo] = [purl for purl in found if purl.startswith("pkg:docker/mirror/library/mongo@")]
    assert mongo.endswith("?repository_url=registry.example.com:5000")
    published = {one["value"] for one in found[mongo]["properties"]}
    assert published == {image.published for image in mirror.images(spec) if "/mongo:" in image.published}
    aws = metadata.version("pulumi-aws")
    for purl in (f"pkg:pypi/pulumi-aws@{aws}", f"pkg:github/pulumi/pulumi-aws@v{aws}"):
        assert found[purl]["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert f"pkg:generic/rocketchat-pulumi@{metadata.version('rocketchat-pulumi')}" in found


@pytest.mark.parametrize("name", ["mongo", "docker.io/mongo", "docker.io/library/mongo"])
def test_the_bill_of_materials_names_an_official_image_of_docker_hub_in_full(name: str) -> None:
    values, secure = with_parts("family-host", images={"pinned": [f"{name}:8.0.17@{DIGEST}"]})
    found = bill(parse(values, secure, source="a test"))
    assert f"pkg:oci/mongo@{DIGEST}?repository_url=docker.io/library/mongo&tag=8.0.17" in found
    assert "pkg:docker/rocketchat/rocket.chat@8.9.0" in found
    assert [one for one in found if one.startswith("pkg:docker/library/caddy@")]


def test_the_bill_of_materials_names_charts_by_where_they_come_from() -> None:
    found = bill(rehearsed.load("lovia-doks").spec)
    assert "pkg:helm/rocketchat@7.0.2?repository_url=https://rocketchat.github.io/helm-charts" in found


def test_another_stack_has_another_serial_number() -> None:
    texts = [json.loads(sbom.text(rehearsed.load(one).spec, one)) for one in ("lovia-doks", "family-host")]
    assert len({text["serialNumber"] for text in texts}) == 2


def test_the_commands_and_the_bill_of_materials_are_not_asked_for_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["images", "lovia-doks", "--copy", "crane", "--sbom", "/dev/stdout"]) == 2
    assert "--sbom" in capsys.readouterr().err
