"""What must stand before what: the order that only a real account shows, held against every plan.

An engine makes at once whatever does not depend on one another, and clouds refuse, or let start in vain, what is made
too early. So for each type there is a list of what its closure in the plan must hold.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import cycle
from typing import Any

import pytest
from combining import Choice, possible, refusals, sampled, secure_for, values_for
from planning import planned, values_of

from clouds import dns
from rehearsal.plan import Plan, PlannedResource
from stacks import files

ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
DATABASE_USER = "mongodbatlas:index/databaseUser:DatabaseUser"
CRON_JOB = "kubernetes:batch/v1:CronJob"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
NAT = "aws:ec2/natGateway:NatGateway"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROUTE = "aws:ec2/route:Route"
TABLE = "aws:ec2/routeTable:RouteTable"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"

Wanted = Iterator[PlannedResource]


class World:
    """A plan, and what each of its resources waits for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._by_urn = {one.urn: one for one in plan.resources}

    @cache  # noqa: B019 - a world lives as long as its test
    def before(self, urn: str) -> frozenset[str]:
        """URNs of all that stands when this one is made."""
        found: set[str] = set()
        ahead = [urn]
        while ahead:
            one = self._by_urn.get(ahead.pop())
            if one is None:
                continue
            needed = {*one.options.get("dependsOn", ()), one.parent}
            needed.update(urn for urns in one.property_dependencies.values() for urn in urns)
            ahead += needed - found
            found |= needed
        return frozenset(found)

    def all(self, token: str, **inputs: Any) -> Wanted:
        """Resources of a type with these inputs."""
        for one in self.plan.of_type(token):
            if all(one.inputs.get(key) == value for key, value in inputs.items()):
                yield one

    def whose(self, token: str, key: str, values: set[Any]) -> Wanted:
        """Resources of a type of which an input is among the values."""
        return (one for one in self.plan.of_type(token) if one.inputs.get(key) in values)


def ways_of_subnets(world: World, subnets: set[str]) -> Wanted:
    """What makes a subnet more than an address: its route table, the routes in it, and where these lead."""
    for association in world.whose(ASSOCIATION, "subnetId", subnets):
        yield association
        table = association.inputs["routeTableId"]
        for route in world.all(ROUTE, routeTableId=table):
            yield route
            yield from world.whose(GATEWAY, "vpcId", {one.inputs["vpcId"] for one in world.all(TABLE)})
            for nat in world.plan.of_type(NAT):
                if nat.id == route.inputs.get("natGatewayId"):
                    yield nat
                    yield from ways_of_subnets(world, {nat.inputs["subnetId"]})


def balancer(world: World, one: PlannedResource) -> Wanted:
    """Refused in a subnet without a way to the internet (InvalidSubnet), and without its log bucket's policy."""
    yield from ways_of_subnets(world, set(one.inputs["subnets"]))
    logs = one.inputs.get("accessLogs") or {}
    yield from world.all(BUCKET_POLICY, bucket=logs.get("bucket"))


def ecs_service(world: World, one: PlannedResource) -> Wanted:
    """Its first tasks fetch image, secrets and database at once, and are checked by the balancer."""
    network = one.inputs["networkConfiguration"]
    groups = set(network["securityGroups"])
    yield from ways_of_subnets(world, set(network["subnets"]))
    yield from world.whose(EGRESS, "securityGroupId", groups)
    yield from world.whose(INGRESS, "securityGroupId", groups)
    for endpoint in world.plan.of_type(ENDPOINT):
        yield endpoint
        yield from world.whose(INGRESS, "securityGroupId", set(endpoint.inputs.get("securityGroupIds") or ()))
    yield from world.plan.of_type("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders")
    (task,) = world.whose("aws:ecs/taskDefinition:TaskDefinition", "family", {_family(one)})
    yield from what_a_task_is_given(world, task)
    targets = {balanced["targetGroupArn"] for balanced in one.inputs.get("loadBalancers") or ()}
    for rule in world.plan.of_type("aws:lb/listenerRule:ListenerRule"):
        if targets & {action.get("targetGroupArn") for action in rule.inputs["actions"]}:
            yield rule
    yield from what_the_chat_reads(world)
    yield from keys_policies(world, one)


def what_a_task_is_given(world: World, task: PlannedResource) -> Wanted:
    """Secrets that its containers name, and what it and its execution may do, which is uploads from the beginning."""
    for version in world.plan.of_type("aws:secretsmanager/secretVersion:SecretVersion"):
        if version.inputs["secretId"] in task.inputs["containerDefinitions"]:
            yield version
    yield from role_policies(world, task.inputs["executionRoleArn"])
    yield from role_policies(world, task.inputs["taskRoleArn"])


