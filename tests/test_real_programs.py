"""The real programs that tests use: they are there or skipped with a reason, and do what the tests rely on."""

import subprocess
from pathlib import Path

import pytest
import real_programs
from real_programs import Cloud, Server

pytest_plugins = ["pytester"]


def test_what_was_dumped_comes_back_under_another_name_with_its_indexes(mongodb: Server) -> None:
    mongodb.shell(
        'const d = db.getSiblingDB("chat"); d.users.insertMany([{username: "a"}, {username: "b"}]); '
        "d.users.createIndex({username: 1}, {unique: true}); "
        'd.getCollection("uploads.chunks").insertOne({n: 1})'
    )
    tools = real_programs.mongo_tools()
    dump = subprocess.run(  # noqa: S603
        [tools / "mongodump", f"--uri={mongodb.uri}", "--db=chat", "--archive", "--gzip"],
        capture_output=True,
        check=True,
    )
    subprocess.run(  # noqa: S603
        [
            tools / "mongorestore",
            f"--uri={mongodb.uri}",
            "--archive",
            "--gzip",
            "--nsFrom=chat.*",
            "--nsTo=copy.*",
        ],
        input=dump.stdout,
        capture_output=True,
        check=True,
    )
    assert mongodb.shell('db.getSiblingDB("copy").users.getIndexes().length') == "2"
    rename = '{renameCollection: "copy.uploads.chunks", to: "copy.moved.chunks"}'
    assert mongodb.shell(f"db.adminCommand({rename}).ok") == "1"


def test_data_outlives_a_killed_server(mongodb: Server) -> None:
    mongodb.shell('db.getSiblingDB("chat").users.insertOne({username: "a"})')
    mongodb.kill()
    mongodb.start()
    assert mongodb.shell('db.getSiblingDB("chat").users.countDocuments({})') == "1"


def test_the_cloud_keeps_old_versions(cloud: Cloud) -> None:
    bucket = cloud.bucket("backups")
    for text in ("old", "new"):
        cloud.aws("s3", "cp", "-", f"s3://{bucket}/key", stdin=text)
    assert cloud.keys(bucket) == ["key"]
    told = cloud.aws(
        "s3api", "list-object-versions", "--bucket", bucket, "--query", "Versions[].Size", "--output", "text"
    )
    assert told.split() == ["3", "3"]


@pytest.mark.slow
def test_a_program_that_cannot_be_had_skips_and_is_named_in_the_last_line(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    checkout = Path(real_programs.__file__).parent.parent
    pytester.makepyfile(
        f"""
        import sys
        sys.path[:0] = [{str(checkout)!r}, {str(checkout / "tests")!r}]
        import pathlib, real_programs
        real_programs.HOME = pathlib.Path({str(pytester.path / "empty")!r})
        def test_one(): real_programs.mongosh()
        """
    )
    pytester.makeconftest(
        f"import sys\nsys.path[:0] = [{str(checkout)!r}, {str(checkout / 'tests')!r}]\n"
        'pytest_plugins = ["real_programs"]\n'
    )
    found = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    found.assert_outcomes(skipped=1)
    assert (
        "1 tests with real programs skipped: mongosh-packed 2.12.0 (npm is not installed)"
        in found.outlines[-1]
    )
