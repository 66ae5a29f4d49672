"""What surrounds the server, whose account it is in, and what the workspace keeps, shows and joins."""

import hashlib
import json
import zoneinfo
from typing import Any

import pytest
from planning import one, planned, values_of

from rehearsal.plan import Plan, find_leaks
from rocketchat.settings import ENVIRONMENT_PREFIX
from rocketchat.surroundings import DIRECT, RESERVED
from stacks import egress, features, files
from stacks.guide import next_steps
from stacks.language import ChatSpec, parse
from stacks.problems import InvalidStack, Problem
from stacks.secrets import problems

SECURE = {"rocketchat:oidcClientSecret"}
SECRET = "rocketchat:containerVariables"
FAMILY = {"rocketchat:smtpPassword"}
PROXY = {"url": "http://proxy.example.com:3128", "direct": [".corp.example.com"]}
CALLS = {"conferences": {"provider": "jitsi"}}
ROLE = {"arn": "arn:aws:iam::123456789012:role/deployer", "externalId": "lovia", "sessionName": "chat"}


def values_with(**parts: Any) -> dict[str, Any]:
    values = values_of("lovia-fargate")
    for part, keys in parts.items():
        values[f"rocketchat:{part}"] = {**values.get(f"rocketchat:{part}", {}), **keys}
    return values


def spec_with(*secrets: str, **parts: Any) -> ChatSpec:
    return parse(values_with(**parts), SECURE | set(secrets), source="a test")


def variables(spec: ChatSpec) -> dict[str, str]:
    made: dict[str, str] = {}
    for environment in features.imagined(spec.parts, spec.release, spec.secrets).values():
        made |= environment.plain
        made |= dict.fromkeys(environment.secret, "(secret)")
    return {name.removeprefix(ENVIRONMENT_PREFIX): value for name, value in made.items()}


def problems_of(*secrets: str, **parts: Any) -> tuple[Problem, ...]:
    try:
        spec_with(*secrets, **parts)
    except InvalidStack as error:
        return error.problems
    return ()


def refused(*secrets: str, **parts: Any) -> list[str]:
    found = [problem.path for problem in problems_of(*secrets, **parts)]
    assert found
    return found


# ------------------------------------------------------------------------------------------ the container


@pytest.fixture(scope="module")
def surrounded() -> Plan:
    return planned(
        values_with(
            container={
                "variables": {"TZ": "Europe/Berlin"},
                "secretVariables": ["GIPHY_KEY"],
                "proxy": PROXY,
            },
            runtime={"memory": 8192},
            aws={"profile": "corp", "assumeRole": ROLE, "allowedAccounts": ["123456789012"]},
            chat={"tags": {"CostCenter": "4711"}},
        ),
        SECURE | {SECRET},
    )


def test_further_variables_reach_the_server_and_secret_ones_stay_secret(surrounded: Plan) -> None:
    [task] = surrounded.of_type("aws:ecs/taskDefinition:TaskDefinition")
    [definition] = json.loads(task.inputs["containerDefinitions"])
    plain = {one["name"]: one["value"] for one in definition["environment"]}
    assert plain["TZ"] == "Europe/Berlin"
    assert plain["HTTPS_PROXY"] == PROXY["url"]
    assert set(plain["NO_PROXY"].split(",")) == {*DIRECT, ".corp.example.com"}
    assert "GIPHY_KEY" in {one["name"] for one in definition["secrets"]}
    assert plain["NODE_OPTIONS"] == "--max-old-space-size=6144"
    assert find_leaks(surrounded) == []


def test_the_account_and_the_role_are_the_providers(surrounded: Plan) -> None:
    [provider] = surrounded.of_type("pulumi:providers:aws")
    assert provider.inputs["profile"] == "corp"
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["123456789012"]
    [role] = json.loads(provider.inputs["assumeRoles"])
    assert role == {"roleArn": ROLE["arn"], "externalId": "lovia", "sessionName": "chat"}
    assert json.loads(provider.inputs["defaultTags"])["tags"]["CostCenter"] == "4711"


