"""Media: the bucket, who may use it, and the CDN before a part of it."""

from typing import Any

import pulumi
import pytest
from recording import REGION, Answer, Recording, record

from components.media.access import BUCKET_ACTIONS, OBJECT_ACTIONS
from components.media.store import MediaStore, MediaStoreArgs, StoreCdnArgs
from components.values import DnsZone

BUCKET = "media-chat.lovia.life"
ARN = f"arn:aws:s3:::{BUCKET}"
ORIGIN = "https://chat.lovia.life"
SECRET = "canarySecretAccessKey"
KEY_ARN = "arn:aws:kms:ap-southeast-1:123456789012:key/1"
ZONE: DnsZone = {"kind": "cloudflare", "name": "lovia.life", "id": "zone-1"}
CDN: StoreCdnArgs = {"host": "media-chat.lovia.life", "zone": ZONE}
DISTRIBUTION = "arn:aws:cloudfront::123456789012:distribution/E1"

OUTPUTS: dict[str, Answer] = {
    "Bucket": lambda args: {
        "arn": f"arn:aws:s3:::{args.inputs.get('bucket', args.name)}",
        "bucket": args.inputs.get("bucket", f"{args.name}-0123abc"),
        "region": REGION,
        "bucketRegionalDomainName": f"{args.inputs.get('bucket')}.s3.{REGION}.amazonaws.com",
    },
    "AccessKey": lambda args: {"secret": SECRET},
    "Distribution": lambda args: {"arn": DISTRIBUTION, "domainName": "d1.cloudfront.net"},
    "Certificate": lambda args: {
        "domainValidationOptions": [
            {
                "domainName": args.inputs["domainName"],
                "resourceRecordName": f"_1.{args.inputs['domainName']}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_2.acm-validations.aws.",
            }
        ]
    },
}


def store_args(**changes: Any) -> MediaStoreArgs:
    args: dict[str, Any] = {"bucket_name": BUCKET, "cors_origin": ORIGIN, **changes}
    return {key: value for key, value in args.items() if value is not None}  # type: ignore[return-value]


def store(grant: bool = False, **changes: Any) -> Recording:
    def program() -> Any:
        made = MediaStore("media", store_args(**changes))
        if grant:
            made.grant_read_write("chat-media", "chat-task-role")
        access = made.access
        secret = access.secret_access_key
        return {
            "bucket": access.bucket,
            "region": access.region,
            "endpoint": access.endpoint,
            "id": access.access_key_id,
            "secret": secret,
            "is_secret": None if secret is None else pulumi.Output.from_input(secret.is_secret()),
            "shown": repr(access),
        }

    return record(program, outputs=OUTPUTS)


def statements(made: Recording, type_: str, name: str | None = None) -> dict[str, dict[str, Any]]:
    return {found["Sid"]: found for found in made.one(type_, name).json("policy")["Statement"]}


def side(made: Recording, type_: str, bucket: str = "media-bucket") -> dict[str, Any]:
    (found,) = (one.inputs for one in made.all(type_) if one.inputs["bucket"] == f"{bucket}-id")
    return found


