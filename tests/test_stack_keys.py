"""Each key of a stack file does what it says: what changes in the plan when it is set."""

import contextlib
import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from planning import shared_plan

from policy.chats import carried_by
from rehearsal import canaries
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, plan_program
from stacks import beside, deploy, files

AUTHORITY = (Path(__file__).parent / "data" / "authorities" / "root.pem").read_text("ascii")
Seen = Callable[[Plan], object]


@cache
def base() -> dict[str, Any]:
    return dict(files.read("lovia-fargate").values)


def plan_with(changes: dict[str, Any], *, secrets: tuple[str, ...] = ()) -> Plan:
    values = deepcopy(base())
    for path, value in changes.items():
        part, *steps = path.split(".")
        inside = values.setdefault(f"rocketchat:{part}", {}) if steps else values
        for step in steps[:-1]:
            inside = inside.setdefault(step, {})
        inside[steps[-1] if steps else f"rocketchat:{part}"] = value
    secure = {f"rocketchat:{name}" for name in ("oidcClientSecret", *secrets)}
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}

    def plan() -> Plan:
        return plan_program(
            deploy.run, stack="test", config=config | canaries.values(secure), secret_keys=sorted(secure)
        )

    return shared_plan(plan, "test", config, sorted(secure))


def one(plan: Plan, token: str, name: str | None = None) -> dict[str, Any]:
    found = [resource for resource in plan.of_type(token) if name in (None, resource.name)]
    assert len(found) == 1, [resource.name for resource in found]
    return dict(found[0].inputs)


def variables(plan: Plan) -> dict[str, str]:
    [container] = json.loads(one(plan, "aws:ecs/taskDefinition:TaskDefinition")["containerDefinitions"])
    carried = carried_by(container)
    given = {variable["name"]: variable["value"] for variable in container["environment"]}
    given |= {secret["name"]: "(secret)" for secret in container["secrets"]}
    return {carried.get(name, name): value for name, value in given.items()}


def setting(name: str) -> Seen:
    return lambda plan: variables(plan).get(f"OVERWRITE_SETTING_{name}")


def oidc(name: str) -> Seen:
    return setting(f"Accounts_OAuth_Custom-Fusionauth-{name}")


def schedule(plan: Plan) -> dict[str, Any]:
    return one(plan, "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule")


def cluster(plan: Plan) -> dict[str, Any]:
    return one(plan, "mongodbatlas:index/advancedCluster:AdvancedCluster")