def test_the_proxys_port_is_let_out_and_the_heap_can_be_said() -> None:
    spec = spec_with(container={"proxy": PROXY, "heapMb": 1024})
    assert 3128 in {port for way in egress.ways_out(spec.parts, spec.defaults) for port in way.ports}
    assert variables(spec)["NODE_OPTIONS"] == "--max-old-space-size=1024"
    assert "NODE_OPTIONS" not in variables(spec_with())


@pytest.mark.parametrize(
    ("container", "path"),
    [
        (
            {"variables": {"OVERWRITE_SETTING_Site_Name": "x"}},
            "container.variables.OVERWRITE_SETTING_Site_Name",
        ),
        ({"variables": {"A B": "x"}}, "container.variables.A B"),
        ({"secretVariables": ["A-B"]}, "container.secretVariables[0]"),
        ({"proxy": {"url": "http://me:secret@proxy.example.com:3128"}}, "container.proxy.url"),
        ({"proxy": {"url": "proxy.example.com"}}, "container.proxy.url"),
        ({"proxy": {"url": "http://proxy.example.com:65536"}}, "container.proxy.url"),
        ({"proxy": {**PROXY, "direct": ["10.0.0.0/8"]}}, "container.proxy.direct[0]"),
        ({"heapMb": 1}, "container.heapMb"),
        ({"heapMb": 65536}, "container.heapMb"),
        (
            {"variables": {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}},
            "container.variables.NODE_TLS_REJECT_UNAUTHORIZED",
        ),
        ({"secretVariables": ["TEST_MODE"]}, "container.secretVariables[0]"),
        ({"variables": {"NODE_OPTIONS": "--inspect=0.0.0.0"}}, "container.variables.NODE_OPTIONS"),
        ({"variables": {"HTTP_PROXY": "http://x"}, "proxy": PROXY}, "container"),
        ({"variables": {"EVENT_LOOP_LAG_MS": "9"}}, "container.variables.EVENT_LOOP_LAG_MS"),
        *(({"variables": {name: "x"}}, f"container.variables.{name}") for name in sorted(RESERVED)),
    ],
)
def test_what_the_program_says_itself_cannot_be_said_twice(container: dict[str, Any], path: str) -> None:
    assert any(found.startswith(f"rocketchat:{path}") for found in refused(container=container))


def test_what_is_secret_by_its_name_is_warned_of_in_clear() -> None:
    spec = spec_with(container={"variables": {"GIPHY_API_KEY": "x", "TZ": "UTC"}})
    warned = [warning for check in spec.checks for warning in check.warnings if "in clear" in warning]
    assert [("GIPHY_API_KEY" in one, "TZ" in one) for one in warned] == [(True, False)]


def test_a_heap_larger_than_the_memory_is_refused() -> None:
    assert refused(container={"heapMb": 16384}, runtime={"memory": 8192}) == ["rocketchat:container.heapMb"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--trace-warnings --max-old-space-size=16384", True),
        ("--max_old_space_size=16384", True),
        ("--max-old-space-size=16384 --max-old-space-size=6144", False),
    ],
)
def test_a_heap_in_nodes_options_larger_than_the_memory_is_refused(options: str, told: bool) -> None:
    container = {"variables": {"NODE_OPTIONS": options}}
    found = [problem.path for problem in problems_of(container=container, runtime={"memory": 8192})]
    assert found == (["rocketchat:container.variables.NODE_OPTIONS"] if told else [])


def test_a_heap_larger_than_the_host_is_refused() -> None:
    host = files.read("soluvas-lightsail")
    with pytest.raises(InvalidStack, match="heap would have 16384 MiB"):
        parse({**host.values, "rocketchat:container": {"heapMb": 16384}}, host.secure, source="a stack")


