"""Values of secrets are looked at before anything starts: empty or shapeless ones are refused by name."""

import base64
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
import yaml
from combining import secure_for, values_for
from planning import planned

from command.cli import main
from rehearsal import canaries
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, plan_program
from stacks import files
from stacks.language import parse
from stacks.load import load
from stacks.problems import InvalidStack
from stacks.secrets import PROVIDER_KEYS, SECRETS, doubts, problems

KEYS = [
    *(f"rocketchat:{name}" for name in SECRETS),
    *(key for key, secret in PROVIDER_KEYS.items() if secret),
]
PEM = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


def encoded(**what: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")


def ends(**after: float) -> int:
    return int((datetime.now(UTC) + timedelta(**after)).timestamp())


def token(**after: float) -> str:
    """Return a JSON Web Token that ends then."""
    return f"{encoded(alg='RS256')}.{encoded(sub='chat', exp=ends(**after))}.c2lnbmVk"


def certificate(**after: float) -> str:
    until = datetime.now(UTC) + timedelta(**after)
    begins = until - timedelta(days=400)
    made = trustme.CA().issue_cert("chat.example.com", not_before=begins, not_after=until)
    return made.cert_chain_pems[0].bytes().decode()


SHORT_LIVED = {
    "registryPassword": [
        f"ghs_{'a1' * 18}",
        "glcbt-64_abcdefghijklmnop",
        "ya29.a0AfH6SMBx-yz",
        token(hours=3),
        token(days=-300),
        encoded(payload="abc", datakey="def", version="2", expiration=ends(hours=12)),
    ],
    "chartsPassword": [token(hours=3)],
    "mediaAccessKeyId": ["ASIAIOSFODNN7EXAMPLE"],
    "botKeys": [json.dumps({"FORGE": f"ghs_{'a1' * 18}"})],
    "apnCertificate": [certificate(days=-1)],
}
SHAPELESS = [
    *((f"rocketchat:{name}", value) for name, values in SHORT_LIVED.items() for value in values),
    *(
        ("rocketchat:oidcClientSecret", one)
        for one in ("********", "[secret]", "REPLACE_ME", "your-client-secret", "undefined")
    ),
    ("rocketchat:oidcClientSecret", "a\nb"),
    ("rocketchat:smtpPassword", "hunter2\n"),
    ("rocketchat:samlPrivateKey", "MIIB"),
    ("rocketchat:samlPrivateKey", PEM.replace("PRIVATE KEY", "CERTIFICATE")),
    ("rocketchat:apnKey", PEM.replace("\n", "\\n")),
    ("rocketchat:apnKey", PEM.replace("PRIVATE", "OPENSSH PRIVATE")),
    ("rocketchat:samlPrivateKey", PEM.replace("PRIVATE", "ENCRYPTED PRIVATE")),
    ("rocketchat:samlPrivateKey", PEM.replace("KEY-----\nMIIB", "KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB")),
    (
        "rocketchat:fcmServiceAccount",
        '{"type": "service_account", "project_id": "x", "client_email": "x", "private_key": "MIIB"}',
    ),
    ("rocketchat:healthcheckUrl", "https://hc.example.com:65536/x"),
    ("rocketchat:containerVariables", '{"A": "x", "A": "y"}'),
    ("rocketchat:containerVariables", '{"A": "x\\u0000y"}'),
    ("cloudflare:apiToken", "Bearer 0123456789abcdef"),
    ("rocketchat:apnCertificate", PEM),
    ("rocketchat:fcmServiceAccount", "not json"),
    ("rocketchat:fcmServiceAccount", "[]"),
    ("rocketchat:fcmServiceAccount", '{"type": "service_account", "project_id": "x"}'),
    ("rocketchat:fcmServiceAccount", "[" * 100_000),
    ("rocketchat:healthcheckUrl", 'https://hc.example.com/x"\noutput = "/etc/passwd'),
    ("rocketchat:backupWebhookUrl", "http://chat.example.com/hooks/x"),
    ("rocketchat:botKeys", '{"A": 1}'),
    ("rocketchat:mongodbUri", "localhost"),
    ("rocketchat:oidcClientSecret", "${{ secrets.OIDC }}"),
    ("rocketchat:smtpPassword", "${SMTP_PASSWORD}"),
    ("rocketchat:license", "<your licence>"),
    ("rocketchat:LDAP_Authentication_Password", "x"),
    ("rocketchat:Accounts_OAuth_Custom-Keycloak-secret", "changeme"),
    ("cloudflare:apiToken", "token"),
    ("digitalocean:token", "$(cat token)"),
    ("rocketchat:kubeconfig", "just text"),
    ("rocketchat:kubeconfig", "x: 2024-13-45"),
    ("rocketchat:kubeconfig", "[" * 10_000),
    ("rocketchat:smtpPassword", "your smtp password"),
    ("cloudflare:apiToken", "abc\n"),
]


RIGHT = [
    ("rocketchat:samlPrivateKey", PEM.replace("PRIVATE", "RSA PRIVATE")),
    ("rocketchat:samlPrivateKey", PEM.replace("\n", "\r\n")),
    ("rocketchat:apnKey", PEM.replace("PRIVATE", "ENCRYPTED PRIVATE")),
    ("rocketchat:smtpPassword", "abcd efgh ijkl mnop"),
    ("rocketchat:registryPassword", f"ghp_{'a1' * 18}"),
    ("rocketchat:registryPassword", token(days=90)),
    ("rocketchat:registryPassword", f"{encoded(alg='RS256')}.{encoded(sub='chat')}.c2lnbmVk"),
    ("rocketchat:registryPassword", "a1.b2.c3-of-somebody"),
    ("rocketchat:mediaAccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
    *(
        ("rocketchat:smtpPassword", one)
        for one in (
            "your-dog-ate-9-bones",
            "Your Secret Garden 1911",
            "<CorrectHorseBattery>",
            "ASIA-Pacific!2026",
        )
    ),
    ("rocketchat:smtpPassword", f"k8s-aws-v1.{base64.b64encode(b'http://[abc').decode()}=x"),
    ("rocketchat:botKeys", json.dumps({"REGION": "ASIA", "TZ": "ASIA/Tokyo"})),
    ("rocketchat:apnCertificate", certificate(days=20)),
    ("rocketchat:botKeys", json.dumps({"WEATHER_KEY": "x"})),
    ("rocketchat:healthcheckUrl", "https://hc-ping.com/5f0c1d2e-0000?rid=1&x=%20"),
]


def numbered(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return names of the rows without their values, some of which are of the moment: each worker has other ones."""
    return [f"{key}-{number}" for number, (key, _) in enumerate(rows)]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_secret_is_refused_by_its_name_with_the_command_that_sets_it(key: str, value: str) -> None:
    [problem] = problems({key: value})
    assert problem.path == key
    assert problem.remedy == f"pulumi config set --secret {key}"


@pytest.mark.parametrize(("key", "value"), SHAPELESS, ids=numbered(SHAPELESS))
def test_a_secret_without_its_form_is_refused_and_not_shown(key: str, value: str) -> None:
    [problem] = problems({key: value})
    assert problem.path == key
    assert len(value) < 5 or value not in problem.message


PUSH = {
    "rocketchat:fcmServiceAccount",
    "rocketchat:apnKey",
    "rocketchat:apnCertificate",
    "rocketchat:apnPassphrase",
}


def loaded(**secrets: str) -> Plan:
    values = {
        **values_for({"runtime": "fargate", "database": "uri", "dns": "cloudflare"}),
        "rocketchat:push": {"kind": "own"},
    }
    secure = PUSH | secure_for(values)
    given = canaries.values(secure, values) | {f"rocketchat:{key}": one for key, one in secrets.items()}
    config = files.as_config(values) | given
    return plan_program(lambda: void(load()), stack="ended", config=config, secret_keys=secure)


def void(_: object) -> None:
    """Programs return nothing."""


def test_a_credential_that_has_ended_stops_no_deployment_of_the_chat_that_runs_with_it() -> None:
    over = certificate(days=-1)
    told = [one.text for one in loaded(apnCertificate=over).messages if one.severity == "warning"]
    assert len(told) == 1
    assert told[0].startswith("rocketchat:apnCertificate: the certificate ended on ")
    assert "pulumi config set --secret rocketchat:apnCertificate --stack ended" in told[0]
    assert over not in told[0]
    assert [one.ended for one in problems({"rocketchat:apnCertificate": over})] == [True]


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("mongodb://u:canary@a.example.com:27017,b.example.com/rc?replicaSet=r", True),
        ("mongodb://u:canary@10.0.0.5/rc?replicaSet=r", True),
        ("mongodb://u:canary@a.example.com/rc?replicaSet=r&tls=false", True),
        ("mongodb://u:canary@a.example.com/rc?replicaSet=r&tls=true", False),
        ("mongodb://u:canary@a.example.com/rc?replicaSet=r&ssl=true", False),
        ("mongodb://u:canary@mongo-0.mongo.chat.svc:27017/rc?replicaSet=r", False),
        ("mongodb://u:canary@mongo/rc?replicaSet=r", False),
        ("mongodb+srv://u:canary@a.example.com/rc", False),
    ],
)
def test_a_database_that_is_reached_in_clear_is_warned_of(uri: str, told: bool) -> None:
    assert problems({"rocketchat:mongodbUri": uri}) == []
    found = doubts({"rocketchat:mongodbUri": uri})
    assert [("no TLS" in one, "canary" in one) for one in found] == ([(True, False)] if told else [])
    warned = [one.text for one in loaded(mongodbUri=uri).messages if one.severity == "warning"]
    assert warned == found


def test_a_credential_without_its_form_stops_a_deployment() -> None:
    with pytest.raises(RehearsalError, match="this is not a certificate in PEM form"):
        loaded(apnCertificate="canary-of-no-form")
    assert not any(one.ended for one in problems({"rocketchat:registryPassword": token(hours=3)}))
    assert all(one.ended for one in problems({"rocketchat:registryPassword": token(days=-3)}))


def test_what_stands_in_for_secrets_has_their_form() -> None:
    plain = {
        "rocketchat:bot": {"keys": ["WEATHER_KEY"]},
        "rocketchat:container": {"secretVariables": ["GIPHY_KEY"]},
    }
    assert problems(canaries.values(KEYS, plain)) == []


@pytest.mark.parametrize(("key", "value"), RIGHT, ids=numbered(RIGHT))
def test_a_right_secret_is_accepted(key: str, value: str) -> None:
    assert problems({key: value}) == []


def test_a_key_that_does_not_belong_to_the_certificate_in_the_file_is_refused() -> None:
    found = files.read("lovia-fargate")
    authority = trustme.CA()
    one, other = (authority.issue_cert(name) for name in ("a.example.com", "b.example.com"))
    own = one.cert_chain_pems[0].bytes().decode()
    bare = "".join(own.splitlines()[1:-1])
    login = {"kind": "saml", "entryPoint": "https://login.example.com/saml", "certificate": "MAMCAQE="}
    for certificate in (own, bare):
        values = {**found.values, "rocketchat:login": {**login, "ownCertificate": certificate}}
        secure = (found.secure - {"rocketchat:oidcClientSecret"}) | {"rocketchat:samlPrivateKey"}
        parts = parse(values, secure, source="a stack").parts
        for key, told in ((one, False), (other, True)):
            given = {"rocketchat:samlPrivateKey": key.private_key_pem.bytes().decode()}
            assert told is any("does not belong" in problem.message for problem in problems(given, parts))


@pytest.mark.parametrize(
    "key",
    ["aws:accessKey", "aws:secretKey", "mongodbatlas:clientId", "cloudflare:apiKey", "kubernetes:kubeconfig"],
)
@pytest.mark.parametrize("secret", [True, False])
def test_a_credential_that_nothing_reads_is_refused_with_what_to_give_instead(key: str, secret: bool) -> None:
    found = files.read("lovia-fargate")
    values = dict(found.values) | ({} if secret else {key: "x"})
    with pytest.raises(InvalidStack) as caught:
        parse(values, found.secure | ({key} if secret else set()), source="a stack")
    [problem] = caught.value.problems
    assert problem.path == key
    assert "take it out, and give" in (problem.remedy or "")


def test_a_region_is_no_secret() -> None:
    found = files.read("lovia-fargate")
    values = {key: value for key, value in found.values.items() if key != "aws:region"}
    with pytest.raises(InvalidStack, match="write it in clear"):
        parse(values, found.secure | {"aws:region"}, source="a stack")


@pytest.mark.parametrize(
    "text", ["a\u0085b-long-enough", "a\x9fb-long-enough", "a\uffffb-long-enough", "\ufeffa-long-enough"]
)
def test_a_secret_with_a_character_that_is_lost_on_its_way_is_refused(text: str) -> None:
    [told] = problems({"rocketchat:smtpPassword": text})
    assert "lost or changed" in told.message
    assert text not in str(told)


@pytest.mark.parametrize("path", ["a{b,c}", "a[1-9]", "ä", 'a"\nheader = "x'])
def test_an_address_that_curl_reads_otherwise_is_refused(path: str) -> None:
    assert problems({"rocketchat:healthcheckUrl": f"https://hc-ping.example.com/{path}"})


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(key for key, secret in PROVIDER_KEYS.items() if secret))
def test_a_providers_secret_in_the_stack_file_is_read_by_the_program(key: str) -> None:
    runtime = "doks" if key.startswith("digitalocean") else "fargate"
    media = "spaces" if "spaces" in key else "gridfs"
    values = values_for({"runtime": runtime, "database": "atlas", "media": media, "dns": "cloudflare"})
    assert planned(values, {*secure_for(values), key}).outputs["url"]


PASSPHRASE = "pä ss"
SALT = "v1:aMz8U/Oifks=:v1:muQO4/J4qBNh6xDU:1Ul5cKiLgplzdrr4eGzHBCxY9L7hiw=="
BY_PULUMI = {
    "localhost": "v1:M17VsPnkEkDgPM0P:T6GrzUaKQcyDvwX7W0qoL+oHh6oYBy2VHw==",
    "mongodb://…": "v1:wuwOz6F4UpDJswXA:cIxkvQlREh55UOMzOAjLDAYC5UdvVUqJFZR9ftauewM0l967ou9StwSB0vnJ9RvBAZw"
    "/9OKxcjarWyoLAeXNr3v+dhny",
    "another key": "v1:Ov+B+I9e4sYH+VmJ:01nny/nZIDk/zKERVqg2I2Bjt2tyKPvAGM5kbg==",
}
"""What `pulumi config set --secret` 3.272.0 wrote with that passphrase."""


def sealed(folder: Path, uri: str) -> str:
    """Write a stack file whose secret `mongodbUri` is one of these; return its path."""
    found = files.read("services-helm")
    secure = {key: {"secure": BY_PULUMI["another key"]} for key in found.secure}
    secure["rocketchat:mongodbUri"] = {"secure": BY_PULUMI[uri]}
    path = folder / "Pulumi.sealed.yaml"
    document = {"config": {**found.values, **secure}, "encryptionsalt": SALT}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["check", "plan"])
@pytest.mark.parametrize("as_file", [False, True])
def test_a_secret_that_can_be_decrypted_is_held_against_its_form_and_not_shown(
    command: str,
    as_file: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    path = sealed(tmp_path, "localhost")
    if as_file:
        (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    else:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    assert main([command, path]) == 1
    told = capsys.readouterr().err
    line = files.read(path).lines["rocketchat:mongodbUri"]
    assert f"rocketchat:mongodbUri (line {line}): the MongoDB URI must begin with mongodb://" in told
    assert "pulumi config set --secret rocketchat:mongodbUri --stack sealed" in told
    assert "localhost" not in told


def test_what_cannot_be_decrypted_is_said_and_refused_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sealed(tmp_path, "mongodb://…")
    for passphrase, told in (
        (PASSPHRASE, "rocketchat:smtpPassword was encrypted with another key than this file's"),
        ("another", "PULUMI_CONFIG_PASSPHRASE is not the passphrase of this file"),
    ):
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
        assert main(["check", path]) == 0
        warned = capsys.readouterr().out
        assert told in warned
        assert "mongodbUri was" not in warned
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    assert main(["check", path]) == 0
    assert "passphrase" not in capsys.readouterr().out


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize(
    "salt", ["v1", "v1::", "v1:!:v1:a:b", SALT.replace("v1", "v2"), "v1:aMz8U/Oifks=:", 5, [SALT]]
)
def test_a_salt_that_pulumi_would_not_read_is_refused_with_its_line(
    salt: object,
    passphrase: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    if passphrase is not None:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    path = Path(sealed(tmp_path, "mongodb://…"))
    document = {**yaml.safe_load(path.read_text(encoding="utf-8")), "encryptionsalt": salt}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().err
    assert f"encryptionsalt (line {files.read(str(path)).lines['encryptionsalt']})" in told
    assert "has 1 mistake" in told


def test_a_salt_that_another_provider_has_left_behind_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of another stack")
    path = Path(sealed(tmp_path, "mongodb://…"))
    with path.open("a", encoding="utf-8") as file:
        file.write("secretsprovider: awskms://alias/chat?region=eu-central-1\nencryptedkey: AQICAHh=\n")
    assert main(["check", str(path)]) == 0
    assert "passphrase" not in capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    ("variable", "given", "told"),
    [
        ("PULUMI_CONFIG_PASSPHRASE", b"\xff\xfe", "PULUMI_CONFIG_PASSPHRASE is not the passphrase"),
        ("PULUMI_CONFIG_PASSPHRASE", b"", "PULUMI_CONFIG_PASSPHRASE is not the passphrase"),
        (
            "PULUMI_CONFIG_PASSPHRASE_FILE",
            b"binary",
            "what PULUMI_CONFIG_PASSPHRASE_FILE names is not the passphrase",
        ),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", b"gone", "cannot be read: No such file"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", b"folder", "cannot be read: it is no file"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", b"pipe", "cannot be read: it is no file"),
    ],
)
def test_a_passphrase_that_is_none_is_told_and_stops_nobody(
    variable: str,
    given: bytes,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    path = sealed(tmp_path, "localhost")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, os.fsdecode(given))
    assert main(["check", path]) == 0
    assert told in capsys.readouterr().out


def test_a_secret_in_clear_is_not_called_missing_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(sealed(tmp_path, "localhost"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["config"]["rocketchat:mongodbUri"] = "mongodb://canary:hunter22@db.example.com/chat"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().err
    assert "has 1 mistake" in told
    assert "canary" not in told
