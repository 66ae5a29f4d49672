"""A server trusts the authorities of a company on every runtime, and is told of nothing else."""

import datetime as dt
import json
import os
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from planning import one, planned, values_of

from components.database.uri import uri_problem
from components.runtime import container as task
from components.runtime.fargate_args import DEFINITION_BYTES
from policy.chats import carried_by
from rehearsal.plan import Plan
from rocketchat.services import MAIN, MICROSERVICE_COMMAND, SERVER_COMMAND
from stacks import authorities, beside, container, files
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack

DATA = Path(__file__).parent / "data" / "authorities"
ROOT, OTHER = ((DATA / f"{name}.pem").read_text("ascii") for name in ("root", "other"))
CLIENT = (DATA / "client.pem").read_text("ascii")
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIcanaryvalue==\n-----END EC PRIVATE KEY-----\n"


def values_with(stack: str, *certificates: object, **parts: Any) -> dict[str, Any]:
    return values_of(stack) | {"rocketchat:container": {"certificates": list(certificates)}} | parts


def secrets_of(stack: str) -> set[str]:
    return set(files.read(stack).secure)


def plan_of(stack: str, *certificates: str) -> Plan:
    return planned(values_with(stack, *certificates), secrets_of(stack))


def spec_of(stack: str, *certificates: object, **parts: Any) -> ChatSpec:
    return parse(values_with(stack, *certificates, **parts), secrets_of(stack), source="a test")


def refused(*certificates: object) -> tuple[str, str]:
    with pytest.raises(InvalidStack) as caught:
        spec_of("lovia-fargate", *certificates)
    [problem] = caught.value.problems
    return problem.path, str(problem)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CLIENT, None),
        (CLIENT.replace("\n", "\r\n"), None),
        (
            CLIENT[: CLIENT.index("-----END")] + CLIENT[CLIENT.rindex("-----END") :],
            "two certificates are wanted",
        ),
        (ROOT, "two certificates are wanted"),
        (ROOT + ROOT, "the first certificate is an authority's"),
        (CLIENT[CLIENT.rindex("-----BEGIN") :] + CLIENT[: CLIENT.rindex("-----BEGIN")], "server's"),
        (CLIENT[: CLIENT.rindex("-----BEGIN")] + ROOT, "the second certificate did not sign the first"),
        (CLIENT + KEY, "a private key is in it"),
        (CLIENT.replace("MII", "MIX", 1), "cannot be read"),
    ],
)
def test_a_client_comes_with_the_authority_that_signed_it(given: str, said: str | None) -> None:
    if said is None:
        known = authorities.client(given)
        assert known.pem + known.authorities == CLIENT
        assert authorities.is_pair(KEY, known.pem)
    else:
        with pytest.raises(ValueError, match=said):
            authorities.client(given)


def test_a_task_writes_them_before_the_server_starts() -> None:
    [made] = json.loads(
        one(plan_of("lovia-fargate", ROOT, OTHER), "aws:ecs/taskDefinition:TaskDefinition").inputs[
            "containerDefinitions"
        ]
    )
    named = {pair["name"]: pair["value"] for pair in made["environment"]}
    path = named["NODE_EXTRA_CA_CERTS"]
    assert path.startswith("/tmp/rocketchat/")  # noqa: S108
    assert named["FILE_1"] == ROOT + OTHER
    assert made["command"][-2:] == list(SERVER_COMMAND)
    assert path in made["command"][2]


def test_what_a_task_runs_first_leaves_the_file_and_starts_what_it_should(tmp_path: Path) -> None:
    path = tmp_path / "made here" / "authorities.pem"
    read = ["sh", "-c", 'cat "$0"; echo "${FILE_1-gone}"', str(path)]
    service = cast(
        "Any", {"name": "chat", "image": "a:1", "uid": 1, "files": {str(path): ROOT}, "command": read}
    )
    made = task.definition(service, secrets={}, log_group="g", region="r", shells=False)
    text = {pair["name"]: ROOT for pair in made["environment"]}
    ran = subprocess.run(  # noqa: S603
        made["command"], env={"PATH": "/usr/bin:/bin", **text}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, f"{ROOT}gone\n"), "the server would have it a second time"