@pytest.mark.parametrize(("zone", "told"), [("Mars/Phobos", True), ("UTC+2", True), ("Europe/Berlin", False)])
def test_a_time_zone_that_nobody_knows_is_warned_of(zone: str, told: bool) -> None:
    if not zoneinfo.available_timezones():
        pytest.skip("this machine has no list of time zones")
    spec = spec_with(container={"variables": {"TZ": zone}})
    assert told is any(zone in warning for check in spec.checks for warning in check.warnings)


def test_the_heap_follows_the_size_of_a_host() -> None:
    values = values_of("family-host")
    values["rocketchat:runtime"]["size"] = "s-8vcpu-16gb"
    document = one(planned(values, FAMILY), "aws:s3/bucketObjectv2:BucketObjectv2", "chat-document")
    server = json.loads(document.inputs["content"])["compose"]["services"]["rocketchat"]
    limit = int(server["mem_limit"].removesuffix("m"))
    assert server["environment"]["NODE_OPTIONS"] == f"--max-old-space-size={limit * 3 // 4}"


def test_the_heap_is_left_to_who_names_nodes_options() -> None:
    spec = spec_with(
        container={"variables": {"NODE_OPTIONS": "--max-semi-space-size=64"}}, runtime={"memory": 8192}
    )
    assert variables(spec)["NODE_OPTIONS"] == "--max-semi-space-size=64"


def test_secret_variables_need_their_values() -> None:
    listed = {"secretVariables": ["GIPHY_KEY"]}
    assert refused(container=listed) == [SECRET]
    parts = spec_with(SECRET, container=listed).parts
    [lacking] = problems({SECRET: '{"OTHER": "x"}'}, parts)
    assert "GIPHY_KEY" in lacking.message


# --------------------------------------------------------------------------------------------- the account


@pytest.mark.parametrize(
    ("aws", "path"),
    [
        ({"allowedAccounts": [123456789012]}, "aws.allowedAccounts[0]"),
        ({"allowedAccounts": ["1234"]}, "aws.allowedAccounts[0]"),
        ({"assumeRole": {"arn": "deployer"}}, "aws.assumeRole.arn"),
        ({"assumeRole": ROLE, "allowedAccounts": ["999999999999"]}, "aws.assumeRole.arn"),
        ({"accessKey": "AKIA"}, "aws.accessKey"),
    ],
)
def test_an_account_that_cannot_be_is_refused(aws: dict[str, Any], path: str) -> None:
    assert refused(aws=aws) == [f"rocketchat:{path}"]


@pytest.mark.parametrize(
    ("stack", "token"),
    [
        ("lovia-fargate", "mongodbatlas:index/advancedCluster:AdvancedCluster"),
        ("lovia-doks", "digitalocean:index/kubernetesCluster:KubernetesCluster"),
        ("family-host", "digitalocean:index/droplet:Droplet"),
        ("family-host", "digitalocean:index/volume:Volume"),
    ],
)
def test_what_takes_tags_beside_aws_has_the_stacks_own(stack: str, token: str) -> None:
    values = values_of(stack)
    values["rocketchat:chat"]["tags"] = {"CostCenter": "47.11"}
    tags = one(planned(values, files.read(stack).secure), token).inputs["tags"]
    assert ("CostCenter:47-11" in tags) or (tags["CostCenter"] == "47.11")


@pytest.mark.parametrize(
    ("stack", "right"), [("services-helm", False), ("lovia-doks", True), ("local", False)]
)
def test_tags_that_nothing_takes_are_refused(stack: str, right: bool) -> None:
    values = values_of(stack)
    values["rocketchat:chat"]["tags"] = {"CostCenter": "4711"}
    try:
        parse(values, files.read(stack).secure, source="a test")
        found = []
    except InvalidStack as error:
        found = [problem.path for problem in error.problems]
    assert found == ([] if right else ["rocketchat:chat.tags"])


def test_a_tag_cannot_pretend_to_be_one_of_aws_or_of_the_program() -> None:
    for key, value in (("aws:x", "y"), ("AWS:x", "y"), ("Team", "Aws:me"), ("Owner", "me")):
        assert refused(chat={"tags": {key: value}}) == [f"rocketchat:chat.tags.{key}"]
    assert spec_with(chat={"tags": {"Team": "me"}}).tags["Owner"] == "chat.lovia.life"


