"""Uploads on DigitalOcean Spaces: a closed bucket, a key for it alone, and how the chat is told of them."""

import json
from typing import Any

import pytest
from planning import Values, kinds, one, planned, values_of
from recording import record

from components.media.spaces import REGIONS, SpacesStore, SpacesStoreArgs
from rehearsal.plan import Plan, find_leaks
from stacks.kinds.media.spaces import SpacesMedia
from stacks.language import parse
from stacks.problems import InvalidStack

BUCKET = "digitalocean:index/spacesBucket:SpacesBucket"
KEY = "digitalocean:index/spacesKey:SpacesKey"
SECURE = {"rocketchat:oidcClientSecret"}
ARGS: SpacesStoreArgs = {
    "bucket_name": "lovia-media",
    "region": "sgp1",
    "cors_origin": "https://chat.lovia.life",
}


def on_spaces(**changed: Any) -> Values:
    values = values_of("lovia-fargate")
    values["rocketchat:media"] = {"kind": "spaces", "bucket": "lovia-media", "region": "sgp1", **changed}
    return values


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(on_spaces(), SECURE)


def container(plan: Plan) -> dict[str, Any]:
    task = one(plan, "aws:ecs/taskDefinition:TaskDefinition")
    [definition] = json.loads(task.inputs["containerDefinitions"])
    assert isinstance(definition, dict)
    return definition


def test_the_bucket_is_private_versioned_tidied_and_protected(plan: Plan) -> None:
    bucket = one(plan, BUCKET)
    assert bucket.inputs["acl"] == "private"
    assert bucket.inputs["versioning"] == {"enabled": True}
    [rule] = bucket.inputs["lifecycleRules"]
    assert rule["noncurrentVersionExpiration"] == {"days": 90}
    assert rule["abortIncompleteMultipartUploadDays"] == 7
    assert bucket.protect
    assert not bucket.inputs["forceDestroy"]


def test_a_trial_leaves_no_bucket_behind() -> None:
    values = on_spaces()
    values["rocketchat:chat"]["profile"] = "trial"
    bucket = one(planned(values, SECURE), BUCKET)
    assert bucket.inputs["forceDestroy"]
    assert not bucket.protect


def test_only_the_chat_may_read_across_origins(plan: Plan) -> None:
    cors = one(plan, "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration")
    [rule] = cors.inputs["corsRules"]
    assert rule["allowedOrigins"] == ["https://chat.lovia.life"]
    assert rule["allowedMethods"] == ["GET", "HEAD"]


def test_the_key_opens_this_bucket_and_no_other(plan: Plan) -> None:
    assert one(plan, KEY).inputs["grants"] == [{"bucket": "lovia-media", "permission": "readwrite"}]


def test_the_chat_is_told_of_the_service_and_gets_the_key_as_a_secret(plan: Plan) -> None:
    definition = container(plan)
    plain = {variable["name"]: variable["value"] for variable in definition["environment"]}
    setting = "OVERWRITE_SETTING_FileUpload_S3_"
    assert plain[f"{setting}BucketURL"] == "https://sgp1.digitaloceanspaces.com"
    assert plain[f"{setting}Region"] == "sgp1"
    assert plain[f"{setting}Bucket"] == "lovia-media"
    assert plain[f"{setting}ForcePathStyle"] == "false"
    assert plain["AWS_REQUEST_CHECKSUM_CALCULATION"] == "WHEN_REQUIRED"
    secret = {variable["name"] for variable in definition["secrets"]}
    assert {f"{setting}AWSAccessKeyId", f"{setting}AWSSecretAccessKey"} <= secret
    assert not find_leaks(plan)


def test_s3_at_aws_keeps_its_checksums_and_its_role() -> None:
    definition = container(planned(values_of("lovia-fargate"), SECURE))
    plain = {variable["name"]: variable["value"] for variable in definition["environment"]}
    assert "AWS_REQUEST_CHECKSUM_CALCULATION" not in plain
    setting = "OVERWRITE_SETTING_FileUpload_S3_"
    assert (plain[f"{setting}BucketURL"], plain[f"{setting}AWSAccessKeyId"]) == ("", "")
    assert not [variable for variable in definition["secrets"] if "_S3_" in variable["name"]]


def test_no_bucket_of_aws_is_made(plan: Plan) -> None:
    assert "rocketchat:index:MediaStore" not in kinds(plan)
    assert not any(resource.name == "media-access" for resource in plan.resources)


def test_a_new_key_is_there_before_the_old_one_goes() -> None:
    names = [
        record(lambda version=version: SpacesStore("m", {**ARGS, "key_version": version}))  # type: ignore[misc]
        .one("SpacesKey")
        .name
        for version in (1, 2)
    ]
    assert names == ["m-key-1", "m-key-2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"region": "sgp2"}, "region is 'sgp2'; it must be one of"),
        ({"bucket_name": "media.lovia.life"}, "takes no dots"),
        ({"protect": True, "force_destroy": True}, "contradicts"),
    ],
)
def test_a_store_that_cannot_be_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        record(lambda: SpacesStore("m", {**ARGS, **change}))  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"region": "sgp9"}, "rocketchat:media.region"),
        ({"bucket": "media.lovia.life"}, "rocketchat:media.bucket"),
        ({"cdn": {"kind": "external", "host": "a.b"}}, "rocketchat:media.cdn"),
    ],
)
def test_what_spaces_cannot_do_is_refused(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(on_spaces(**changed), SECURE, source="a test")
    assert [problem.path for problem in caught.value.problems] == [path]


def test_the_file_and_the_component_know_the_same_regions() -> None:
    from typing import get_args

    assert get_args(SpacesMedia.model_fields["region"].annotation) == REGIONS
