"""A Kubernetes cluster that is there already: the model and its rules. `place.py` makes it."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from components.sdk import own_settings
from rocketchat import sizing
from stacks.fields import Address, ClusterName, Part, of_kind
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.dns import DnsKind
from stacks.kinds.kind import chosen
from stacks.kinds.media import MediaKind
from stacks.kinds.runtime import Place
from stacks.kinds.runtime.cluster import Annotations, ClusterChat, ClusterDns, Nodes
from stacks.kinds.runtime.kubernetes.kubeconfig import context_problem, kubeconfig_problem
from stacks.problems import Problem
from stacks.questions import Answers, Ask
from stacks.secret_keys import SecretKey, command

if TYPE_CHECKING:
    import pulumi

    from stacks.kinds.context import Context
    from stacks.spec import Parts


class GatewayIngress(Part):
    """A Gateway of the cluster's own controller, with routes that the stack writes."""

    kind: Literal["gateway"]
    gateway_class: ClusterName = "cilium"
    """GatewayClass of the controller; DigitalOcean's managed one is `cilium`."""
    issuer: ClusterName = "letsencrypt"
    """ClusterIssuer of cert-manager, which the cluster has."""


class ExistingGateway(Part):
    """A Gateway that is there already, and is left alone: with its certificate, its address, and its redirect to HTTPS.

    Its listener must admit routes of the chat's namespace (`allowedRoutes`) for the chat's name.
    """

    kind: Literal["gateway-existing"]
    name: ClusterName
    """Name of the Gateway."""
    namespace: ClusterName
    """Its namespace."""
    listener: ClusterName = "https"
    """Its listener for HTTPS."""
    address: Address | None = None
    """Public address of the Gateway, for the DNS record; none is made when left out."""


class ClassIngress(Part):
    """An Ingress for a controller that the cluster has."""

    kind: Literal["class"]
    name: ClusterName
    """Class of the controller, such as `traefik`. `nginx` (ingress-nginx) is retired and gets no fixes."""
    issuer: ClusterName | None = None
    """ClusterIssuer of cert-manager, which the cluster has. Either this or `tlsSecret`."""
    tls_secret: ClusterName | None = None
    """Secret with the certificate, which is in the namespace already."""
    address: Address | None = None
    """Public address of the controller, for the DNS record; none is made when left out."""

    annotations: Annotations = {}
    """Further annotations of the Ingress, which the controller reads; one of the same name stands in the place of the
    chat's own."""

    @property
    def limit_is_known(self) -> bool:
        """Whether it is known how the controller is told of the largest request."""
        return self.name in ("nginx", "traefik")


class NoIngress(Part):
    """No way in but `kubectl port-forward`. For trying out."""

    kind: Literal["none"] = "none"
    port: int = Field(default=3000, ge=1024, le=65535)
    """Port of this machine at which the chat is reached."""


def _by_class(answers: Answers) -> bool:
    return answers["runtime.ingress.kind"] == "class"


def _by_gateway_there(answers: Answers) -> bool:
    return answers["runtime.ingress.kind"] == "gateway-existing"


def _by_what_is_there(answers: Answers) -> bool:
    return _by_class(answers) or _by_gateway_there(answers)


def _usual_name(answers: Answers) -> str | None:
    return "traefik" if _by_class(answers) else None


def _usual_ingress(answers: Answers) -> str:
    return "class" if answers["chat.profile"] == "production" else "none"