def test_a_task_that_writes_files_keeps_variables_whose_names_a_shell_does_not_take(tmp_path: Path) -> None:
    path, secret, plain = tmp_path / "a.pem", "A_Custom-Name-secret", "A_Custom-Name-url"
    service = cast(
        "Any",
        {
            "name": "chat",
            "image": "a:1",
            "uid": 1,
            "environment": {plain: "https://login", "B": "b"},
            "files": {str(path): ROOT},
            "command": ["env", "-0"],
        },
    )
    made = task.definition(service, secrets={secret: "arn"}, log_group="g", region="r", shells=False)
    awkward = "a b$c'd\"e\nü"
    given = {pair["name"]: awkward for pair in [*made["environment"], *made["secrets"]]}
    assert len(given) == 4
    assert set(carried_by(made).values()) == {secret, plain}, "the policy pack reads them by their names"
    ran = subprocess.run(  # noqa: S603
        made["command"], env={"PATH": "/usr/bin:/bin", **given}, capture_output=True, text=True, check=True
    )
    got = dict(line.split("=", 1) for line in ran.stdout.split("\0") if line)
    assert {name for name in got if name not in {"PATH", "PWD", "_", "OLDPWD", "SHLVL"}} == {
        secret,
        plain,
        "B",
    }
    assert (got[secret], got[plain], got["B"]) == (awkward, awkward, awkward)


def test_pods_get_them_by_a_config_map_whose_change_starts_them_anew() -> None:
    plan = plan_of("services-helm", ROOT)
    config = one(plan, "kubernetes:core/v1:ConfigMap", "chat-files").inputs
    values = one(plan, "kubernetes:helm.sh/v3:Release", "chat-release").inputs["values"]
    [path] = [pair["value"] for pair in values["extraEnv"] if pair["name"] == "NODE_EXTRA_CA_CERTS"]
    assert config["immutable"] is True
    assert config["data"] == {Path(path).name: ROOT}
    assert values["extraVolumeMounts"][0]["mountPath"] == str(Path(path).parent)
    assert values["extraVolumes"][0]["configMap"]["name"]
    other = spec_of("services-helm", OTHER).parts.container
    [variables] = other.environment(None, None, "/etc/rocketchat")
    assert variables.plain["NODE_EXTRA_CA_CERTS"] != path


def test_a_host_gets_them_as_a_file_of_its_document() -> None:
    document = json.loads(
        one(
            plan_of("soluvas-lightsail", ROOT), "aws:s3/bucketObjectv2:BucketObjectv2", "chat-document"
        ).inputs["content"]
    )
    server = document["compose"]["services"]["rocketchat"]
    path = server["environment"]["NODE_EXTRA_CA_CERTS"]
    [bound] = [volume for volume in server["volumes"] if volume["target"] == str(Path(path).parent)]
    assert document["files"][f"{bound['source']}/{Path(path).name}"]["text"] == ROOT
    assert bound["read_only"] is True


def test_a_file_beside_the_stack_files_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "FOLDER", DATA)
    [one, _] = spec_of("lovia-fargate", "root.pem", OTHER, ROOT).parts.container.authorities()
    assert (one.name, one.day) == ("Example Root", "2120-01-01")


def test_a_file_is_read_however_it_was_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(beside, "FOLDER", tmp_path)
    saved = {
        "crlf.pem": ROOT.replace("\n", "\r\n").encode(),
        "bom.pem": b"\xef\xbb\xbf" + ROOT.encode(),
        "latin 1.pem": "# gehört uns\n".encode("latin-1") + ROOT.encode(),
    }
    for name, content in saved.items():
        (tmp_path / name).write_bytes(content)
    [one] = spec_of("lovia-fargate", ROOT, *saved).parts.container.authorities()
    assert one.pem == ROOT


def test_what_is_no_file_is_refused_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(beside, "FOLDER", tmp_path)
    os.mkfifo(tmp_path / "pipe.pem")
    (tmp_path / "loop.pem").symlink_to("loop.pem")
    (tmp_path / "folder.pem").mkdir()
    with (tmp_path / "large.pem").open("wb") as large:
        large.truncate(beside.MOST_BYTES + 1)
    (tmp_path / "binary form.cer").write_bytes(b"\x30\x82\x01\x68")
    for name, said in (
        ("pipe.pem", "no file"),
        ("loop.pem", "cannot be read: "),
        ("folder.pem", "no file"),
        ("large.pem", "larger than"),
        ("binary form.cer", "-in 'binary form.cer'"),
    ):
        assert said in refused(name)[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("../planning.pem", "outside"),
        ("corp.pem", "No such file"),
        ("corp", "ends in .pem"),
        ("server.pem", "no authority's"),
        ("ended.pem", "2020-01-01"),
        (KEY, "private key"),
        (ROOT + KEY, "private key"),
        (KEY.partition("-----END")[0], "private key"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
            "certificate request",
        ),
        (ROOT.replace("MIIB", "MIIC"), "cannot be read"),
        (ROOT.replace("MIIBaDCC", "MII"), "cannot be read"),
        (ROOT.replace("MIIBaDCC", "MIIBaDC\u0421"), "cannot be read"),
        (ROOT.partition("-----END")[0], "cut off"),
        (OTHER + ROOT.partition("-----END")[0], "cut off"),
        ("-----BEGIN CERT", "no certificate in it"),
        (7, "text"),
    ],
)
def test_what_is_no_authoritys_certificate_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, given: object, said: str
) -> None:
    monkeypatch.setattr(beside, "FOLDER", DATA)
    path, shown = refused(given)
    assert path == "rocketchat:container.certificates[0]"
    assert said in shown
    assert "canary" not in shown


