"""A deployment that breaks no rule, with one resource or more of every type that the rules are about.

The cases change one thing in it. Names are short: `media` is a bucket, `media-versions` its versioning.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from policy import tokens as t
from policy.config import Config
from policy.model import UNKNOWN, Subject
from policy.rows import aws, index
from proving.policy_mutations import machines
from proving.policy_mutations.change import DELETE, put

HOST: Final = "chat.example.org"
ACCOUNT: Final = "123456789012"


def urn(name: str) -> str:
    return f"urn:pulumi:world::rocketchat::rocketchat:index:World$x::{name}"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:ap-southeast-1:{ACCOUNT}:{rest}"


def doc(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str], resources: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(service: str) -> str:
    return doc(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    )


TAGS: Final = {"Project": "rocketchat", "Environment": "production", "Owner": "ops", "ManagedBy": "pulumi"}
CHAT_ENVIRONMENT: Final = {
    "ROOT_URL": f"https://{HOST}",
    "PORT": "3000",
    "HTTP_FORWARDED_COUNT": "1",
    "ADMIN_USERNAME": "captain",
    "ADMIN_EMAIL": "captain@example.org",
    "OVERWRITE_SETTING_Show_Setup_Wizard": "completed",
    "OVERWRITE_SETTING_Accounts_RegistrationForm": "Disabled",
    "OVERWRITE_SETTING_Block_Multiple_Failed_Logins_Enabled": "true",
    "OVERWRITE_SETTING_SMTP_Host": "email-smtp.ap-southeast-1.amazonaws.com",
    "OVERWRITE_SETTING_SMTP_IgnoreTLS": "false",
    "OVERWRITE_SETTING_FileUpload_Storage_Type": "AmazonS3",
    "OVERWRITE_SETTING_API_Enable_CORS": "false",
}
CHAT_SECRETS: Final = (
    "MONGO_URL",
    "ADMIN_PASS",
    "OVERWRITE_SETTING_SMTP_Password",
    "OVERWRITE_SETTING_FileUpload_json_web_token_secret_for_files",
)
IMAGE: Final = "registry.rocket.chat/rocketchat/rocket.chat:8.9.0"
SECURE_URI: Final = "mongodb+srv://chat:abc@cluster.example.mongodb.net/chat"
COMPOSE: Final = """
services:
  rocketchat:
    image: registry.rocket.chat/rocketchat/rocket.chat:8.9.0
    restart: unless-stopped
    mem_limit: 1g
    environment:
{}
    security_opt: ["no-new-privileges:true"]
    logging: {{options: {{max-size: 10m}}}}
  mongo:
    image: mongo:8.0.4
    command: mongod --replSet rs0 --keyFile /run/secrets/keyfile
    restart: unless-stopped
    mem_limit: 1g
    volumes: ["data:/data/db"]
    security_opt: ["no-new-privileges:true"]
    logging: {{options: {{max-size: 10m}}}}
  proxy:
    image: docker.io/library/caddy:2.10.0
    restart: unless-stopped
    mem_limit: 1g
    ports: ["80:80", "443:443", "127.0.0.1:2019:2019"]
    security_opt: ["no-new-privileges:true"]
    logging: {{options: {{max-size: 10m}}}}