class KubernetesRuntime(ClusterChat):
    """The official chart on any cluster that is there already."""

    secrets: ClassVar = (
        SecretKey(
            "kubeconfig",
            "Kubeconfig (YAML) of the existing cluster, with credentials of its own.",
            problem=kubeconfig_problem,
        ),
    )
    example: ClassVar = {
        "context": "example",
        "ingress": {"kind": "class", "name": "traefik", "issuer": "letsencrypt", "address": "203.0.113.8"},
        "egressAddresses": ["203.0.113.7"],
    }
    asks: ClassVar = {
        "context": Ask("`kubectl config get-contexts` lists them.", text="Context of the kubeconfig"),
        "ingress.kind": Ask(default=_usual_ingress, text="How users get in"),
        "ingress.name": Ask(
            "`kubectl get ingressclass` and `kubectl get gateway -A` list them.",
            _usual_name,
            "Class of the ingress controller, or name of the Gateway",
            _by_what_is_there,
        ),
        "ingress.namespace": Ask(
            "`kubectl get gateway -A` shows it.", None, "Namespace of the Gateway", _by_gateway_there
        ),
        "ingress.issuer": Ask(
            "`kubectl get clusterissuer` lists those of cert-manager.",
            "letsencrypt",
            "ClusterIssuer that gets the certificate",
            _by_class,
        ),
        "ingress.address": Ask(
            "`kubectl get service -A` and `kubectl get gateway -A` show it.",
            "",
            "Public address of the controller or Gateway, for the DNS record",
            _by_what_is_there,
        ),
        "egressAddresses": Ask(
            "Of the cluster's NAT gateway, separated by commas; the database lets them in.",
            "",
            "Public addresses that connections leave the cluster from",
        ),
    }
    # doc.traefik.io, "IPAllowList"; kubernetes.github.io/ingress-nginx, "Annotations"; an HTTPRoute has filters and
    # matches of headers, and none of addresses (gateway-api.sigs.k8s.io, "HTTPRoute").
    instead: ClassVar = {
        "priorityClassName": "the vendor's chart names none: have a PriorityClass with `globalDefault: true`, or an "
        "admission policy that names one for the namespace",
        "allowFrom": "the cluster's controller lets users in, and is told by `ingress.annotations` of kind class: "
        '`{nginx.ingress.kubernetes.io/whitelist-source-range: "203.0.113.0/24"}` for nginx, '
        "`{traefik.ingress.kubernetes.io/router.middlewares: NAMESPACE-NAME@kubernetescrd}` for traefik, with a "
        "Middleware (ipAllowList) of that name; routes of a Gateway know no addresses: say it at the balancer before "
        "it",
    }
    usual_database: ClassVar = {"trial": "in-cluster", "production": "uri"}

    paid_elsewhere: ClassVar = "the cluster with its nodes and balancer, which is there already"
    kind: Literal["kubernetes"]
    context: str | None = Field(default=None, min_length=1)
    """Context of the kubeconfig: that of the secret `kubeconfig`, else of this machine's own."""
    existing_namespace: bool = False
    """The namespace is there already, with whatever else is in it. It is left alone, at destroy too, and so are all
    pods but the chat's and its database's. To be said at the first deployment: later it is refused, because a namespace
    that the stack has made would be deleted."""
    cluster_dns: ClusterDns | None = None
    """Where the cluster's name service is, which the pods may ask; in `kube-system` at port 53 when left out. In
    OpenShift `{namespace: openshift-dns, port: 5353}`; the next steps of a plan then say how its pods may run as the
    users of their images (the SCC `nonroot-v2`)."""
    nodes: Nodes | None = None
    """On which nodes the pods run; on any when left out."""
    ingress: Annotated[
        GatewayIngress | ExistingGateway | ClassIngress | NoIngress,
        Field(discriminator="kind"),
        of_kind("none"),
    ] = NoIngress()
    """How users get in."""
    egress_addresses: list[Address] = []
    """Public addresses that connections leave the cluster from, which the database lets in."""

    fixes_egress: ClassVar = (
        "egressAddresses",
        "name them, such as `egressAddresses: [203.0.113.7]`",
    )

    @property
    def shares_name(self) -> bool:
        """The ingress controller or gateway is the cluster's."""
        return True

    @property
    def fixed_egress(self) -> bool:
        """By the addresses that the file names."""
        return bool(self.egress_addresses)

    @property
    def on_nodes(self) -> Nodes | None:
        """As the file says."""
        return self.nodes

    @property
    def names_from(self) -> ClusterDns | None:
        """As the file says."""
        return self.cluster_dns

    @property
    def leaves_namespace(self) -> bool:
        """As the file says."""
        return self.existing_namespace

    def root_url(self, host: str) -> str:
        """By port-forward where nothing leads in."""
        if isinstance(self.ingress, NoIngress):
            return f"http://localhost:{self.ingress.port}"
        return super().root_url(host)

    def disagrees(self, name: str, value: str) -> str | None:
        """The kubeconfig leads to the cluster that is meant, and not only until yesterday."""
        return context_problem(value, self.context) if name == "kubeconfig" else None

    def provider(self, secrets: "Mapping[str, pulumi.Input[str]]") -> "pulumi.ProviderResource":
        """The cluster is reached by the file's context, or by the secret kubeconfig."""
        import pulumi_kubernetes as kubernetes

        with own_settings("pulumi_kubernetes"):
            provider: pulumi.ProviderResource = kubernetes.Provider(
                "kubernetes",
                # When it is empty the provider looks into $KUBECONFIG by itself, which may be a list there.
                kubeconfig=secrets.get("kubeconfig", ""),
                context=self.context,
                # The provider cannot see which cluster this machine's own kubeconfig leads to: without this, another
                # context would leave everything where it is, and later changes would look for it in the other cluster.
                cluster_identifier=self.context,
            )
        return provider

    def make(self, context: "Context") -> Place:
        """Reach the cluster, and make the chat's namespace."""
        from stacks.kinds.runtime.kubernetes.place import OnKubernetes

        return OnKubernetes(self, context)


