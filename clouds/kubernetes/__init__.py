"""Kubernetes: objects in a cluster, releases of Helm charts, and the custom kinds that we use."""
