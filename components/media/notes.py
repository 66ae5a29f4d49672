"""What a CDN before the media bucket does, said in one line. No Pulumi here."""

PUBLIC_PREFIX = "public/"
"""Objects below it may be fetched through the CDN without a login, unless another prefix is given."""

KINDS = ("cloudfront", "host", "none")

_TRUTH = "uploads and downloads of the chat go through the app and signed S3 links, never through a CDN"


def cdn_note(kind: str, host: str = "", prefix: str = PUBLIC_PREFIX) -> str:
    """Return the line for people about a CDN of `kind` (`cloudfront`, `host` or `none`) at `host`.

    Rocket.Chat has not read its setting FileUpload_S3_CDN since 2017, so no kind of CDN carries uploads.
    Raises ValueError for another kind.
    """
    if kind == "none":
        return f"No CDN for media: {_TRUTH}."
    if kind == "host":
        return f"The CDN {host} is not made here and the chat does not use it: {_TRUTH}."
    if kind != "cloudfront":
        raise ValueError(f"the CDN's kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    if prefix:
        return f"The CDN {host} serves only what you put under {prefix} in the bucket; {_TRUTH}."
    return f"The CDN {host} serves each object, without a login, to whoever knows its key; {_TRUTH}."
