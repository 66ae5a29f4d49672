"""Programs of other people as plan data, and what the pack must say of each: right findings, and nothing about a chat.

Rebuilt by hand from Pulumi's public examples (github.com/pulumi/examples, August 2026, named beside each), and from
ordinary designs of the same clouds.
"""

import json
from typing import Any, Final

from policy import tokens as t
from policy.model import Subject

EVERY: Final = ["0.0.0.0/0"]
ACCOUNT: Final = "123456789012"


def r(kind: str, name: str, properties: dict[str, Any], **deps: str) -> Subject:
    """Return a resource; `deps` are properties that come from one other resource, by its URN."""
    return Subject(
        kind,
        name,
        urn(name),
        properties,
        outputs={"arn": f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}"},
        id=f"{name}-id",
        dependencies={key: [urn(other)] for key, other in deps.items()},
    )


def urn(name: str) -> str:
    return f"urn:pulumi:dev::others::x::{name}"


def arn(name: str) -> str:
    return f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}"


def trust(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
        }
    )


def web_group(name: str, *ports: int) -> Subject:
    ingress = [{"protocol": "tcp", "fromPort": p, "toPort": p, "cidrBlocks": EVERY} for p in ports]
    return r(t.SECURITY_GROUP, name, {"description": "Enable HTTP access", "ingress": ingress})


def service(image: str, **more: Any) -> list[Subject]:
    """Return a service of ECS behind a balancer without TLS."""
    containers = [{"name": "app", "image": image, "portMappings": [{"containerPort": 80}], **more}]
    target = {"targetGroupArn": arn("tg"), "containerName": "app", "containerPort": 80}
    return [
        r(t.CLUSTER, "cluster", {}),
        web_group("web", 80),
        r(t.LOAD_BALANCER, "lb", {"securityGroups": ["web-id"], "subnets": ["a", "b"]}, securityGroups="web"),
        r(t.TARGET_GROUP, "tg", {"port": 80, "protocol": "HTTP", "targetType": "ip"}),
        r(
            t.LISTENER,
            "http",
            {
                "port": 80,
                "protocol": "HTTP",
                "loadBalancerArn": arn("lb"),
                "defaultActions": [{"type": "forward", "targetGroupArn": arn("tg")}],
            },
            loadBalancerArn="lb",
        ),
        r(t.IAM_ROLE, "execution", {"assumeRolePolicy": trust("ecs-tasks.amazonaws.com")}),
        r(
            t.IAM_ROLE_ATTACHMENT,
            "execution-policy",
            {
                "role": "execution",
                "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
            },
        ),
        r(
            t.TASK_DEFINITION,
            "task",
            {
                "cpu": "256",
                "memory": "512",
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "executionRoleArn": arn("execution"),
                "containerDefinitions": json.dumps(containers),
            },
        ),
        r(
            t.SERVICE,
            "service",
            {
                "cluster": arn("cluster"),
                "desiredCount": 3,
                "launchType": "FARGATE",
                "taskDefinition": arn("task"),
                "networkConfiguration": {"assignPublicIp": True, "securityGroups": ["web-id"]},
                "loadBalancers": [target],
            },
            taskDefinition="task",
        ),
    ]


def bucket(name: str) -> Subject:
    return r(t.BUCKET, name, {"bucket": name})


BUCKET: Final = {"s3-bpa", "s3-acl-disabled", "s3-encryption", "s3-lifecycle", "s3-tls-only", "s3-versioning"}
"""What is asked of every bucket by AWS's own standard, or follows from it."""
SERVICE: Final = {
    "alb-access-logs",
    "alb-deletion-protection",
    "alb-drop-invalid-headers",
    "alb-http-redirect",
    "alb-waf",
    "ecs-circuit-breaker",
    "ecs-container-insights",
    "ecs-logging",
    "ecs-non-root",
    "iam-trust-deputy",
    "net-ecs-no-public-ip",
}
POD: Final = {
    "k8s-drop-all",
    "k8s-image-pinned",
    "k8s-no-priv-esc",
    "k8s-non-root",
    "k8s-own-namespace",
    "k8s-probes",
    "k8s-resources",
    "k8s-sa-token",
    "k8s-seccomp",
}


def deployment(name: str, image: str, **more: Any) -> Subject:
    pod = {"containers": [{"name": name, "image": image, **more}]}
    return r(t.DEPLOYMENT, name, {"spec": {"replicas": 1, "template": {"spec": pod}}})


def k8s_service(name: str, kind: str = "ClusterIP") -> Subject:
    return r(
        t.K8S_SERVICE, name, {"metadata": {"name": name}, "spec": {"type": kind, "ports": [{"port": 80}]}}
    )


