"""Names that the schema's writer and its reader share."""


def file_stem(token: str) -> str:
    """Return the schema file of a token: `aws:ec2/vpc:Vpc` -> `aws.ec2`; a provider -> `aws.provider`."""
    package, module, name = token.split(":")
    if package == "pulumi":
        return f"{name}.provider"
    return f"{package}.{module.rpartition('/')[0].replace('/', '.') or module.replace('/', '.')}"