# ------------------------------------------------------------------------------------------- the workspace


@pytest.mark.parametrize(
    ("parts", "seen"),
    [
        ({"chat": {"retention": {"channelsDays": 30}}}, {"RetentionPolicy_Enabled": "true", "RetentionPolicy_AppliesToChannels": "true", "RetentionPolicy_TTL_Channels": "2592000000", "RetentionPolicy_AppliesToDMs": "false"}),
        ({"chat": {"retention": {"directDays": 7, "filesOnly": True, "keepPinned": False}}}, {"RetentionPolicy_MaxAge_DMs": "7", "RetentionPolicy_FilesOnly": "true", "RetentionPolicy_DoNotPrunePinned": "false"}),
        ({"chat": {"retention": {"groupsDays": 2, "keepThreads": False}}}, {"RetentionPolicy_AppliesToGroups": "true", "RetentionPolicy_TTL_Groups": "172800000", "RetentionPolicy_MaxAge_Groups": "2", "RetentionPolicy_AppliesToChannels": "false", "RetentionPolicy_DoNotPruneThreads": "false", "RetentionPolicy_DoNotPruneDiscussion": "true"}),
        ({"chat": {"retention": {"groupsDays": 2, "keepDiscussions": False}}}, {"RetentionPolicy_DoNotPruneThreads": "true", "RetentionPolicy_DoNotPruneDiscussion": "false"}),
        ({"chat": {"legal": {"notice": "<p>N</p>\n<p>O</p>\n"}}}, {"Layout_Legal_Notice": "<p>N</p>\n<p>O</p>\n"}),
        ({"chat": {"legal": {"terms": "<p>T</p>", "privacy": "<p>P</p>"}}}, {"Layout_Terms_of_Service": "<p>T</p>", "Layout_Privacy_Policy": "<p>P</p>"}),
        ({"accounts": {"defaultRoles": ["user", "staff"]}}, {"Accounts_Registration_Users_Default_Roles": "user,staff", "Accounts_Registration_AuthenticationServices_Default_Roles": "user,staff"}),
        ({"accounts": {"allowedDomains": ["lovia.life"], "blockedDomains": ["gmail.com"], "sessionDays": 7}}, {"Accounts_AllowedDomainsList": "lovia.life", "Accounts_BlockedDomainsList": "gmail.com", "Accounts_LoginExpiration": "7"}),
        ({"accounts": {"approval": True, "verifyEmail": True}}, {"Accounts_ManuallyApproveNewUsers": "true", "Accounts_EmailVerification": "true"}),
        ({"accounts": {"passwords": {"minLength": 20, "number": False, "forbidRepeating": 0, "history": 5}}}, {"Accounts_Password_Policy_MinLength": "20", "Accounts_Password_Policy_AtLeastOneNumber": "false", "Accounts_Password_Policy_ForbidRepeatingCharacters": "false", "Accounts_Password_History_Amount": "5"}),
        ({"accounts": {"passwords": {"maxLength": 64, "lowercase": False}}}, {"Accounts_Password_Policy_Enabled": "true", "Accounts_Password_Policy_MaxLength": "64", "Accounts_Password_Policy_AtLeastOneLowercase": "false"}),
        ({"accounts": {"passwords": {"uppercase": False, "specialCharacter": True}}}, {"Accounts_Password_Policy_AtLeastOneUppercase": "false", "Accounts_Password_Policy_AtLeastOneSpecialCharacter": "true"}),
        ({"media": {"refusedTypes": ["video/mp4", "image/svg+xml"]}}, {"FileUpload_MediaTypeBlackList": "image/svg+xml,video/mp4"}),
        ({"media": {"throughServer": True}}, {"FileUpload_S3_Proxy_Uploads": "true", "FileUpload_S3_Proxy_Avatars": "true", "FileUpload_S3_Proxy_UserDataFiles": "true"}),
    ],
)  # fmt: skip
def test_the_rules_of_a_workspace_are_its_settings(parts: dict[str, Any], seen: dict[str, str]) -> None:
    found = variables(spec_with(**parts))
    assert {key: found[key] for key in seen} == seen