def test_a_file_that_is_der_is_told_with_the_command_that_makes_pem_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(beside, "FOLDER", tmp_path)
    (tmp_path / "corp.crt").write_bytes(ssl.PEM_cert_to_DER_cert(ROOT))
    assert "openssl x509 -inform der -in corp.crt" in refused("corp.crt")[1]


@pytest.mark.parametrize(("day", "told"), [(dt.date(2119, 10, 1), False), (dt.date(2119, 11, 15), True)])
def test_an_authority_that_ends_within_two_months_is_warned_of(
    day: dt.date, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Clock":
            return cls(day.year, day.month, day.day, tzinfo=tz)

    monkeypatch.setattr(container, "datetime", Clock)
    warnings = [warning for check in spec_of("lovia-fargate", ROOT).checks for warning in check.warnings]
    assert any("Example Root" in warning and "2120-01-01" in warning for warning in warnings) is told


def test_microservices_of_tasks_trust_them_too() -> None:
    made = plan_of("services-fargate", ROOT).of_type("aws:ecs/taskDefinition:TaskDefinition")
    with_database = 0
    for [task_] in (json.loads(one_.inputs["containerDefinitions"]) for one_ in made):
        if "MONGO_URL" in {secret["name"] for secret in task_["secrets"]}:
            named = {pair["name"]: pair["value"] for pair in task_["environment"]}
            assert named["FILE_1"] == ROOT, task_["name"]
            assert named["NODE_EXTRA_CA_CERTS"] in task_["command"][2]
            assert task_["command"][-2:] == list(
                SERVER_COMMAND if task_["name"] == MAIN else MICROSERVICE_COMMAND
            )
            with_database += 1
    assert with_database == 5
    assert not [told for told in warnings_of("services-fargate") if "tlsCAFile" in told]


def warnings_of(stack: str) -> list[str]:
    return [warning for check in spec_of(stack, ROOT).checks for warning in check.warnings]


def test_microservices_of_the_chart_have_the_file_and_the_uri_can_name_it() -> None:
    [told] = [warning for warning in warnings_of("services-helm") if "tlsCAFile" in warning]
    values = one(plan_of("services-helm", ROOT), "kubernetes:helm.sh/v3:Release", "chat-release").inputs[
        "values"
    ]
    # The chart mounts these into the pods of its microservices, too.
    [mount] = values["extraVolumeMounts"]
    [path] = [pair["value"] for pair in values["extraEnv"] if pair["name"] == "NODE_EXTRA_CA_CERTS"]
    assert f"`tlsCAFile={path}`" in told
    assert path.startswith(f"{mount['mountPath']}/")
    # The remedy is right.
    uri = "mongodb://u:p@mongo.corp.example/rc?replicaSet=rs0&tls=true&tlsCAFile="
    assert uri_problem(f"{uri}{path}") is None
    assert uri_problem(f"{uri}/etc/rocketchat/other.pem") is not None


def test_more_than_a_task_definition_holds_is_refused_by_its_key() -> None:
    def spec(filling: int, *certificates: str) -> ChatSpec:
        kept = {"certificates": list(certificates), "variables": {"FILLING": "x" * filling}}
        values = values_of("lovia-fargate") | {"rocketchat:container": kept}
        return parse(values, secrets_of("lovia-fargate"), source="a test")

    with pytest.raises(InvalidStack, match="about") as caught:
        spec(DEFINITION_BYTES)
    over = int(re.findall(r"about ([\d,]+) bytes", str(caught.value))[0].replace(",", "")) - DEFINITION_BYTES
    fits = DEFINITION_BYTES - over - len(ROOT)
    spec(fits)
    with pytest.raises(InvalidStack, match="task definition") as caught:
        spec(fits, ROOT)
    assert [problem.path for problem in caught.value.problems] == ["rocketchat:container"]


def test_a_balancer_takes_not_every_key_of_a_client() -> None:
    keys = (
        (ed25519.Ed25519PrivateKey.generate(), False),
        (ec.generate_private_key(ec.SECP256K1()), False),
        (ec.generate_private_key(ec.SECP384R1()), True),
        (rsa.generate_private_key(65537, 2048), True),
    )
    for key, taken in keys:
        assert authorities.is_taken(key.public_key()) is taken