@rule("The cluster is the one that is meant")
def _reached(runtime: KubernetesRuntime, secrets: AbstractSet[str]) -> Iterator[Finding]:
    if runtime.context is None and "kubeconfig" not in secrets:
        yield Problem(
            "rocketchat:runtime.context",
            "without it the chat goes to whatever cluster this machine's kubeconfig points to just now",
            remedy=f"add `context: <name>` (kubectl config get-contexts), or {command('rocketchat:kubeconfig')}",
        )
        return
    yield Note(
        f"{runtime.context or 'its current context'} of "
        + ("the secret `kubeconfig`" if "kubeconfig" in secrets else "this machine's kubeconfig")
    )


@rule("Users get into the cluster")
def _ingress(
    runtime: KubernetesRuntime, dns: DnsKind | None, size: sizing.Size, readable: "Parts"
) -> Iterator[Finding]:
    ingress = runtime.ingress
    several = (runtime.instances or size.instances) > 1
    if isinstance(ingress, NoIngress):
        if dns is not None and not any(one.names() for _, one in chosen(readable)):
            yield Problem(
                "rocketchat:dns",
                "nothing leads into the cluster (ingress.kind is none), so there is nothing to name",
                remedy="leave dns out, or give `runtime.ingress: {kind: gateway}` or one of kind class",
            )
        yield Note(f"by port-forward, at http://localhost:{ingress.port}")
        return
    if isinstance(ingress, ClassIngress):
        if (ingress.issuer is None) == (ingress.tls_secret is None):
            yield Problem(
                "rocketchat:runtime.ingress",
                "the certificate comes either from `issuer` (a ClusterIssuer) or from `tlsSecret`, not both or none",
            )
        if ingress.name == "nginx":
            yield Warning_(
                "ingress-nginx (class nginx) was retired in March 2026 and gets no fixes: move to a Gateway or Traefik"
            )
        elif ingress.name != "traefik":
            yield Warning_(
                f"what class {ingress.name} needs for uploads of 100 MB, long connections and stickiness is not "
                "known here; set it at the controller"
            )
    elif several:
        yield Warning_(_NO_COOKIE)
    if not isinstance(ingress, GatewayIngress) and dns is not None and ingress.address is None:
        yield Warning_("no record is made: `ingress.address` does not say where the way in answers")
    if isinstance(ingress, ExistingGateway):
        yield Note(
            f"by the Gateway {ingress.namespace}/{ingress.name}, whose listener {ingress.listener} must admit routes "
            f"of the namespace {runtime.namespace}"
        )
    else:
        yield Note(f"by {'Ingress' if isinstance(ingress, ClassIngress) else 'Gateway'}")


_NO_COOKIE = (
    "a Gateway keeps no visitor at one server: WebSockets do not mind, the fallback without them (SockJS) fails now "
    "and then"
)


@rule("The ingress controller lets uploads pass")
def _largest_upload(runtime: KubernetesRuntime, media: MediaKind, dns: DnsKind | None) -> Iterator[Finding]:
    ingress = runtime.ingress
    if isinstance(ingress, ClassIngress) and not ingress.limit_is_known:
        largest = media.largest_file_mb(dns)
        yield Warning_(
            f"the ingress controller {ingress.name} must let requests of {largest + largest // 10} MB pass; how it is "
            "told is not known here"
        )
