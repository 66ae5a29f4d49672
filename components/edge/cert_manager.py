"""What cert-manager is: its chart and the images that the chart runs."""

from typing import Final

VERSION: Final = "v1.21.2"
REPOSITORY: Final = "https://charts.jetstack.io"
IMAGES: Final = {
    "image": "quay.io/jetstack/cert-manager-controller",
    "webhook": "quay.io/jetstack/cert-manager-webhook",
    "cainjector": "quay.io/jetstack/cert-manager-cainjector",
    "acmesolver": "quay.io/jetstack/cert-manager-acmesolver",
    "startupapicheck": "quay.io/jetstack/cert-manager-startupapicheck",
}
"""By the chart's key; that of the controller itself stands at the top (cert-manager, `deploy/charts/cert-manager/
values.yaml`). Their tag is the chart's version."""