PROGRAMS: Final[dict[str, tuple[list[Subject], set[str]]]] = {
    "aws-py-fargate": (service("nginx"), SERVICE | {"ecs-image-pinned"}),
    "aws-py-wordpress-fargate-rds": (
        [
            *service(
                "wordpress:6.8",
                environment=[
                    {"name": "WORDPRESS_DB_HOST", "value": "db.example.org:3306"},
                    {"name": "WORDPRESS_DB_PASSWORD", "value": "correct horse"},
                ],
            ),
            r(
                "aws:rds/cluster:Cluster",
                "db",
                {
                    "engine": "aurora-mysql",
                    "masterPassword": "[secret]",
                    "storageEncrypted": True,
                    "skipFinalSnapshot": True,
                },
            ),
        ],
        SERVICE | {"ecs-no-plaintext-secret", "db-backups", "db-kept"},
    ),
    "aws-py-s3-folder": (
        [
            bucket("site"),
            r(
                "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
                "website",
                {"bucket": "site", "indexDocument": {"suffix": "index.html"}},
            ),
            r(t.BUCKET_PUBLIC_ACCESS, "block", {"bucket": "site", "blockPublicAcls": False}),
            r(
                t.BUCKET_POLICY,
                "policy",
                {
                    "bucket": "site",
                    "policy": json.dumps(
                        {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Principal": "*",
                                    "Action": ["s3:GetObject"],
                                    "Resource": ["arn:aws:s3:::site/*"],
                                }
                            ]
                        }
                    ),
                },
            ),
            r(
                t.BUCKET_CORS,
                "cors",
                {
                    "bucket": "site",
                    "corsRules": [{"allowedOrigins": ["*"], "allowedMethods": ["GET", "HEAD"]}],
                },
            ),
        ],
        BUCKET - {"s3-bpa"} | {"s3-bpa-values", "s3-policy-no-star", "s3-no-website"},
    ),
    "aws-py-webserver": (
        [
            web_group("web", 80),
            r(
                t.EC2_INSTANCE,
                "server",
                {
                    "instanceType": "t2.micro",
                    "vpcSecurityGroupIds": ["web-id"],
                    "userData": "#!/bin/bash\necho Hello > index.html\nnohup python -m SimpleHTTPServer 80 &\n",
                    "userDataReplaceOnChange": True,
                },
            ),
        ],
        {"ec2-imdsv2", "ec2-disk-encrypted"},
    ),
    "aws-py-static-website": (
        [
            bucket("content"),
            r(
                t.BUCKET_OWNERSHIP,
                "content-owner",
                {"bucket": "content", "rule": {"objectOwnership": "BucketOwnerPreferred"}},
            ),
            r(
                t.CERTIFICATE,
                "certificate",
                {"domainName": "www.example.org", "validationMethod": "EMAIL", "region": "us-east-1"},
            ),
            r(
                t.DISTRIBUTION,
                "cdn",
                {
                    "enabled": True,
                    "aliases": ["www.example.org"],
                    "origins": [
                        {
                            "originId": "content",
                            "domainName": "api.example.org",
                            "customOriginConfig": {
                                "originProtocolPolicy": "https-only",
                                "originSslProtocols": ["TLSv1.2"],
                            },
                        }
                    ],
                    "defaultRootObject": "index.html",
                    "defaultCacheBehavior": {
                        "targetOriginId": "content",
                        "viewerProtocolPolicy": "redirect-to-https",
                        "allowedMethods": ["GET", "HEAD", "OPTIONS"],
                        "forwardedValues": {"queryString": False},
                        "minTtl": 600,
                    },
                    "viewerCertificate": {
                        "acmCertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1",
                        "sslSupportMethod": "sni-only",
                        "minimumProtocolVersion": "TLSv1.2_2021",
                    },
                },
            ),
            r(
                t.ROUTE53_RECORD,
                "alias",
                {"name": "*.example.org", "type": "CNAME", "records": ["else.us-east-1.elb.amazonaws.com"]},
            ),
        ],
        BUCKET,
    ),
    "aws-py-apigateway-lambda-serverless": (
        [
            r(t.IAM_ROLE, "lambda-role", {"assumeRolePolicy": trust("lambda.amazonaws.com")}),
            r(
                t.IAM_ROLE_POLICY,
                "lambda-policy",
                {
                    "role": "lambda-role",
                    "policy": json.dumps(
                        {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": ["s3:Get*", "s3:ListAllMyBuckets", "ses:GetSendQuota"],
                                    "Resource": ["arn:aws:s3:::things/*"],
                                }
                            ]
                        }
                    ),
                },
            ),
            r("aws:lambda/function:Function", "f", {"runtime": "python3.13", "handler": "hello.handler"}),
            r("aws:apigateway/restApi:RestApi", "api", {"body": "{}"}),
            r(t.LOG_GROUP, "logs", {"logGroupClass": "DELIVERY"}),
        ],
        set(),
    ),
    "digitalocean-py-k8s": (
        [
            r(
                t.DO_CLUSTER,
                "cluster",
                {
                    "region": "nyc3",
                    "version": "1.33.1-do.0",
                    "nodePool": {"name": "default", "size": "s-2vcpu-2gb", "nodeCount": 2},
                },
            ),
            deployment("nginx", "nginx"),
            k8s_service("ingress", "LoadBalancer"),
        ],
        POD | {"doks-ha", "doks-upgrade-window"},
    ),
    "digitalocean-py-loadbalanced-droplets": (
        [
            r(
                t.DO_DROPLET,
                f"web-{number}",
                {
                    "image": "ubuntu-24-04-x64",
                    "size": "s-1vcpu-1gb",
                    "userData": "#!/bin/bash\nsudo apt-get update\nsudo apt-get install -y nginx\n",
                },
            )
            for number in range(2)
        ]
        + [
            r(
                "digitalocean:index/loadBalancer:LoadBalancer",
                "public",
                {"forwardingRules": [{"entryPort": 80, "entryProtocol": "http"}]},
            )
        ],
        {"do-balancer-tls", "do-droplet-backups", "do-droplet-firewall", "do-droplet-keys"},
    ),
    "kubernetes-py-guestbook": (
        [
            deployment("leader", "redis", resources={"requests": {"cpu": "100m", "memory": "100Mi"}}),
            k8s_service("leader"),
            deployment("frontend", "gcr.io/google-samples/gb-frontend:v5"),
            k8s_service("frontend", "LoadBalancer"),
            r(
                t.INGRESS,
                "front",
                {
                    "metadata": {"annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "1m"}},
                    "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["a.example.org"]}]},
                },
            ),
            r(
                t.CRON_JOB,
                "clean",
                {
                    "metadata": {"namespace": "jobs"},
                    "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
                },
            ),
        ],
        POD,
    ),
    "kubernetes-py-helm-release-wordpress": (
        [
            r(
                t.RELEASE,
                "wordpress",
                {
                    "chart": "wordpress",
                    "version": "24.2.2",
                    "namespace": "blog",
                    "repositoryOpts": {"repo": "https://charts.bitnami.com/bitnami"},
                    "values": {"service": {"type": "ClusterIP"}, "wordpressUsername": "author"},
                },
            )
        ],
        set(),
    ),
    "a Node.js service with an alarm that speaks through another": (
        [
            web_group("web", 443),
            r(
                t.SECURITY_GROUP,
                "app",
                {
                    "description": "app",
                    "ingress": [
                        {"protocol": "tcp", "fromPort": 3000, "toPort": 3000, "cidrBlocks": ["10.0.0.0/16"]}
                    ],
                },
            ),
            r(
                t.TARGET_GROUP,
                "tg",
                {"port": 3000, "protocol": "HTTP", "healthCheck": {"path": "/status", "matcher": "200-399"}},
            ),
            r(
                t.LISTENER,
                "http",
                {
                    "port": 80,
                    "protocol": "HTTP",
                    "defaultActions": [
                        {
                            "type": "redirect",
                            "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_302"},
                        }
                    ],
                },
            ),
            r(t.ALARM, "errors", {"metricName": "Errors", "name": "errors"}),
            r(
                "aws:cloudwatch/compositeAlarm:CompositeAlarm",
                "either",
                {"alarmRule": "ALARM(errors) OR ALARM(slow)", "alarmActions": [arn("topic")]},
            ),
            r(
                t.SCHEDULE,
                "nightly",
                {"scheduleExpression": "rate(1 day)", "target": {"arn": arn("f")}},
            ),
        ],
        set(),
    ),
    "a site behind Cloudflare": (
        [
            r(
                t.DNS_RECORD,
                "www",
                {
                    "name": "www.example.org",
                    "type": "CNAME",
                    "content": "d111.cloudfront.net.example.net",
                    "proxied": True,
                    "ttl": 1,
                },
            ),
            r(
                t.DNS_RECORD,
                "all",
                {
                    "name": "*.example.org",
                    "type": "CNAME",
                    "content": "a.pages.dev",
                    "proxied": True,
                    "ttl": 1,
                },
            ),
            r(t.ZONE_SETTING, "ssl", {"settingId": "ssl", "value": "strict"}),
            r(t.EMAIL_IDENTITY, "mail", {"emailIdentity": "example.org"}),
        ],
        set(),
    ),
}
"""Name, resources, and the rules that must stop it in production; no others."""