@pytest.mark.parametrize("bucket", ["media-bucket", "media-logs"])
def test_a_bucket_is_closed_owned_encrypted_versioned_and_tidied(bucket: str) -> None:
    made = store(access_logs=True)
    closed = side(made, "BucketPublicAccessBlock", bucket)
    assert [closed[key] for key in sorted(closed) if key != "bucket"] == [True] * 4
    assert side(made, "BucketOwnershipControls", bucket)["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (rule,) = side(made, "BucketServerSideEncryptionConfiguration", bucket)["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    versioning = side(made, "BucketVersioning", bucket)
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    (tidy,) = side(made, "BucketLifecycleConfiguration", bucket)["rules"]
    assert tidy["status"] == "Enabled"
    assert tidy["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert tidy["noncurrentVersionExpiration"]["noncurrentDays"] >= 1


def test_uploads_never_expire_and_deleted_ones_can_be_had_back_for_the_given_days() -> None:
    (tidy,) = side(store(noncurrent_days=45), "BucketLifecycleConfiguration")["rules"]
    assert tidy["noncurrentVersionExpiration"] == {"noncurrentDays": 45}
    assert tidy["expiration"] == {"expiredObjectDeleteMarker": True}


def test_objects_are_encrypted_with_the_given_key() -> None:
    made = store(kms_key_arn=KEY_ARN, grant=True)
    (rule,) = side(made, "BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": KEY_ARN,
    }
    assert rule["bucketKeyEnabled"] is True
    granted = statements(made, "RolePolicy")
    assert granted["Key"]["Resource"] == [KEY_ARN]
    assert granted["Key"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_the_bucket_has_the_users_name_and_the_policy_waits_for_the_closing() -> None:
    made = store()
    assert made.one("Bucket").inputs["bucket"] == BUCKET
    assert any("BucketPublicAccessBlock" in urn for urn in made.one("BucketPolicy").depends_on)
    assert any("BucketVersioning" in urn for urn in made.one("BucketLifecycleConfiguration").depends_on)


@pytest.mark.parametrize(("given", "expected"), [(None, False), (True, True), (False, False)])
def test_the_bucket_is_kept_or_emptied_only_as_told(given: bool | None, expected: bool) -> None:
    assert store(protect=given).one("Bucket").protect is expected
    assert store(retain=given).one("Bucket").retain_on_delete is expected
    assert store(force_destroy=given).one("Bucket").inputs["forceDestroy"] is expected


def test_requests_without_tls_12_are_denied_whoever_asks() -> None:
    made = store()
    policy = statements(made, "BucketPolicy")
    assert set(policy) == {"TlsOnly", "Tls12OrNewer"}
    for statement in policy.values():
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", ["s3:*"])
        assert statement["Resource"] == [ARN, f"{ARN}/*"]
    assert policy["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert policy["Tls12OrNewer"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}


def test_only_the_chat_may_read_across_origins_and_nobody_may_write() -> None:
    (rule,) = side(store(), "BucketCorsConfiguration")["corsRules"]
    assert rule["allowedOrigins"] == [ORIGIN]
    assert rule["allowedMethods"] == ["GET", "HEAD"]


def test_a_role_gets_two_statements_on_this_bucket_and_no_more() -> None:
    made = store(grant=True)
    assert made.one("RolePolicy").inputs["role"] == "chat-task-role"
    granted = statements(made, "RolePolicy")
    assert granted == {
        "Objects": {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": list(OBJECT_ACTIONS),
            "Resource": [f"{ARN}/*"],
        },
        "Bucket": {
            "Sid": "Bucket",
            "Effect": "Allow",
            "Action": list(BUCKET_ACTIONS),
            "Resource": [ARN],
        },
    }
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"} <= set(
        OBJECT_ACTIONS
    )


@pytest.mark.parametrize(("given", "expected"), [(None, False), (True, True), (False, False)])
def test_a_user_with_a_key_is_made_only_for_runtimes_without_a_role(
    given: bool | None, expected: bool
) -> None:
    made = store(user=given)
    assert bool(made.all("User")) is bool(made.all("AccessKey")) is expected
    assert (made.value["secret"] == SECRET) is expected
    if expected:
        assert made.value["is_secret"] is True
        assert made.value["id"] == "media-user-key-1-id"
        assert SECRET not in made.value["shown"]
        assert set(statements(made, "UserPolicy")) == {"Objects", "Bucket"}
        assert not made.all("UserLoginProfile")


def test_the_user_may_do_just_what_the_role_may() -> None:
    made = store(user=True, grant=True)
    assert made.one("UserPolicy").json("policy") == made.one("RolePolicy").json("policy")


def test_a_new_key_version_makes_a_key_beside_the_old_one() -> None:
    assert store(user=True, key_version=2).one("AccessKey").name == "media-user-key-2"


def test_access_names_bucket_and_region() -> None:
    value = store().value
    assert (value["bucket"], value["region"], value["endpoint"], value["id"]) == (BUCKET, REGION, None, None)


@pytest.mark.parametrize(("given", "expected"), [(None, 0), (True, 1), (False, 0)])
def test_requests_are_logged_only_when_asked_for(given: bool | None, expected: int) -> None:
    assert len(store(access_logs=given).all("BucketLogging")) == expected


def test_the_log_bucket_takes_logs_of_this_bucket_only_and_forgets_them() -> None:
    made = store(access_logs=True, kms_key_arn=KEY_ARN)
    policy = statements(made, "BucketPolicy", "media-logs-policy")
    logs = policy["AccessLogs"]
    assert logs["Principal"] == {"Service": ["logging.s3.amazonaws.com"]}
    assert logs["Action"] == ["s3:PutObject"]
    assert logs["Resource"] == ["arn:aws:s3:::media-logs/*"]
    assert logs["Condition"] == {"ArnEquals": {"aws:SourceArn": ARN}}
    assert {"TlsOnly", "Tls12OrNewer"} < set(policy)
    logging = made.one("BucketLogging").inputs
    assert (logging["bucket"], logging["targetBucket"]) == ("media-bucket-id", "media-logs-id")
    (tidy,) = side(made, "BucketLifecycleConfiguration", "media-logs")["rules"]
    assert tidy["expiration"] == {"days": 90}
    (rule,) = side(made, "BucketServerSideEncryptionConfiguration", "media-logs")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


# The CDN


def test_without_a_cdn_nothing_of_cloudfront_is_made() -> None:
    made = store()
    assert not [found for found in made.made if "cloudfront" in found.type or "acm" in found.type]


def test_the_cdn_alone_reads_the_public_part_of_the_bucket() -> None:
    policy = statements(store(cdn=CDN), "BucketPolicy")
    assert policy["CdnReads"] == {
        "Sid": "CdnReads",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudfront.amazonaws.com"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"{ARN}/public/*"],
        "Condition": {"StringEquals": {"AWS:SourceArn": DISTRIBUTION}},
    }
    assert {"TlsOnly", "Tls12OrNewer"} < set(policy)


@pytest.mark.parametrize(("prefix", "resource"), [("", f"{ARN}/*"), ("brand/", f"{ARN}/brand/*")])
def test_the_cdns_part_of_the_bucket_is_as_told(prefix: str, resource: str) -> None:
    policy = statements(store(cdn={**CDN, "prefix": prefix}), "BucketPolicy")
    assert policy["CdnReads"]["Resource"] == [resource]


def test_the_cdn_signs_its_requests_to_the_bucket() -> None:
    made = store(cdn=CDN)
    access = made.one("OriginAccessControl").inputs
    assert (access["originAccessControlOriginType"], access["signingBehavior"]) == ("s3", "always")
    assert access["signingProtocol"] == "sigv4"
    (origin,) = made.one("Distribution").inputs["origins"]
    assert origin["originAccessControlId"] == "media-cdn-oac-id"
    assert origin["domainName"] == f"{BUCKET}.s3.{REGION}.amazonaws.com"
    assert "s3OriginConfig" not in origin


def test_the_cdn_speaks_tls_12_at_least_and_answers_reads_only() -> None:
    made = store(cdn=CDN)
    distribution = made.one("Distribution").inputs
    assert distribution["aliases"] == ["media-chat.lovia.life"]
    behavior = distribution["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["allowedMethods"] == behavior["cachedMethods"] == ["GET", "HEAD"]
    assert behavior["cachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert behavior["responseHeadersPolicyId"] == "media-cdn-headers-id"
    certificate = distribution["viewerCertificate"]
    assert certificate["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert certificate["sslSupportMethod"] == "sni-only"
    assert certificate["acmCertificateArn"]
    assert "cloudfrontDefaultCertificate" not in certificate


def test_the_cdns_certificate_is_in_us_east_1() -> None:
    (certificate,) = (made for made in store(cdn=CDN).made if made.type == "aws:acm/certificate:Certificate")
    assert certificate.inputs["region"] == "us-east-1"
    assert certificate.inputs["domainName"] == "media-chat.lovia.life"


def test_stored_files_cannot_act_as_pages() -> None:
    headers = store(cdn=CDN).one("ResponseHeadersPolicy").inputs
    security = headers["securityHeadersConfig"]
    assert all(config["override"] is True for config in security.values())
    assert {"contentTypeOptions", "strictTransportSecurity", "contentSecurityPolicy"} <= set(security)
    policy = security["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    assert headers["corsConfig"]["accessControlAllowOrigins"] == {"items": [ORIGIN]}


def test_the_cdns_name_is_not_proxied() -> None:
    record_ = store(cdn=CDN).one("DnsRecord", "media-cdn-cname").inputs
    assert (record_["type"], record_["name"], record_["content"]) == (
        "CNAME",
        "media-chat.lovia.life",
        "d1.cloudfront.net",
    )
    assert record_["proxied"] is False
    assert record_["zoneId"] == "zone-1"


def test_an_unknown_price_class_is_refused_and_asia_is_the_default() -> None:
    assert store(cdn=CDN).one("Distribution").inputs["priceClass"] == "PriceClass_200"
    cheap: StoreCdnArgs = {**CDN, "price_class": "PriceClass_100"}
    assert store(cdn=cheap).one("Distribution").inputs["priceClass"] == "PriceClass_100"
    with pytest.raises(ValueError, match="price class is 'PriceClass_300'"):
        store(cdn={**CDN, "price_class": "PriceClass_300"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bucket_name": "Media"}, "bucket name 'Media'"),
        ({"bucket_name": "a_b_c"}, "bucket name 'a_b_c'"),
        ({"bucket_name": "ab"}, "bucket name 'ab'"),
        ({"bucket_name": "x" * 64}, "bucket name"),
        ({"bucket_name": "media..chat"}, "bucket name 'media..chat'"),
        ({"bucket_name": "media-"}, "bucket name 'media-'"),
        ({"bucket_name": "media-.chat"}, "bucket name 'media-.chat'"),
        ({"bucket_name": "xn--media"}, "S3 keeps for itself"),
        ({"bucket_name": "media--ol-s3"}, "S3 keeps for itself"),
        ({"bucket_name": "192.168.1.1"}, "not be an IP address"),
        ({"cors_origin": "*"}, r"CORS origin '\*'"),
        ({"cors_origin": "https://*.lovia.life"}, "CORS origin"),
        ({"cors_origin": "https://chat.lovia.life/"}, "CORS origin"),
        ({"cors_origin": "http://chat.lovia.life"}, "CORS origin"),
        ({"cors_origin": "https://"}, "CORS origin"),
        ({"noncurrent_days": 0}, "noncurrent_days is 0"),
        ({"protect": True, "force_destroy": True}, "force_destroy contradicts"),
    ],
)
def test_a_wrong_store_is_refused_by_name_before_anything_is_made(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MediaStore("media", store_args(**changes))