""".format(
    "".join(
        f'      {key}: "{value}"\n'
        for key, value in {**CHAT_ENVIRONMENT, **{name: f"${{{name}}}" for name in CHAT_SECRETS}}.items()
    )
)
USER_DATA: Final = (
    "#!/bin/sh\napt-get install -y unattended-upgrades\n"
    f"cat > /srv/compose.yaml <<'END'\n{COMPOSE}\nEND\n"
    "cat > /etc/systemd/system/dump.timer <<'END'\n[Timer]\nOnCalendar=daily\nEND\n"
    "cat > /srv/dump.sh <<'END'\nmongodump --gzip --archive\nEND\n"
)


DOCUMENT: Final = json.dumps(
    {
        "secret": {"id": "chat-host"},
        "files": {
            "/etc/systemd/system/dump.timer": {"text": "[Timer]\nOnCalendar=daily\n"},
            "/srv/dump": {"text": "mongodump --gzip --archive\n"},
        },
        "compose": {
            "services": {
                "rocketchat": {
                    "image": IMAGE,
                    "restart": "always",
                    "mem_limit": "2g",
                    "environment": CHAT_ENVIRONMENT,
                    "security_opt": ["no-new-privileges:true"],
                    "logging": {"driver": "journald"},
                }
            }
        },
    }
)


def _bucket(name: str, bucket: str, **more: Any) -> list[Subject]:
    arns = f"arn:aws:s3:::{bucket}"
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arns, f"{arns}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    side = {"bucket": bucket}
    rules = [
        {
            "status": "Enabled",
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            "noncurrentVersionExpiration": {"noncurrentDays": 30},
            **({} if name == "media" else {"expiration": {"days": 90}}),
        }
    ]
    return [
        w(name, t.BUCKET, {**side, "tags": TAGS, **more}, outputs={"arn": arns}, protect=True),
        w(
            f"{name}-block",
            t.BUCKET_PUBLIC_ACCESS,
            {
                **side,
                "blockPublicAcls": True,
                "blockPublicPolicy": True,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            },
        ),
        w(f"{name}-owner", t.BUCKET_OWNERSHIP, {**side, "rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        w(f"{name}-policy", t.BUCKET_POLICY, {**side, "policy": doc(deny)}),
        w(
            f"{name}-key",
            t.BUCKET_ENCRYPTION,
            {
                **side,
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                        "bucketKeyEnabled": True,
                    }
                ],
            },
        ),
        w(
            f"{name}-versions",
            t.BUCKET_VERSIONING,
            {**side, "versioningConfiguration": {"status": "Enabled"}},
        ),
        w(f"{name}-life", t.BUCKET_LIFECYCLE, {**side, "rules": rules}),
        w(f"{name}-log", t.BUCKET_LOGGING, {**side, "targetBucket": "logs.example.org"}),
    ]


def w(
    name: str,
    kind: str,
    properties: dict[str, Any],
    *,
    outputs: dict[str, Any] | None = None,
    deps: Mapping[str, list[str]] | None = None,
    protect: bool = False,
) -> Subject:
    return Subject(
        type=kind,
        name=name,
        urn=urn(name),
        properties=properties,
        outputs=outputs or {},
        id=f"{name}-id",
        protect=protect,
        secrets=frozenset({"adminPassword", "password"} & {*properties, *(outputs or {})}),
        dependencies={key: [urn(other) for other in others] for key, others in (deps or {}).items()},
        provider={"region": "ap-southeast-1"} if kind.startswith("aws:") else {},
    )


def _services() -> Iterator[Subject]:
    """Give what programs make beside a chat."""
    kept = {
        "storageEncrypted": True,
        "backupRetentionPeriod": 14,
        "deletionProtection": True,
        "skipFinalSnapshot": False,
    }
    yield w("rds", t.RDS_INSTANCE, {**kept, "publiclyAccessible": False})
    yield w("parameters", t.RDS_PARAMETERS, {"parameters": [{"name": "rds.force_ssl", "value": "1"}]})
    guarded = {"atRestEncryptionEnabled": True, "transitEncryptionEnabled": True, "userGroupIds": ["a"]}
    yield w("cache", t.CACHE, {**guarded, "snapshotRetentionLimit": 1})
    scanned = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}
    yield w("images", t.ECR_REPOSITORY, scanned)
    yield w("caller", t.LAMBDA_PERMISSION, {"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::a"})
    yield w("function-url", t.LAMBDA_URL, {"authorizationType": "AWS_IAM"})
    yield w("function", t.LAMBDA, {"runtime": "python3.13"})
    yield w("files", t.FILE_SYSTEM, {"encrypted": True})
    yield w("files-policy", t.FILE_SYSTEM_POLICY, {"policy": doc()})
    yield w(
        "folder", t.FILE_ACCESS_POINT, {"rootDirectory": {"path": "/a"}, "posixUser": {"uid": 1, "gid": 1}}
    )
    yield w("volume", t.EBS_VOLUME, {"encrypted": True})
    yield w("volumes", t.EBS_DEFAULT, {"enabled": True})
    yield w("shared-image", t.AMI_PERMISSION, {"accountId": ACCOUNT})
    yield w("jobs", t.QUEUE, {"sqsManagedSseEnabled": True})
    yield w("table", t.TABLE, {"pointInTimeRecovery": {"enabled": True}, "deletionProtectionEnabled": True})
    encrypted = {"encryptAtRest": {"enabled": True}, "nodeToNodeEncryption": {"enabled": True}}
    modern = {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}
    logged = {"logPublishingOptions": [{"logType": "AUDIT_LOGS", "cloudwatchLogGroupArn": "a"}]}
    yield w("search", t.SEARCH, {**encrypted, **logged, "domainEndpointOptions": modern})
    yield w(
        "eks",
        t.EKS_CLUSTER,
        {"enabledClusterLogTypes": ["api", "audit"], "vpcConfig": {"endpointPublicAccess": False}},
    )
    acl = {"egress": False, "ruleAction": "deny", "cidrBlock": "0.0.0.0/0", "protocol": "tcp", "fromPort": 22}
    yield w("acl-rule", t.NETWORK_ACL_RULE, {**acl, "toPort": 22})
    yield w("snapshot", t.RDS_SNAPSHOT, {"sharedAccounts": [ACCOUNT]})
    lent = {
        "keyId": "key-id",
        "granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app",
        "operations": ["Decrypt"],
    }
    yield w("grant", t.KMS_GRANT, lent)
    yield w("route", t.API_ROUTE, {"routeKey": "POST /chats", "authorizationType": "AWS_IAM"})
    yield w("method", t.API_METHOD, {"httpMethod": "GET", "authorization": "NONE", "apiKeyRequired": True})
    whole = {"enableLogging": True, "enableLogFileValidation": True, "isMultiRegionTrail": True}
    yield w("trail", t.TRAIL, {**whole, "kmsKeyId": "key-id", "cloudWatchLogsGroupArn": "a"})
    yield w("broker", t.BROKER, {"publiclyAccessible": False, "logs": {"general": True}})
    transit = {"encryptionInTransit": {"clientBroker": "TLS", "inCluster": True}}
    named = {"clientAuthentication": {"unauthenticated": False}, "loggingInfo": {"brokerLogs": {"s3": {}}}}
    yield w("kafka", t.KAFKA, {"encryptionInfo": transit, **named})
    yield w("page-rule", t.PAGE_RULE, {"status": "active", "actions": {"ssl": "strict"}})
    zones = {"com.cloudflare.api.account.zone.0123456789abcdef": "*"}
    yield w("cf-token", t.API_TOKEN, {"policies": [{"effect": "allow", "resources": json.dumps(zones)}]})
    yield w("passwords", t.PASSWORD_POLICY, {"minimumPasswordLength": 16})
    spoken = {
        "listeners": [{"lbProtocol": "https", "lbPort": 443}],
        "accessLogs": {"bucket": "logs.example.org"},
    }
    yield w("classic", t.CLASSIC_BALANCER, spoken)
    yield w("managed", t.DO_DATABASE, {"privateNetworkUuid": "a", "nodeCount": 2})
    trusted = [{"type": "k8s", "value": "cluster-id"}]
    yield w("managed-firewall", t.DO_DATABASE_FIREWALL, {"clusterId": "managed-id", "rules": trusted})
    https = {"entryProtocol": "https", "certificateName": "a"}
    yield w("public", t.DO_BALANCER, {"forwardingRules": [https], "redirectHttpToHttps": True})
    yield w("platform-app", t.DO_APP, {"spec": {"databases": [{"name": "db", "production": True}]}})
    hsts = {
        "strictTransportSecurity": {"accessControlMaxAgeSec": 31536000},
        "contentTypeOptions": {"override": True},
    }
    yield w("headers", t.HEADERS_POLICY, {"securityHeadersConfig": hsts})
    account = {"kind": "ServiceAccount", "name": "chat", "namespace": "chat"}
    yield w("binding", t.ROLE_BINDING, {"roleRef": {"name": "role-k8s"}, "subjects": [account]})


def _container(name: str, image: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "user": "65533",
        "stopTimeout": 110,
        "readonlyRootFilesystem": True,
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/chat"}},
        **more,
    }


def _secret_arn(name: str) -> str:
    return arn("secretsmanager", f"secret:{name}-AbCdEf")


def _task(name: str, *made: dict[str, Any]) -> Subject:
    return w(
        name,
        t.TASK_DEFINITION,
        {
            "family": name,
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "1024",
            "memory": "2048",
            "executionRoleArn": arn("iam", "role/execution"),
            "taskRoleArn": arn("iam", "role/task"),
            "tags": TAGS,
            "volumes": [{"name": "tmp"}],
            "containerDefinitions": json.dumps(made),
        },
        outputs={"arn": arn("ecs", f"task-definition/{name}:1")},
    )


def _pod(name: str, image: str, **container: Any) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "containers": [
            {
                "name": name,
                "image": image,
                "ports": [{"containerPort": 3000}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "runAsNonRoot": True,
                    "runAsUser": 65533,
                    "seccompProfile": {"type": "RuntimeDefault"},
                    "privileged": False,
                    "readOnlyRootFilesystem": True,
                },
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
                "readinessProbe": {"httpGet": {"path": "/readyz"}},
                "livenessProbe": {"httpGet": {"path": "/health"}},
                **container,
            }
        ],
    }


def _workload(name: str, kind: str, pod: dict[str, Any]) -> Subject:
    meta = {"name": name, "namespace": "chat"}
    if kind == t.POD:
        return w(name, kind, {"metadata": meta, "spec": pod})
    template = {"template": {"spec": pod}}
    if kind == t.CRON_JOB:
        return w(
            name,
            kind,
            {
                "metadata": meta,
                "spec": {
                    "schedule": "0 2 * * *",
                    "timeZone": "Etc/UTC",
                    "concurrencyPolicy": "Forbid",
                    "suspend": False,
                    "jobTemplate": {"spec": {"activeDeadlineSeconds": 3600, "backoffLimit": 2, **template}},
                },
            },
        )
    labels = {"matchLabels": {"app": name}}
    return w(name, kind, {"metadata": meta, "spec": {"replicas": 1, "selector": labels, **template}})


def _waf_rule(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "statement": {"managedRuleGroupStatement": {"name": name, "vendorName": "AWS", **more}},
    }


def _record(name: str, kind: str, host: str, content: str, **more: Any) -> Subject:
    return w(
        name,
        t.DNS_RECORD,
        {
            "type": kind,
            "name": host,
            "content": content,
            "ttl": 300,
            "proxied": False,
            "comment": "the chat",
            "zoneId": "z",
            **more,
        },
    )


def world() -> dict[str, Subject]:
    """Return the resources by name, new each time."""
    return {subject.name: subject for subject in (*_network(), *_compute(), *_data(), *_edge(), *_others())}


def _network() -> Iterable[Subject]:
    yield w("vpc", t.VPC, {"cidrBlock": "10.0.0.0/16", "tags": TAGS})
    yield w("vpc-default", t.DEFAULT_SECURITY_GROUP, {"vpcId": "vpc-id"})
    yield w("vpc-flow", t.FLOW_LOG, {"vpcId": "vpc-id", "trafficType": "ALL"})
    for zone in "ab":
        yield w(
            f"subnet-{zone}",
            t.SUBNET,
            {
                "vpcId": "vpc-id",
                "availabilityZone": f"ap-southeast-1{zone}",
                "mapPublicIpOnLaunch": False,
                "tags": TAGS,
            },
        )
        yield w(f"ip-{zone}", t.EIP, {"tags": TAGS}, outputs={"publicIp": f"203.0.113.{ord(zone)}"})
        yield w(
            f"nat-{zone}",
            t.NAT_GATEWAY,
            {"allocationId": f"ip-{zone}-id", "subnetId": f"subnet-{zone}-id", "tags": TAGS},
        )
    yield w(
        "endpoint",
        t.VPC_ENDPOINT,
        {
            "vpcId": "vpc-id",
            "serviceName": "com.amazonaws.ap-southeast-1.s3",
            "vpcEndpointType": "Gateway",
            "policy": doc(allow(["s3:GetObject"], ["arn:aws:s3:::media.example.org/*"], Principal="*")),
        },
    )
    described = {"description": "what it is for", "tags": TAGS, "vpcId": "vpc-id"}
    yield w("sg-alb", t.SECURITY_GROUP, dict(described))
    yield w("sg-app", t.SECURITY_GROUP, dict(described))
    for port in (80, 443):
        yield w(
            f"in-{port}",
            t.INGRESS_RULE,
            {
                "securityGroupId": "sg-alb-id",
                "cidrIpv4": "0.0.0.0/0",
                "fromPort": port,
                "toPort": port,
                "ipProtocol": "tcp",
                "description": "users",
            },
        )
    yield w(
        "in-app",
        t.INGRESS_RULE,
        {
            "securityGroupId": "sg-app-id",
            "referencedSecurityGroupId": "sg-alb-id",
            "fromPort": 3000,
            "toPort": 3000,
            "ipProtocol": "tcp",
            "description": "from the balancer",
        },
    )
    yield w(
        "out-app",
        t.EGRESS_RULE,
        {
            "securityGroupId": "sg-app-id",
            "cidrIpv4": "0.0.0.0/0",
            "fromPort": 443,
            "toPort": 443,
            "ipProtocol": "tcp",
            "description": "HTTPS",
        },
    )
    yield w(
        "alb",
        t.LOAD_BALANCER,
        {
            "securityGroups": ["sg-alb-id"],
            "subnets": ["subnet-a-id", "subnet-b-id"],
            "dropInvalidHeaderFields": True,
            "loadBalancerType": "application",
            "internal": False,
            "enableDeletionProtection": True,
            "idleTimeout": 300,
            "accessLogs": {"enabled": True, "bucket": "logs.example.org"},
            "tags": TAGS,
            "enableHttp2": True,
            "desyncMitigationMode": "defensive",
        },
        outputs={
            "arn": arn("elasticloadbalancing", "loadbalancer/app/alb/1"),
            "dnsName": "alb-1.ap-southeast-1.elb.amazonaws.com",
        },
    )
    yield w(
        "http",
        t.LISTENER,
        {
            "port": 80,
            "protocol": "HTTP",
            "loadBalancerArn": "alb-id",
            "defaultActions": [
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}
            ],
        },
    )
    yield w(
        "https",
        t.LISTENER,
        {
            "port": 443,
            "protocol": "HTTPS",
            "loadBalancerArn": "alb-id",
            "certificateArn": "cert-id",
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "defaultActions": [{"type": "fixed-response"}],
        },
    )
    yield w(
        "http-rule",
        t.LISTENER_RULE,
        {
            "listenerArn": "http-id",
            "actions": [{"type": "redirect"}],
            "conditions": [{"hostHeader": {"values": [HOST]}}],
        },
    )
    yield w(
        "target",
        t.TARGET_GROUP,
        {
            "targetType": "ip",
            "port": 3000,
            "protocol": "HTTP",
            "deregistrationDelay": 60,
            "tags": TAGS,
            "healthCheck": {"path": "/health", "matcher": "200"},
            "stickiness": {"enabled": True, "type": "lb_cookie"},
        },
        outputs={"arn": "target-arn"},
    )
    common = _waf_rule(
        "AWSManagedRulesCommonRuleSet",
        ruleActionOverrides=[{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}],
    )
    yield w(
        "acl",
        t.WEB_ACL,
        {
            "scope": "REGIONAL",
            "tags": TAGS,
            "rules": [
                common,
                _waf_rule("AWSManagedRulesKnownBadInputsRuleSet"),
                {"name": "rate", "statement": {"rateBasedStatement": {"limit": 2000}}},
            ],
        },
        outputs={"arn": "acl-arn"},
    )
    yield w(
        "acl-alb",
        t.WEB_ACL_ASSOCIATION,
        {"resourceArn": arn("elasticloadbalancing", "loadbalancer/app/alb/1"), "webAclArn": "acl-arn"},
    )
    yield w("acl-log", t.WEB_ACL_LOGGING, {"resourceArn": "acl-arn", "logDestinationConfigs": ["x"]})


def _compute() -> Iterable[Subject]:
    chat = _container(
        "rocketchat",
        IMAGE,
        environment=[{"name": key, "value": value} for key, value in CHAT_ENVIRONMENT.items()],
        secrets=[{"name": key, "valueFrom": _secret_arn(key)} for key in CHAT_SECRETS],
        dockerLabels={"team": "chat"},
        command=["node", "main.js"],
    )
    yield _task("task", chat, _container("metrics", "quay.io/jetstack/exporter:1.2.3"))
    yield _task(
        "bot",
        _container(
            "hubot",
            "ghcr.io/example/hubot:1.0.0",
            environment=[
                {"name": "ROCKETCHAT_URL", "value": f"https://{HOST}"},
                {"name": "ROCKETCHAT_USER", "value": "helper"},
            ],
            secrets=[{"name": "ROCKETCHAT_PASSWORD", "valueFrom": _secret_arn("bot")}],
        ),
    )
    yield w(
        "cluster",
        t.CLUSTER,
        {
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "tags": TAGS,
            "configuration": {"executeCommandConfiguration": {"logging": "OVERRIDE", "kmsKeyId": "k"}},
        },
        outputs={"arn": "cluster-arn"},
    )
    yield w(
        "service",
        t.SERVICE,
        {
            "cluster": "cluster-arn",
            "taskDefinition": arn("ecs", "task-definition/task:1"),
            "desiredCount": 1,
            "networkConfiguration": {"assignPublicIp": False, "subnets": ["subnet-a-id"]},
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 100,
            "capacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
                {"capacityProvider": "FARGATE_SPOT", "weight": 3},
            ],
            "healthCheckGracePeriodSeconds": 300,
            "enableExecuteCommand": False,
            "propagateTags": "SERVICE",
            "tags": TAGS,
            "loadBalancers": [
                {"targetGroupArn": "target-arn", "containerName": "rocketchat", "containerPort": 3000}
            ],
            "platformVersion": "LATEST",
            "forceNewDeployment": False,
            "deploymentController": {"type": "ECS"},
        },
    )
    yield w("scaling", t.SCALING_TARGET, {"minCapacity": 1, "maxCapacity": 4})
    yield w(
        "light",
        t.LIGHTSAIL_INSTANCE,
        {
            "name": "light",
            "blueprintId": "ubuntu_24_04",
            "keyPairName": "ops",
            "userData": USER_DATA,
            "tags": TAGS,
            "addOn": {"type": "AutoSnapshot", "status": "Enabled", "snapshotTime": "18:00"},
        },
        protect=True,
    )
    yield w(
        "light-ports",
        t.LIGHTSAIL_PORTS,
        {
            "instanceName": "light",
            "portInfos": [
                {"fromPort": 443, "toPort": 443, "protocol": "tcp", "cidrs": ["0.0.0.0/0"]},
                {"fromPort": 22, "toPort": 22, "protocol": "tcp", "cidrs": ["198.51.100.7/32"]},
            ],
        },
    )
    yield w(
        "host",
        t.EC2_INSTANCE,
        {
            "instanceType": "t4g.medium",
            "metadataOptions": {"httpTokens": "required"},
            "tags": TAGS,
            "rootBlockDevice": {"encrypted": True},
            "associatePublicIpAddress": False,
            "userDataReplaceOnChange": False,
        },
    )
    yield w("droplet", t.DO_DROPLET, {"backups": True, "sshKeys": ["1"], "monitoring": True})
    yield w(
        "droplet-wall",
        t.DO_FIREWALL,
        {
            "dropletIds": ["droplet-id"],
            "inboundRules": [
                {"protocol": "tcp", "portRange": "443", "sourceAddresses": ["0.0.0.0/0", "::/0"]},
                {"protocol": "tcp", "portRange": "22", "sourceAddresses": ["198.51.100.7/32"]},
            ],
            "outboundRules": [
                {"protocol": "tcp", "portRange": "443", "destinationAddresses": ["0.0.0.0/0", "::/0"]},
                {"protocol": "icmp", "destinationAddresses": ["0.0.0.0/0", "::/0"]},
            ],
        },
    )
    yield w(
        "doks",
        t.DO_CLUSTER,
        {
            "version": "1.36.1-do.0",
            "autoUpgrade": True,
            "surgeUpgrade": True,
            "ha": True,
            "vpcUuid": "v",
            "maintenancePolicy": {"day": "sunday", "startTime": "18:00"},
            "controlPlaneFirewall": {"enabled": True, "allowedAddresses": ["198.51.100.7"]},
            "nodePool": {"autoScale": True, "minNodes": 2, "maxNodes": 4, "nodeCount": 2},
        },
    )
    yield w(
        "namespace",
        t.NAMESPACE,
        {"metadata": {"name": "chat", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}},
    )
    yield w(
        "deny",
        t.NETWORK_POLICY,
        {
            "metadata": {"name": "deny", "namespace": "chat"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        },
    )
    env: list[dict[str, Any]] = [{"name": key, "value": value} for key, value in CHAT_ENVIRONMENT.items()]
    env.append(
        {"name": "MONGO_URL", "valueFrom": {"secretKeyRef": {"name": "chat-secrets", "key": "mongo-uri"}}}
    )
    pod = _pod("rocketchat", IMAGE, env=env, envFrom=[{"secretRef": {"name": "chat-secrets"}}])
    yield _workload("deployment", t.DEPLOYMENT, pod)
    yield w(
        "budget-pods",
        t.DISRUPTION_BUDGET,
        {
            "metadata": {"namespace": "chat"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "deployment"}}},
        },
    )
    yield _workload("dump", t.CRON_JOB, _pod("dump", "docker.io/library/mongo:8.0.32"))
    yield _workload("members", t.STATEFUL_SET, _pod("mongodb", "docker.io/library/mongo:8.0.32"))
    secrets = {"mongo-uri": SECURE_URI, **dict.fromkeys(CHAT_SECRETS[1:], "s3cretS3cretS3cret")}
    yield w(
        "secrets",
        t.K8S_SECRET,
        {"metadata": {"name": "chat-secrets", "namespace": "chat"}, "stringData": secrets},
    )
    yield w("config", t.CONFIG_MAP, {"metadata": {"name": "chat-config"}, "data": {"COLOR": "blue"}})
    yield w("k8s-service", t.K8S_SERVICE, {"metadata": {"name": "chat"}, "spec": {"type": "ClusterIP"}})
    yield w(
        "role-k8s",
        t.K8S_ROLE,
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]},
    )
    nginx = "nginx.ingress.kubernetes.io/"
    yield w(
        "ingress",
        t.INGRESS,
        {
            "metadata": {
                "name": "chat",
                "annotations": {
                    nginx + "proxy-body-size": "200m",
                    nginx + "proxy-read-timeout": "3600",
                    nginx + "proxy-send-timeout": "3600",
                },
            },
            "spec": {"ingressClassName": "nginx", "tls": [{"secretName": "chat-tls", "hosts": [HOST]}]},
        },
    )
    yield w(
        "release",
        t.RELEASE,
        {
            "chart": "rocketchat",
            "version": "7.0.2",
            "repositoryOpts": {"repo": "https://rocketchat.github.io/helm-charts"},
            "atomic": True,
            "cleanupOnFail": True,
            "timeout": 900,
            "namespace": "chat",
            "values": {
                "host": HOST,
                "image": {"tag": "8.9.0"},
                "replicaCount": 1,
                "microservices": {"enabled": False},
                "mongodb": {"enabled": False},
                "existingMongodbSecret": "chat-secrets",
                "extraSecret": "chat-secrets",
                "extraEnv": [item for item in env if item["name"] not in {"ROOT_URL", "MONGO_URL"}],
                "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}},
                "livenessProbe": {"enabled": True},
                "readinessProbe": {"enabled": True},
                "securityContext": {"runAsUser": 65533},
                "containerSecurityContext": {"runAsUser": 65533},
                "ingress": {"enabled": True, "annotations": {}, "tls": [{"hosts": [HOST]}]},
            },
        },
    )
    yield w(
        "issuer",
        t.CLUSTER_ISSUER,
        {
            "spec": {
                "acme": {
                    "server": "https://acme-v02.api.letsencrypt.org/directory",
                    "email": "ops@example.org",
                }
            }
        },
    )
    yield w(
        "gateway",
        t.GATEWAY,
        {
            "spec": {
                "listeners": [
                    {"name": "https", "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "chat-tls"}]}}
                ]
            }
        },
    )


def _data() -> Iterable[Subject]:
    yield w("disk", t.LIGHTSAIL_DISK, {"name": "disk", "sizeInGb": 32, "tags": TAGS}, protect=True)
    yield w("volume", t.DO_VOLUME, {"name": "volume", "size": 32}, protect=True)
    yield w(
        "document",
        t.BUCKET_OBJECT,
        {"bucket": "documents.example.org", "key": "document.json", "content": DOCUMENT},
    )
    kept = {"environments": {"rocketchat": dict.fromkeys(CHAT_SECRETS, "s3cretS3cret"), "mongo": {}}}
    kept["environments"]["rocketchat"]["MONGO_URL"] = SECURE_URI
    yield w("document-secret", t.SECRET_VERSION, {"secretId": "chat-host", "secretString": json.dumps(kept)})
    yield from _services()
    yield w("root", "pulumi:pulumi:Stack", {}, outputs={"url": f"https://{HOST}", "adminPassword": "x1Y2"})
    yield w("provider", "pulumi:providers:digitalocean", {"apiEndpoint": "https://api.digitalocean.com"})
    yield w("project", t.ATLAS_PROJECT, {"name": "chat", "withDefaultAlertsSettings": True})
    yield w(
        "atlas",
        t.ATLAS_CLUSTER,
        {
            "name": "atlas",
            "projectId": "project-id",
            "backupEnabled": True,
            "pitEnabled": True,
            "retainBackupsEnabled": True,
            "terminationProtectionEnabled": True,
            "mongoDbMajorVersion": "8.0",
            "versionReleaseSystem": "LTS",
            "encryptionAtRestProvider": "AWS",
            "paused": False,
            "advancedConfiguration": {
                "minimumEnabledTlsProtocol": "TLS1_2",
                "javascriptEnabled": False,
                "oplogMinRetentionHours": 24,
            },
            "replicationSpecs": [
                {
                    "regionConfigs": [
                        {
                            "regionName": "AP_SOUTHEAST_1",
                            "providerName": "AWS",
                            "electableSpecs": {"instanceSize": "M10", "nodeCount": 3},
                            "autoScaling": {
                                "computeEnabled": True,
                                "computeMaxInstanceSize": "M30",
                                "diskGbEnabled": True,
                            },
                        }
                    ]
                }
            ],
        },
        protect=True,
    )
    for zone in "ab":
        yield w(
            f"entry-{zone}",
            t.ATLAS_ACCESS,
            {"projectId": "project-id", "cidrBlock": f"203.0.113.{ord(zone)}/32", "comment": "NAT"},
        )
    yield w(
        "user",
        t.ATLAS_USER,
        {
            "username": "chat",
            "authDatabaseName": "admin",
            "password": "abcdefghijklmnopqrstuvwxyz",
            "roles": [{"roleName": "readWrite", "databaseName": "chat"}],
            "scopes": [{"type": "CLUSTER", "name": "atlas"}],
        },
    )
    yield w(
        "schedule-atlas",
        t.ATLAS_SCHEDULE,
        {
            "clusterName": "atlas",
            "restoreWindowDays": 3,
            "policyItemDaily": {"retentionValue": 7, "retentionUnit": "days"},
            "policyItemWeeklies": [{"retentionValue": 4}],
            "policyItemMonthlies": [{"retentionValue": 12}],
            "copySettings": [{"regionName": "AP_SOUTHEAST_2"}],
        },
    )
    yield w("compliance", t.ATLAS_COMPLIANCE, {"projectId": "project-id"})
    yield w("audit", t.ATLAS_AUDITING, {"enabled": True})
    yield w("maintenance", t.ATLAS_MAINTENANCE, {"dayOfWeek": 7})
    yield w("alert", t.ATLAS_ALERT, {"eventType": "HOST_DOWN", "notifications": [{"typeName": "EMAIL"}]})
    yield from _bucket("media", "media.example.org")
    yield from _bucket("backup", "backup.example.org", objectLockEnabled=True)
    yield from _bucket("logs", "logs.example.org")
    yield w(
        "media-cors",
        t.BUCKET_CORS,
        {
            "bucket": "media.example.org",
            "corsRules": [{"allowedOrigins": [f"https://{HOST}"], "allowedMethods": ["GET", "HEAD"]}],
        },
    )
    yield w("backup-lock", t.BUCKET_LOCK, {"bucket": "backup.example.org"})
    yield w("backup-copy", t.BUCKET_REPLICATION, {"bucket": "backup.example.org"})
    yield w(
        "object", t.BUCKET_OBJECT, {"bucket": "media.example.org", "key": "robots.txt", "content": "hello"}
    )
    yield w(
        "space",
        t.SPACES_BUCKET,
        {"name": "space", "acl": "private", "versioning": {"enabled": True}},
        protect=True,
    )
    yield w(
        "space-cors",
        t.SPACES_CORS,
        {
            "bucket": "space",
            "corsRules": [{"allowedOrigins": [f"https://{HOST}"], "allowedMethods": ["GET"]}],
        },
    )


def _edge() -> Iterable[Subject]:
    yield w(
        "cdn",
        t.DISTRIBUTION,
        {
            "enabled": True,
            "aliases": [HOST],
            "httpVersion": "http2",
            "priceClass": "PriceClass_200",
            "webAclId": "acl-arn",
            "defaultRootObject": "index.html",
            "loggingConfig": {"bucket": "logs"},
            "tags": TAGS,
            "origins": [
                {
                    "originId": "app",
                    "domainName": "origin.example.org",
                    "customOriginConfig": {
                        "originProtocolPolicy": "https-only",
                        "originSslProtocols": ["TLSv1.2"],
                    },
                },
                {
                    "originId": "media",
                    "domainName": "media.example.org.s3.ap-southeast-1.amazonaws.com",
                    "originAccessControlId": "oac-id",
                    "s3OriginConfig": {"originAccessIdentity": ""},
                },
            ],
            "originGroups": [{"originId": "both"}],
            "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["SG"]}},
            "defaultCacheBehavior": {
                "targetOriginId": "app",
                "viewerProtocolPolicy": "redirect-to-https",
                "responseHeadersPolicyId": "headers",
                "cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "minTtl": 0,
                "originRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
                "allowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            },
            "orderedCacheBehaviors": [
                {
                    "targetOriginId": "media",
                    "viewerProtocolPolicy": "https-only",
                    "responseHeadersPolicyId": "headers",
                }
            ],
            "viewerCertificate": {
                "acmCertificateArn": "cert-us-id",
                "sslSupportMethod": "sni-only",
                "minimumProtocolVersion": "TLSv1.2_2021",
            },
        },
        outputs={"arn": "cdn-arn", "domainName": "d1.cloudfront.net"},
    )
    yield w("oac", t.ORIGIN_ACCESS, {"signingBehavior": "always", "signingProtocol": "sigv4"})
    read = allow(
        ["s3:GetObject"],
        ["arn:aws:s3:::media.example.org/public/*"],
        Principal={"Service": "cloudfront.amazonaws.com"},
        Condition={"StringEquals": {"AWS:SourceArn": "cdn-arn"}},
    )
    yield w("cdn-read", t.BUCKET_POLICY, {"bucket": "elsewhere", "policy": doc(read)})
    for name, region in (("cert", "ap-southeast-1"), ("cert-us", "us-east-1")):
        yield w(
            name,
            t.CERTIFICATE,
            {
                "domainName": HOST,
                "validationMethod": "DNS",
                "keyAlgorithm": "RSA_2048",
                "region": region,
                "tags": TAGS,
                "subjectAlternativeNames": [],
                "options": {"certificateTransparencyLoggingPreference": "ENABLED"},
            },
        )
        yield w(
            f"{name}-valid",
            t.CERTIFICATE_VALIDATION,
            {"certificateArn": f"{name}-id", "validationRecordFqdns": [f"_proof.{HOST}"]},
        )
    yield w(
        "identity",
        t.EMAIL_IDENTITY,
        {
            "emailIdentity": "example.org",
            "configurationSetName": "mail",
            "tags": TAGS,
            "dkimSigningAttributes": {"nextSigningKeyLength": "RSA_2048_BIT"},
        },
    )
    yield w(
        "bounces",
        t.MAIL_FROM,
        {
            "emailIdentity": "example.org",
            "mailFromDomain": "bounce.example.org",
            "behaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    )
    yield w(
        "mail",
        t.CONFIGURATION_SET,
        {
            "configurationSetName": "mail",
            "deliveryOptions": {"tlsPolicy": "REQUIRE"},
            "tags": TAGS,
            "reputationOptions": {"reputationMetricsEnabled": True},
            "sendingOptions": {"sendingEnabled": True},
            "suppressionOptions": {"suppressedReasons": ["BOUNCE", "COMPLAINT"]},
        },
    )
    yield w(
        "mail-events",
        t.EVENT_DESTINATION,
        {
            "configurationSetName": "mail",
            "eventDestination": {"enabled": True, "matchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT"]},
        },
    )
    yield w(
        "identity-policy",
        t.IDENTITY_POLICY,
        {
            "emailIdentity": "example.org",
            "policy": doc(
                allow(
                    ["ses:SendEmail"],
                    [arn("ses", "identity/example.org")],
                    Principal={"AWS": arn("iam", "role/x")},
                )
            ),
        },
    )
    for number in "123":
        yield _record(
            f"dkim-{number}", "CNAME", f"t{number}._domainkey.example.org", f"t{number}.dkim.amazonses.com"
        )
    yield _record("mx", "MX", "bounce.example.org", "feedback-smtp.ap-southeast-1.amazonses.com", priority=10)
    yield _record("spf", "TXT", "bounce.example.org", '"v=spf1 include:amazonses.com -all"')
    yield _record("dmarc", "TXT", "_dmarc.example.org", '"v=DMARC1; p=quarantine; rua=mailto:d@example.org"')
    yield _record("proof", "CNAME", f"_proof.{HOST}", "_x.acm-validations.aws")
    yield _record("name", "CNAME", HOST, "alb-1.ap-southeast-1.elb.amazonaws.com")
    yield _record("app", "A", "app.example.org", "203.0.113.9", proxied=True, ttl=1)
    yield _record("caa", "CAA", "example.org", "", data={"tag": "issue", "value": "amazon.com"})
    yield w(
        "do-record",
        t.DIGITALOCEAN_RECORD,
        {"type": "CNAME", "name": "text", "domain": "example.net", "value": "elsewhere.example.", "ttl": 300},
    )
    route53 = {"zoneId": "z", "ttl": 300}
    yield w(
        "r53",
        t.ROUTE53_RECORD,
        {"type": "TXT", "name": "text.example.org", "records": ["v=spf1 -all"], **route53},
    )
    yield w(
        "r53-alias",
        t.ROUTE53_RECORD,
        {
            "type": "A",
            "name": "alias.example.org",
            "zoneId": "z",
            "aliases": [
                {
                    "name": "alb-1.ap-southeast-1.elb.amazonaws.com",
                    "zoneId": "z",
                    "evaluateTargetHealth": False,
                }
            ],
        },
    )
    for name, value in (("ssl", "strict"), ("min_tls_version", "1.2")):
        yield w(f"zone-{name}", t.ZONE_SETTING, {"settingId": name, "value": value, "zoneId": "z"})
    yield w("dnssec", t.ZONE_DNSSEC, {"status": "active"})
    yield w(
        "ruleset",
        t.RULESET,
        {"rules": [{"expression": 'http.request.uri.path eq "/api/v1/login"', "ratelimit": {}}]},
    )


def _others() -> Iterable[Subject]:
    yield w(
        "role",
        t.IAM_ROLE,
        {
            "name": "role",
            "assumeRolePolicy": trust("ecs-tasks.amazonaws.com"),
            "tags": TAGS,
            "permissionsBoundary": "b",
        },
    )
    media = allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], ["arn:aws:s3:::media.example.org/*"])
    keys = allow(["kms:Decrypt"], [arn("kms", "key/1")])
    login = allow(["ecr:GetAuthorizationToken"], ["*"])
    secret = allow(["secretsmanager:GetSecretValue"], [_secret_arn("x")])
    hand = allow(
        ["iam:PassRole"],
        [arn("iam", "role/task")],
        Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    )
    yield w(
        "role-policy", t.IAM_ROLE_POLICY, {"role": "role", "policy": doc(media, keys, login, secret, hand)}
    )
    yield w(
        "attached",
        t.IAM_ROLE_ATTACHMENT,
        {
            "role": "role-id",
            "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        },
    )
    for name, kind in (
        ("copied", aws("ebs", "SnapshotCopy")[0]),
        ("notebook", aws("sagemaker", "NotebookInstance")[0]),
        ("vault-of-files", aws("efs", "BackupPolicy")[0]),
    ):
        yield w(
            name,
            kind,
            {**machines.SOUND[kind], "tags": TAGS} if name != "vault-of-files" else machines.SOUND[kind],
        )
    yield w("atlas-key", index("mongodbatlas", "ApiKey")[0], {"orgId": "o", "roleNames": ["ORG_READ_ONLY"]})
    yield w(
        "maker", t.CLUSTER_ROLE, {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    )
    yield w("files-point", aws("s3", "AccessPoint")[0], {"bucket": "media.example.org"})
    yield w("smtp", t.IAM_USER, {"name": "smtp", "tags": TAGS, "permissionsBoundary": "b"})
    yield w("smtp-key", t.IAM_ACCESS_KEY, {"user": "smtp", "status": "Active"})
    yield w(
        "smtp-policy",
        t.IAM_USER_POLICY,
        {
            "user": "smtp",
            "policy": doc(
                allow(
                    ["ses:SendRawEmail"],
                    [arn("ses", "identity/example.org"), arn("ses", "configuration-set/mail")],
                    Condition={"StringEquals": {"ses:FromAddress": "chat@example.org"}},
                )
            ),
        },
    )
    yield w(
        "key",
        t.KMS_KEY,
        {
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "tags": TAGS,
            "policy": doc(allow(["kms:Encrypt"], ["*"], Principal={"AWS": arn("iam", "root")})),
        },
        protect=True,
    )
    yield w(
        "secret",
        t.SECRET,
        {
            "name": "secret",
            "recoveryWindowInDays": 30,
            "description": "the chat's database",
            "kmsKeyId": "key-id",
            "tags": TAGS,
        },
    )
    yield w("secret-turn", t.SECRET_ROTATION, {"secretId": "secret"})
    yield w("parameter", t.PARAMETER, {"name": "/chat/api-key", "type": "SecureString", "value": "x"})
    yield w("log", t.LOG_GROUP, {"name": "/chat", "retentionInDays": 365, "kmsKeyId": "key-id", "tags": TAGS})
    watched = (
        "HTTPCode_ELB_5XX_Count",
        "UnHealthyHostCount",
        "CPUUtilization",
        "MemoryUtilization",
        "RunningTaskCount",
        "Reputation.BounceRate",
        "Reputation.ComplaintRate",
    )
    for number, metric in enumerate(watched):
        yield w(
            f"alarm-{number}",
            t.ALARM,
            {
                "metricName": metric,
                "alarmActions": ["topic-id"],
                "tags": TAGS,
                "treatMissingData": "breaching",
                "actionsEnabled": True,
            },
        )
    yield w("topic", t.TOPIC, {"kmsMasterKeyId": "key-id", "tags": TAGS})
    yield w(
        "topic-policy",
        t.TOPIC_POLICY,
        {
            "arn": "topic-id",
            "policy": doc(
                allow(["sns:Publish"], ["topic-id"], Principal={"Service": "cloudwatch.amazonaws.com"})
            ),
        },
    )
    yield w(
        "topic-mail",
        t.SUBSCRIPTION,
        {"topic": "topic-id", "protocol": "https", "endpoint": "https://x.example.org/"},
    )
    yield w("hook", t.API_DESTINATION, {"invocationEndpoint": "https://x.example.org/"})
    yield w(
        "nightly",
        t.SCHEDULE,
        {
            "state": "ENABLED",
            "scheduleExpressionTimezone": "Etc/UTC",
            "description": "mongodump",
            "target": {"deadLetterConfig": {"arn": "q"}, "retryPolicy": {"maximumRetryAttempts": 3}},
        },
    )
    yield w("stopped", t.EVENT_RULE, {"eventPattern": json.dumps({"detail-type": ["ECS Task State Change"]})})
    yield w(
        "budget",
        t.BUDGET,
        {"limitAmount": "100000", "timeUnit": "MONTHLY", "notifications": [{"threshold": 80}]},
    )


CONFIG: Final = Config(environment="production", regions=("ap-southeast-1",))


def changed(patch: Mapping[str, Any]) -> list[Subject]:
    """Return the world with changes: `name` to DELETE or a new resource, `name a.b.0` to a value."""
    subjects = world()
    for place, value in patch.items():
        name, _, path = place.partition(" ")
        if not path:
            if value is DELETE:
                del subjects[name]
            else:
                subjects[name] = value
            continue
        subject = subjects[name]
        steps = path.split("|") if "|" in path else path.split(".")
        if steps[0] == "@":
            made = {**{key: getattr(subject, key) for key in Subject.__slots__}, steps[1]: value}
            subjects[name] = Subject(**made)
            continue
        properties = copy.deepcopy(dict(subject.properties))
        put(properties, steps, value)
        subjects[name] = Subject(
            **{**{key: getattr(subject, key) for key in Subject.__slots__}, "properties": properties}
        )
    return list(subjects.values())


__all__ = [
    "ACCOUNT",
    "CHAT_ENVIRONMENT",
    "CONFIG",
    "DELETE",
    "TAGS",
    "UNKNOWN",
    "USER_DATA",
    "allow",
    "changed",
    "doc",
    "put",
    "urn",
    "w",
    "world",
]