def schedule(world: World, one: PlannedResource) -> Wanted:
    """It may be due at once: its tasks need what those of a service do, and who starts them may."""
    target = one.inputs["target"]
    yield from role_policies(world, target["roleArn"])
    ecs = target["ecsParameters"]
    family = ecs["taskDefinitionArn"].rpartition("/")[2].partition(":")[0]
    (task,) = world.whose("aws:ecs/taskDefinition:TaskDefinition", "family", {family})
    yield from what_a_task_is_given(world, task)
    network = ecs["networkConfiguration"]
    yield from ways_of_subnets(world, set(network["subnets"]))
    yield from world.whose(EGRESS, "securityGroupId", set(network["securityGroups"]))
    yield from what_lets_in(world)
    yield from world.plan.of_type(DATABASE_USER)


def what_the_chat_reads(world: World) -> Wanted:
    """The database lets the chat in before it starts; the user of backups may come later."""
    for user in world.plan.of_type(DATABASE_USER):
        if any(role["roleName"] == "readWrite" for role in user.inputs["roles"]):
            yield user
    yield from what_lets_in(world)


def what_lets_in(world: World) -> Wanted:
    """Atlas's ways in."""
    yield from world.plan.of_type("mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")
    yield from world.plan.of_type("mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService")


def keys_policies(world: World, one: PlannedResource) -> Wanted:
    """Policies of the keys that a resource is given, without which these may do nothing."""
    before = world.before(one.urn)
    for key in world.plan.of_type("aws:iam/accessKey:AccessKey"):
        if key.urn in before:
            yield from world.all(USER_POLICY, user=key.inputs["user"])


def _family(service: PlannedResource) -> str:
    arn = str(service.inputs["taskDefinition"])
    return arn.rpartition("/")[2].rpartition(":")[0]


def role_policies(world: World, arn: str) -> Wanted:
    """Policies of a role, without which it may do nothing."""
    for role in world.plan.of_type("aws:iam/role:Role"):
        if role.outputs["arn"] == arn:
            yield from world.whose(ROLE_POLICY, "role", {role.outputs["name"], role.id})


def listener(world: World, one: PlannedResource) -> Wanted:
    """A certificate that is not issued yet is refused (UnsupportedCertificate)."""
    yield from issued(world, one.inputs.get("certificateArn"))


def issued(world: World, arn: str | None) -> Wanted:
    """The wait for a certificate, and the records that prove its name."""
    if arn is not None:
        yield from world.all("aws:acm/certificateValidation:CertificateValidation", certificateArn=arn)


def validation(world: World, one: PlannedResource) -> Wanted:
    """It would wait in vain without the records."""
    names = {str(name).rstrip(".") for name in one.inputs["validationRecordFqdns"]}
    for token in dns.FORMS:
        for record in world.plan.of_type(token):
            if dns.host(token, record.inputs) in names:
                yield record


def distribution(world: World, one: PlannedResource) -> Wanted:
    """The same for CloudFront."""
    yield from issued(world, (one.inputs.get("viewerCertificate") or {}).get("acmCertificateArn"))


def flow_log(world: World, one: PlannedResource) -> Wanted:
    """Its role is tried when it is made."""
    yield from role_policies(world, one.inputs["iamRoleArn"])


def nat(world: World, one: PlannedResource) -> Wanted:
    """Refused in a network without an internet gateway (Gateway.NotAttached); of no use without the route."""
    yield from ways_of_subnets(world, {one.inputs["subnetId"]})


def endpoint(world: World, one: PlannedResource) -> Wanted:
    """With its private name all requests go there at once, so it must let them in."""
    yield from world.whose(INGRESS, "securityGroupId", set(one.inputs.get("securityGroupIds") or ()))


def accepted(world: World, _one: PlannedResource) -> Wanted:
    """When the database has a private address, connections to it pass both firewalls."""
    groups = {
        group
        for one in world.plan.of_type(ENDPOINT)
        if ".vpce-svc-" in str(one.inputs["serviceName"])
        for group in one.inputs["securityGroupIds"]
    }
    yield from world.whose(INGRESS, "securityGroupId", groups)
    yield from world.whose(EGRESS, "referencedSecurityGroupId", groups)


def event_destination(world: World, one: PlannedResource) -> Wanted:
    """SES tries whether it may publish to the topic (SES guide, "Set up an Amazon SNS event destination")."""
    topic = ((one.inputs["eventDestination"]).get("snsDestination") or {}).get("topicArn")
    if topic is not None:
        yield from world.all("aws:sns/topicPolicy:TopicPolicy", arn=topic)


def host(world: World, one: PlannedResource) -> Wanted:
    """It enrols at its first start, by a role of which the service makes sure.

    What it may read is given with the document, which names the host's own address; it asks again until then.
    """
    for role in world.plan.of_type("aws:iam/role:Role"):
        if "ssm.amazonaws.com" in str(role.inputs["assumeRolePolicy"]):
            yield role


def release(world: World, one: PlannedResource) -> Wanted:
    """Pods start at once: what they mount, may reach and need stands before."""
    if one.inputs["chart"] != "rocketchat":
        return
    for policy in world.plan.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        if policy.inputs["metadata"]["namespace"] == one.inputs["namespace"] and not any(
            only_for(policy, job) for job in world.plan.of_type(CRON_JOB)
        ):
            yield policy
    yield from world.plan.of_type("kubernetes:apps/v1:StatefulSet")
    yield from world.plan.of_type("kubernetes:networking.doks.digitalocean.com/v1alpha1:Route")
    yield from what_the_chat_reads(world)
    yield from keys_policies(world, one)