def test_federation_needs_a_licence() -> None:
    chat = {"federation": {"domain": "chat.lovia.life", "allow": ["matrix.org"]}}
    assert refused(chat=chat) == ["rocketchat:chat.federation"]
    found = variables(spec_with("rocketchat:license", chat=chat))
    assert found["Federation_Service_Domain"] == "chat.lovia.life"
    assert found["Federation_Service_Allow_List"] == "matrix.org"


def test_an_offline_workspace_asks_its_vendor_nothing() -> None:
    quiet = {"chat": {"offline": True}, "push": {"kind": "none"}}
    assert refused(**quiet) == ["rocketchat:chat.offline"]
    found = variables(spec_with("rocketchat:license", **quiet))
    assert (found["Statistics_reporting"], found["Update_EnableChecker"]) == ("false", "false")
    assert "Statistics_reporting" not in variables(spec_with())
    asked = ("rocketchat:license", "rocketchat:registrationToken")
    assert refused(*asked, chat={"offline": True}, push={"kind": "gateway"}) == [
        "rocketchat:push.kind",
        "rocketchat:registrationToken",
    ]
    old = {"offline": True, "release": "6.6.0"}
    assert "rocketchat:chat.offline" not in {
        problem.path for problem in problems_of(chat=old, push={"kind": "none"})
    }


def test_statistics_that_are_switched_off_without_a_licence_are_warned_of() -> None:
    for given in (False, {"value": False, "lock": True}):
        for secrets, told in ((), True), (("rocketchat:license",), False):
            spec = spec_with(*secrets, settings={"Statistics_reporting": given})
            warned = [one for check in spec.checks for one in check.warnings]
            assert any("ten days" in one for one in warned) is told


def test_the_vendor_is_told_the_address_that_an_offline_licence_is_for() -> None:
    spec = spec_with("rocketchat:license", chat={"offline": True, **CALLS}, push={"kind": "none"})
    steps = "\n".join(next_steps(spec, "corp", {}))
    assert hashlib.sha256(b"chat.lovia.life").hexdigest() in steps
    assert "video conferences by jitsi" in steps


def test_video_conferences_are_those_of_the_named_provider() -> None:
    assert variables(spec_with(chat=CALLS))["VideoConf_Default_Provider"] == "jitsi"
    where = {
        "conferences": {
            "provider": "jitsi",
            "channels": False,
            "groups": True,
            "teams": False,
            "direct": True,
            "ringing": True,
        }
    }
    assert refused(chat=where) == ["rocketchat:chat.conferences"]
    found = variables(spec_with("rocketchat:license", chat=where))
    ends = {
        "Enable_Channels": "false",
        "Enable_Groups": "true",
        "Enable_Teams": "false",
        "Enable_DMs": "true",
        "Mobile_Ringing": "true",
    }
    assert {key: found[f"VideoConf_{key}"] for key in ends} == ends
    assert refused(chat={"conferences": {"provider": "Jitsi"}}) == ["rocketchat:chat.conferences.provider"]


def test_nothing_of_it_is_set_where_nothing_is_said() -> None:
    begin = (
        "VideoConf",
        "RetentionPolicy",
        "Layout_",
        "Federation",
        "Accounts_Password_",
        "Accounts_LoginExpiration",
    )
    assert not [name for name in variables(spec_with()) if name.startswith(begin)]


def test_a_setting_that_a_key_says_is_told_by_its_key() -> None:
    values = values_with(accounts={"sessionDays": 7}, settings={"Accounts_LoginExpiration": 8})
    with pytest.raises(InvalidStack) as caught:
        parse(values, SECURE, source="a test")
    [problem] = caught.value.problems
    assert "accounts.sessionDays" in (problem.remedy or "")
