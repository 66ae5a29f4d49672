"""Tests touch no account and no network, and say at the end what could not run for want of an engine."""

import os
from collections.abc import Iterator

import pytest

import components  # noqa: F401 - makes the SDKs import one file at a time, before any test imports one

pytest_plugins = ["rehearsal.testing"]

UNSET = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
SET = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(autouse=True, scope="session")
def _hermetic() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in UNSET:
            patch.delenv(name, raising=False)
        for name, value in SET.items():
            patch.setenv(name, value)
        yield
