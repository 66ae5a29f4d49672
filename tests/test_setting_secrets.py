"""Any sensitive setting of the product is given as a secret of its own, and reaches every runtime as one."""

import json

import pytest
from combining import refusals, secure_for, values_for
from jsonschema import Draft202012Validator
from planning import planned

from rehearsal import canaries
from rehearsal.plan import find_leaks
from rocketchat import releases, settings
from stacks.language import parse
from stacks.problems import InvalidStack
from stacks.schema import schema
from stacks.secrets import problems as values_problems

LDAP = "LDAP_Authentication_Password"
GITHUB = "Accounts_OAuth_Github_secret"
BASE = {"database": "uri", "media": "gridfs", "dns": "cloudflare"}


def problems(values: dict[str, object], secure: set[str]) -> list[tuple[str, str]]:
    try:
        parse(values, secure, source="a test")
    except InvalidStack as error:
        return [
            (problem.path, f"{problem.message} {problem.nearest} {problem.remedy}")
            for problem in error.problems
        ]
    return []


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["fargate", "kubernetes", "doks", "lightsail", "droplet"])
def test_a_sensitive_setting_reaches_the_server_as_a_secret(runtime: str) -> None:
    values = values_for({"runtime": runtime, **BASE})
    secure = {*secure_for(values), f"rocketchat:{LDAP}", f"rocketchat:{GITHUB}"}
    plan = planned(values, secure)
    assert find_leaks(plan) == []
    carriers = json.dumps([[resource.inputs, resource.secret_paths] for resource in plan.resources])
    for name in (LDAP, GITHUB):
        assert f"OVERWRITE_SETTING_{name}" in carriers, "the variable is nowhere"
        secret = canaries.values([f"rocketchat:{name}"])[f"rocketchat:{name}"]
        assert secret in plan.secrets.values()


def test_what_a_part_sets_is_not_given_twice() -> None:
    own = settings.own_secrets()
    assert {LDAP, GITHUB, "Accounts_OAuth_Google_secret", "AutoTranslate_DeepLAPIKey"} <= own
    assert not own & {"SMTP_Password", "Enterprise_License", "FileUpload_S3_AWSSecretAccessKey"}
    for name, setting in settings.catalogue().items():
        if name in own:
            assert setting.sensitive


def test_a_sensitive_setting_in_clear_is_refused_with_the_command_that_works() -> None:
    values = values_for({"runtime": "fargate", **BASE})
    secure = secure_for(values)
    (told,) = problems({**values, "rocketchat:settings": {LDAP: "hunter2"}}, secure)
    assert told[0] == f"rocketchat:settings.{LDAP}"
    assert f"pulumi config set --secret rocketchat:{LDAP}" in told[1]
    assert "hunter2" not in told[1]
    (told,) = problems({**values, f"rocketchat:{LDAP}": "hunter2"}, secure)
    assert told[0] == f"rocketchat:{LDAP}"
    assert "hunter2" not in told[1]
    # The secret beside it takes none of it back.
    (told,) = problems({**values, "rocketchat:settings": {LDAP: "hunter2"}}, secure | {f"rocketchat:{LDAP}"})
    assert told[0] == f"rocketchat:settings.{LDAP}"
    assert "hunter2" not in told[1]


def test_a_misspelt_one_gets_the_nearest_and_one_of_another_release_is_refused() -> None:
    values = values_for({"runtime": "fargate", **BASE})
    secure = secure_for(values)
    (told,) = problems(values, {*secure, "rocketchat:LDAP_Authentication_Pasword"})
    assert f"rocketchat:{LDAP}" in told[1]
    release = releases.find("8.9.0")
    gone = min(
        name
        for name in settings.own_secrets()
        if any(
            one.kind == "release" for one in settings.check_one(name, settings.SECRET, release, licensed=True)
        )
    )
    told_of = [path for path, _ in problems(values, {*secure, f"rocketchat:{gone}"})]
    assert told_of == [f"rocketchat:{gone}"]


def test_editors_complete_them_as_secrets() -> None:
    values = values_for({"runtime": "fargate", **BASE})
    validator = Draft202012Validator(schema())
    good = {"config": {**values, f"rocketchat:{LDAP}": {"secure": "AAA"}}}
    assert list(validator.iter_errors(good)) == []
    bad = {"config": {**values, f"rocketchat:{LDAP}": "hunter2"}}
    assert list(validator.iter_errors(bad))
    assert refusals(values, secure_for(values)) == ()


@pytest.mark.parametrize("weak", ["abc", "rocketchat", "Password"])
def test_a_secret_that_cannot_be_masked_is_refused_without_being_shown(weak: str) -> None:
    (problem,) = values_problems({"rocketchat:smtpPassword": weak})
    assert "too short or an ordinary word" in problem.message
    assert weak not in str(problem).replace("smtpPassword", "").replace("rocketchat:", "")
    # A conference's PIN is short by its nature.
    assert values_problems({"rocketchat:Pexip_Integration_Host_Pin": "1234"}) == []