def cron_job(world: World, one: PlannedResource) -> Wanted:
    """It may be due at once: its pods reach nothing without their policy, and their key may do nothing without its."""
    yield from world.plan.of_type("kubernetes:apps/v1:StatefulSet")
    for policy in world.plan.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        if only_for(policy, one):
            yield policy
    yield from keys_policies(world, one)


def only_for(policy: PlannedResource, job: PlannedResource) -> bool:
    """Tell whether a network policy picks the pods of a job, rather than all of the namespace or others."""
    picked = policy.inputs["spec"]["podSelector"].get("matchLabels") or {}
    pods = job.inputs["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    same = policy.inputs["metadata"]["namespace"] == job.inputs["metadata"]["namespace"]
    return same and bool(picked) and picked.items() <= pods.items()


ORDER: Mapping[str, Callable[[World, PlannedResource], Wanted]] = {
    "aws:acm/certificateValidation:CertificateValidation": validation,
    "aws:cloudfront/distribution:Distribution": distribution,
    "aws:ec2/flowLog:FlowLog": flow_log,
    "aws:ec2/natGateway:NatGateway": nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
    "aws:ecs/service:Service": ecs_service,
    "aws:lb/listener:Listener": listener,
    "aws:lb/loadBalancer:LoadBalancer": balancer,
    "aws:lightsail/instance:Instance": host,
    "aws:scheduler/schedule:Schedule": schedule,
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": event_destination,
    "digitalocean:index/droplet:Droplet": host,
    CRON_JOB: cron_job,
    "kubernetes:helm.sh/v3:Release": release,
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService": accepted,
}
"""For each type, what must stand before it."""


def too_early(plan: Plan) -> list[str]:
    """What is made before something that it needs."""
    world = World(plan)
    return sorted(
        {
            f"{one.name} ({one.type}) does not wait for {needed.name} ({needed.type})"
            for kind, wanted in ORDER.items()
            for one in plan.of_type(kind)
            for needed in wanted(world, one)
            if needed.urn not in world.before(one.urn)
        }
    )


def _variants() -> dict[str, dict[str, Any]]:
    runtime = {
        "per zone": {"network": {"nat": "per-zone", "zones": 3}},
        "endpoints": {
            "network": {"endpoints": ["secretsmanager", "logs", "ecr.api", "ecr.dkr", "ssmmessages"]}
        },
        "shells": {"exec": True},
    }
    return {name: {"rocketchat:runtime": keys} for name, keys in runtime.items()} | {
        "dumps": {"rocketchat:backup": {"dumps": True}},
        "public database": {"rocketchat:database": {"privateLink": False}},
        "microservices": {"rocketchat:runtime": {"topology": "microservices"}},
        # Production has no containers with public addresses.
        "no nat": {
            "rocketchat:chat": {"profile": "trial"},
            "rocketchat:runtime": {"network": {"nat": "none"}},
            "rocketchat:database": {"privateLink": True},
        },
    }


@cache
def _varied(variant: str) -> Plan:
    values, secure = values_of("lovia-fargate"), {*files.read("lovia-fargate").secure, "rocketchat:license"}
    for part, keys in _variants()[variant].items():
        values[part] = {**values.get(part, {}), **keys}
    return planned(values, secure)


@pytest.mark.slow
@pytest.mark.parametrize("stack", files.names())
def test_in_every_stack_nothing_is_made_before_what_it_needs(stack: str) -> None:
    found = files.read(stack)
    assert too_early(planned(values_of(stack), found.secure, stack=stack)) == []


@pytest.mark.slow
@pytest.mark.parametrize("variant", sorted(_variants()))
def test_in_every_form_of_the_network_nothing_is_made_before_what_it_needs(variant: str) -> None:
    assert too_early(_varied(variant)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("choice", "profile"),
    list(zip(sampled(list(possible())), cycle(["trial", "production"]), strict=False)),
    ids=lambda one: one if isinstance(one, str) else "-".join(one.values()),
)
def test_in_every_combination_nothing_is_made_before_what_it_needs(choice: Choice, profile: str) -> None:
    values = values_for(choice, profile=profile)
    secure = secure_for(values)
    if refusals(values, secure):
        values = values_for(choice)
    assert too_early(planned(values, secure)) == []


@pytest.mark.slow
def test_the_order_is_looked_for_in_types_that_are_made() -> None:
    kinds = {
        one.type
        for stack in files.names()
        for one in planned(values_of(stack), files.read(stack).secure, stack=stack).resources
    }
    dumped = values_for(
        {"runtime": "kubernetes", "database": "in-cluster", "media": "gridfs", "dns": "none"},
        profile="production",
    )
    kinds |= {one.type for one in planned(dumped, secure_for(dumped)).resources}
    kinds |= {one.type for one in _varied("dumps").resources}
    assert set(ORDER) <= kinds
