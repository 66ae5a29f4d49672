"""The SMTP password of Amazon SES. Pure."""

import base64
import hashlib
import hmac

VERSION = b"\x04"


def smtp_password(secret_access_key: str, region: str) -> str:
    """Return the SES SMTP password that belongs to an IAM user's secret access key, in one region.

    It is not the key itself, and not valid in another region. Algorithm:
    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
    """
    signature = f"AWS4{secret_access_key}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(VERSION + signature).decode()
