"""Cloud Map."""

from clouds.aws.calls import create, sent
from clouds.aws.common import tagged
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Nothing,
    Refused,
    Refuses,
    Resource,
    Use,
    one_name,
    replaced_by,
)

HTTP_NAMESPACE = Resource(
    "aws:servicediscovery/httpNamespace:HttpNamespace",
    "names of services among themselves",
    answers=Answers(
        id=lambda ask: f"ns-{ask.letters(16, 'abcdefghijklmnopqrstuvwxyz234567')}",
        outputs={
            "arn": "arn:{partition}:servicediscovery:{region}:{account}:namespace/{id}",
            "httpName": "{name}",
        },
        autoname=Autoname(limit=1024),
    ),
    requests=sent(create("servicediscovery.CreateHttpNamespace", fixed={"CreatorRequestId": "terraform-1"})),
    refuses=Refuses(
        once=(one_name("namespace", "NamespaceAlreadyExists"),),
        used_by=(Use("aws:ecs/service:Service", "serviceConnectConfiguration.namespace", "ResourceInUse"),),
    ),
    again=Refused(),
    replaced=replaced_by("description name region"),
    import_id="{id}",
    found=tagged("servicediscovery", r"namespace/(?P<id>.+)"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: Service Connect costs nothing beside the containers"),
)