def region(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = cluster(plan)["replicationSpecs"][0]["regionConfigs"][0]
    return found


def task(plan: Plan) -> dict[str, Any]:
    return one(plan, "aws:ecs/taskDefinition:TaskDefinition")


def service(plan: Plan) -> dict[str, Any]:
    return one(plan, "aws:ecs/service:Service", "chat-rocketchat")


def count(token: str) -> Seen:
    return lambda plan: len(plan.of_type(token))


def records(plan: Plan) -> dict[str, str]:
    return {
        f"{record.inputs['type']} {record.inputs['name']}": record.inputs["content"]
        for record in plan.of_type("cloudflare:index/dnsRecord:DnsRecord")
    }


MASTER = {"kind": "saml", "entryPoint": "https://idp.example.com/sso", "certificate": "MAMCAQE="}
_EXISTING = {
    "kind": "atlas-existing",
    "project": "5f0c1d2e3b4a59687f6e5d4c",
    "cluster": "lovia-sg",
    "name": "other",
}
KEYS: list[tuple[dict[str, Any], Seen, object]] = [
    # what is set, what is looked at, what is seen there
    ({"chat.siteName": "Lovia"}, setting("Site_Name"), "Lovia"),
    ({"chat.language": "id"}, setting("Language"), "id"),
    ({"chat.release": "8.5.1"}, lambda p: "rocket.chat:8.5.1" in task(p)["containerDefinitions"], True),
    ({"chat.administrator": {"email": "me@lovia.life"}}, lambda p: variables(p)["ADMIN_EMAIL"], "me@lovia.life"),
    (
        {"chat.administrator": {"email": "me@lovia.life", "username": "chief", "name": "The Chief"}},
        lambda p: (variables(p)["ADMIN_USERNAME"], variables(p)["ADMIN_NAME"], p.outputs["adminUsername"]),
        ("chief", "The Chief", "chief"),
    ),
    ({"chat.profile": "trial"}, count("aws:wafv2/webAcl:WebAcl"), 0),
    ({"chat.profile": "trial"}, lambda p: [r.name for r in p.resources if r.protect], []),
    ({"runtime.spot": False}, lambda p: [s["capacityProvider"] for s in service(p)["capacityProviderStrategies"]], ["FARGATE"]),
    ({"runtime.architecture": "x86_64"}, lambda p: task(p)["runtimePlatform"]["cpuArchitecture"], "X86_64"),
    ({"runtime.cpu": 4096, "runtime.memory": 8192}, lambda p: (task(p)["cpu"], task(p)["memory"]), ("4096", "8192")),
    ({"runtime.exec": True}, lambda p: service(p)["enableExecuteCommand"], True),
    ({"runtime.exec": True}, lambda p: str(p.outputs["execCommand"]).startswith("aws ecs execute-command"), True),
    ({"runtime.logDays": 90}, lambda p: one(p, "aws:cloudwatch/logGroup:LogGroup", "chat-logs")["retentionInDays"], 90),
    ({"runtime.network": {"cidr": "10.99.0.0/20"}}, lambda p: one(p, "aws:ec2/vpc:Vpc")["cidrBlock"], "10.99.0.0/20"),
    ({"runtime.network": {"zones": 3}}, count("aws:ec2/subnet:Subnet"), 6),
    ({"runtime.network": {"nat": "per-zone"}}, count("aws:ec2/natGateway:NatGateway"), 2),
    ({"runtime.network": {"nat": "none"}, "chat.profile": "trial", "database.privateLink": True}, lambda p: service(p)["networkConfiguration"]["assignPublicIp"], True),
    ({"runtime.network": {"nat": "none"}, "chat.profile": "trial", "database.privateLink": True}, count("aws:ec2/natGateway:NatGateway"), 0),
    (
        {"runtime.network": {"endpoints": ["secretsmanager"]}},
        lambda p: any(r.inputs["serviceName"].endswith(".secretsmanager") for r in p.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")),
        True,
    ),
    ({"runtime.network": {"flowLogDays": 30}}, lambda p: one(p, "aws:cloudwatch/logGroup:LogGroup", "network-flow-logs")["retentionInDays"], 30),
    (
        {"runtime.balancer": {"waf": True}, "chat.profile": "trial"},
        lambda p: (len(p.of_type("aws:wafv2/webAcl:WebAcl")), any(r.protect for r in p.resources)),
        (1, False),
    ),
    ({"runtime.balancer": {"idleTimeout": 600}}, lambda p: one(p, "aws:lb/loadBalancer:LoadBalancer")["idleTimeout"], 600),
    (
        {
            "runtime.network": {
                "kind": "existing",
                "vpc": "vpc-0123456789abcdef0",
                "publicSubnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "taskSubnets": ["subnet-0123456789abcdef2"],
                "publicAddresses": True,
                "egressAddresses": ["203.0.113.9"],
            },
            "chat.profile": "trial",
            "database.privateLink": False,
        },
        lambda p: (
            len(p.of_type("aws:ec2/vpc:Vpc")),
            one(p, "aws:lb/loadBalancer:LoadBalancer")["subnets"],
            service(p)["networkConfiguration"]["subnets"],
            service(p)["networkConfiguration"]["assignPublicIp"],
            one(p, "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")["cidrBlock"],
        ),
        (
            0,
            ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
            ["subnet-0123456789abcdef2"],
            True,
            "203.0.113.9/32",
        ),
    ),
    (
        {
            "runtime.network": {
                "kind": "existing",
                "vpc": "vpc-0123456789abcdef0",
                "taskSubnets": ["subnet-0123456789abcdef2"],
            },
            "runtime.balancer": {
                "kind": "existing",
                "listener": "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2",
                "priority": 77,
            },
        },
        lambda p: (
            len(p.of_type("aws:lb/loadBalancer:LoadBalancer")),
            len(p.of_type("aws:lb/listener:Listener")),
            one(p, "aws:lb/listenerRule:ListenerRule")["priority"],
        ),
        (0, 0, 77),
    ),
    ({"database.name": "other"}, lambda p: one(p, "mongodbatlas:index/databaseUser:DatabaseUser")["roles"], [{"databaseName": "other", "roleName": "readWrite"}]),
    ({"database.tier": "M30", "database.maxTier": "M50"}, lambda p: (region(p)["electableSpecs"]["instanceSize"], region(p)["autoScaling"]["computeMaxInstanceSize"]), ("M30", "M50")),
    ({"database.diskGb": 40}, lambda p: region(p)["electableSpecs"]["diskSizeGb"], 40),
    ({"database.region": "us-east-1", "database.privateLink": False}, lambda p: region(p)["regionName"], "US_EAST_1"),
    ({"database.privateLink": False}, lambda p: len(p.of_type("mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")), 1),
    ({"database.allow": ["203.0.113.77"]}, lambda p: one(p, "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")["cidrBlock"], "203.0.113.77/32"),
    ({"database.maintenanceDay": "tuesday", "database.maintenanceHour": 3}, lambda p: {k: v for k, v in one(p, "mongodbatlas:index/maintenanceWindow:MaintenanceWindow").items() if k.endswith(("OfDay", "OfWeek"))}, {"dayOfWeek": 3, "hourOfDay": 3}),
    ({"backup.dumps": True}, lambda p: len(p.of_type("aws:scheduler/schedule:Schedule")), 2),
    ({"backup.restoreWindowDays": 3}, lambda p: schedule(p)["restoreWindowDays"], 3),
    ({"backup.dailyDays": 20}, lambda p: schedule(p)["policyItemDaily"]["retentionValue"], 20),
    ({"backup.weeklyWeeks": 10}, lambda p: schedule(p)["policyItemWeeklies"][0]["retentionValue"], 70),
    ({"backup.monthlyMonths": 6}, lambda p: schedule(p)["policyItemMonthlies"][0]["retentionValue"], 186),
    ({"media.oldVersionDays": 11}, lambda p: [rule["noncurrentVersionExpiration"]["noncurrentDays"] for rule in one(p, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "media-bucket-lifecycle")["rules"] if "noncurrentVersionExpiration" in rule], [11]),
    ({"media.cdn": {"kind": "external", "host": "bunny.lovia.life"}}, lambda p: (len(p.of_type("aws:cloudfront/distribution:Distribution")), "bunny.lovia.life" in str(p.outputs["mediaCdn"])), (0, True)),
    ({"media": {"kind": "gridfs"}}, setting("FileUpload_Storage_Type"), "GridFS"),
    ({"dns.zoneId": "0123456789abcdef0123456789abcdef"}, lambda p: {r.inputs["zoneId"] for r in p.of_type("cloudflare:index/dnsRecord:DnsRecord")}, {"0123456789abcdef0123456789abcdef"}),
    ({"dns.proxied": True}, lambda p: variables(p)["HTTP_FORWARDED_COUNT"], "2"),
    ({"edge": {"kind": "cloudfront"}}, lambda p: variables(p)["HTTP_FORWARDED_COUNT"], "2"),
    ({"edge": {"kind": "cloudfront", "priceClass": "PriceClass_100"}}, lambda p: one(p, "aws:cloudfront/distribution:Distribution", "cdn-distribution")["priceClass"], "PriceClass_100"),
    ({"mail.dmarcPolicy": "reject", "mail.dmarcReports": "dmarc@lovia.life"}, lambda p: ("p=reject" in records(p)["TXT _dmarc.lovia.life"], "rua=mailto:dmarc@lovia.life" in records(p)["TXT _dmarc.lovia.life"]), (True, True)),
    ({"mail.region": "us-east-1"}, setting("SMTP_Host"), "email-smtp.us-east-1.amazonaws.com"),
    ({"login.buttonText": "Go"}, oidc("button_label_text"), "Go"),
    ({"login.scope": "openid"}, oidc("scope"), "openid"),
    ({"login.usernameField": "nick"}, oidc("username_field"), "nick"),
    ({"login.mergeUsers": False}, oidc("merge_users"), "false"),
    ({"login.keyField": "username"}, oidc("key_field"), "username"),
    ({"login": [{**MASTER, "signed": "all"}]}, setting("SAML_Custom_Default_signature_validation_type"), "All"),
    ({"media.maxFileMb": 10}, setting("FileUpload_MaxFileSize"), "10485760"),
    ({"dns.proxied": True, "dns.plan": "free", "edge.kind": "direct"}, setting("FileUpload_MaxFileSize"), "99614720"),
    ({"dns.proxied": True, "dns.plan": "business", "media.maxFileMb": 190}, setting("FileUpload_MaxFileSize"), "199229440"),
    ({"database": {**_EXISTING, "empty": False}}, lambda p: "adminPassword" in p.outputs, False),
    ({"login.tokenPath": "/t", "login.identityPath": "/i", "login.authorizePath": "/a"}, lambda p: (oidc("token_path")(p), oidc("identity_path")(p), oidc("authorize_path")(p)), ("/t", "/i", "/a")),
    ({"login.name": "Sign"}, lambda p: p.outputs["oidcRedirectUri"], "https://chat.lovia.life/_oauth/sign"),
    ({"login.preset": "keycloak", "login.realm": "lovia"}, setting("Accounts_OAuth_Custom-Keycloak-url"), "https://login.lovia.life/realms/lovia/protocol"),
    ({"login": [{**MASTER, "name": "corp", "logout": "https://idp.example.com/out", "buttonText": "Corp"}]}, setting("SAML_Custom_Default_button_label_text"), "Corp"),
    ({"login": [{**MASTER, "logout": "https://idp.example.com/out"}]}, setting("SAML_Custom_Default_idp_slo_redirect_url"), "https://idp.example.com/out"),
    ({"login": [{**MASTER, "preset": "google", "ownCertificate": "MAMCAQI="}]}, setting("SAML_Custom_Default_public_cert"), "MAMCAQI="),
    ({"accounts.profileChange": False}, setting("Accounts_AllowUserProfileChange"), "false"),
    ({"accounts.statusChange": False}, setting("Accounts_AllowUserStatusMessageChange"), "false"),
    ({"accounts.deleteOwn": True}, setting("Accounts_AllowDeleteOwnAccount"), "true"),
    ({"accounts.twoFactor": False, "chat.profile": "trial"}, setting("Accounts_TwoFactorAuthentication_Enabled"), "false"),
    ({"accounts.lock": True}, lambda p: "Accounts_RegistrationForm" in variables(p)["SETTINGS_BLOCKED"], True),
    ({"accounts.registration": "secret-url"}, lambda p: p.outputs["registrationUrl"], "[secret]"),
    ({"push": {"kind": "none"}}, setting("Push_enable"), "false"),
    ({"monitoring.prometheus": True}, setting("Prometheus_Enabled"), "true"),
    ({"monitoring.uptime": True}, lambda p: one(p, "aws:route53/healthCheck:HealthCheck")["fqdn"], "chat.lovia.life"),
    ({"monitoring.monthlyBudgetUsd": 300}, count("aws:budgets/budget:Budget"), 1),
    ({"monitoring.alarmEmails": ["a@lovia.life", "b@lovia.life"]}, lambda p: len([r for r in p.of_type("aws:sns/topicSubscription:TopicSubscription") if r.name.startswith("alarms")]), 2),
    ({"appearance.homeTitle": "Welcome"}, setting("Layout_Home_Title"), "Welcome"),
    ({"appearance.css": ".a { color: red }"}, setting("theme-custom-css"), ".a { color: red }"),
    ({"container.certificates": [AUTHORITY]}, lambda p: AUTHORITY in variables(p).values(), True),
    ({"settings": {"Message_AllowEditing": False}}, setting("Message_AllowEditing"), "false"),
]  # fmt: skip


def clash(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two changes touch the same place, or one of them a whole part of the other."""
    return any(
        first == second or first.startswith(f"{second}.") or second.startswith(f"{first}.")
        for first in one
        for second in other
    )


ALONE = {
    "backup.dumps",
    "chat.profile",
    "database",
    "database.privateLink",
    "dns.proxied",
    "edge",
    "login",
    "login.name",
    "login.preset",
    "media",
}
"""Keys that change what other keys do."""


@cache
def batches() -> list[tuple[list[int], dict[str, Any]]]:
    """Put rows that leave one another alone together, so that one plan shows many."""
    made: list[tuple[list[int], dict[str, Any]]] = []
    for number, (changes, _, _) in enumerate(KEYS):
        for numbers, together in made:
            if not clash(changes, together) and not (ALONE & {*changes, *together}):
                numbers.append(number)
                together.update(changes)
                break
        else:
            made.append(([number], dict(changes)))
    return made


@cache
def planned(batch: int) -> Plan:
    changes = batches()[batch][1]
    return plan_with(changes, secrets=("samlPrivateKey",) if "ownCertificate" in str(changes) else ())


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(KEYS)), ids=[", ".join(row[0]) for row in KEYS])
def test_a_key_has_its_effect_on_the_plan(number: int) -> None:
    batch = next(index for index, (numbers, _) in enumerate(batches()) if number in numbers)
    _, seen, wanted = KEYS[number]
    assert seen(planned(batch)) == wanted
    with contextlib.suppress(KeyError, AssertionError):  # without the key there may be nothing to look at
        before = seen(planned_base())
        if before == wanted:
            pytest.fail("the plan shows this without the key too")


@cache
def planned_base() -> Plan:
    return plan_with({})


def test_roles_are_merged_from_the_login_provider_with_a_licence() -> None:
    plan = plan_with({"login.mergeRoles": True, "login.rolesField": "groups"}, secrets=("license",))
    assert oidc("merge_roles")(plan) == "true"
    assert oidc("roles_claim")(plan) == "groups"
    assert variables(plan)["ROCKETCHAT_LICENSE"] == "(secret)"


def test_several_instances_meet_at_a_broker_and_are_scaled() -> None:
    plan = plan_with({"runtime.instances": 2, "runtime.maxInstances": 4}, secrets=("license",))
    broker = one(plan, "aws:ecs/service:Service", "chat-nats")
    assert broker["desiredCount"] == 1
    assert service(plan)["desiredCount"] == 2
    assert one(plan, "aws:appautoscaling/target:Target")["maxCapacity"] == 4
    rocketchat = one(plan, "aws:ecs/taskDefinition:TaskDefinition", "chat-rocketchat")["containerDefinitions"]
    assert {"name": "TRANSPORTER", "value": "monolith+nats://nats:4222"} in json.loads(rocketchat)[0][
        "environment"
    ]


def test_an_existing_project_is_not_made_again() -> None:
    values = {"kind": "atlas", "project": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "lovia-sg"}
    plan = plan_with({"database": values})
    assert not plan.of_type("mongodbatlas:index/project:Project")
    assert cluster(plan)["projectId"] == "5f0c1d2e3b4a59687f6e5d4c"


def test_an_existing_mongodb_is_reached_by_its_secret_uri() -> None:
    plan = plan_with({"database": {"kind": "uri", "version": "8.0"}}, secrets=("mongodbUri",))
    assert not [resource for resource in plan.resources if resource.type.startswith("mongodbatlas:")]
    assert variables(plan)["MONGO_URL"] == "(secret)"


def test_a_mail_server_of_any_provider_is_used_by_its_secret_password() -> None:
    mail = {"kind": "smtp", "host": "smtp.example.com", "port": 465, "encryption": "tls", "username": "me"}
    plan = plan_with(
        {"mail": {**mail, "from": "me@example.com", "domain": "example.com"}}, secrets=("smtpPassword",)
    )
    assert setting("SMTP_Protocol")(plan) == "smtps"
    assert setting("SMTP_Port")(plan) == "465"
    assert setting("SMTP_Password")(plan) == "(secret)"
    assert not plan.of_type("aws:sesv2/emailIdentity:EmailIdentity")


def test_own_push_and_bugsnag_take_their_secrets() -> None:
    secrets = (
        "fcmServiceAccount",
        "apnKey",
        "apnCertificate",
        "apnPassphrase",
        "bugsnagApiKey",
        "registrationToken",
    )
    plan = plan_with({"push": {"kind": "own"}}, secrets=secrets)
    assert setting("Push_google_api_credentials")(plan) == setting("Push_apn_key")(plan) == "(secret)"
    assert setting("Bugsnag_api_key")(plan) == variables(plan)["REG_TOKEN"] == "(secret)"


def test_a_font_is_delivered_inside_the_style_sheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(beside, "FOLDER", tmp_path)
    (tmp_path / "baloo.woff2").write_bytes(b"wOF2" + bytes(40))
    font = {"family": "Baloo 2", "file": "baloo.woff2", "weight": 600, "usedFor": "headings"}
    css = str(setting("theme-custom-css")(plan_with({"appearance.fonts": [font]})))
    assert "url(data:font/woff2;base64," in css
    assert "h1" in css
    assert "font-weight:600" in css


def test_a_font_outside_the_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(beside, "FOLDER", tmp_path / "stacks")
    font = {"family": "Baloo 2", "file": "../secret.woff2"}
    with pytest.raises(RehearsalError, match="outside the folder"):
        plan_with({"appearance.fonts": [font]})
