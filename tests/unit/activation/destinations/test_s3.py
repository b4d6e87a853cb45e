"""S3 against a bucket that checks signatures: files and manifests as in a folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Batch, Row, UnavailableError
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.settings import Settings
from tests.unit.activation.desk import desk
from tests.unit.activation.destinations.bucket import KEY_ID, SECRET, Bucket, is_signed
from tests.unit.activation.destinations.platform import Asked, listening

ROWS = Batch(
    "people", "run", [Row("p1", "add", "id1", {"phone": "สมชาย"}), Row("p2", "remove", "id2", {"phone": "=1"})]
)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with listening(Bucket()) as platform:
        assert isinstance(platform, Bucket)
        yield platform


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_S3", SECRET)
    return Settings(tmp_path)


def declared(tmp_path: Path, url: str, **changes: Any) -> Sync:
    destination = {
        "type": "s3", "url": url, "bucket": "lists", "prefix": "out/crm", "region": "ap-southeast-7",
        "access_key_id": KEY_ID, "secret": "s3", **changes,
    }  # fmt: skip
    sync = desk(tmp_path / "home", destination=destination).sync
    return dataclasses.replace(sync, delivery=dataclasses.replace(sync.delivery, timeout_seconds=0.3))


def test_the_check_of_signatures_is_that_of_aws() -> None:
    """The example of the documentation of Signature Version 4 for S3: GET Object."""
    asked = Asked(
        "GET",
        "/test.txt",
        {
            "host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-date": "20130524T000000Z",
            "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        },
        None,
    )  # fmt: skip
    assert is_signed(asked)
    assert not is_signed(dataclasses.replace(asked, path="/other.txt"))


def test_the_file_comes_first_and_then_its_manifest(bucket: Bucket, settings: Settings, tmp_path: Path) -> None:
    target = open_destination(declared(tmp_path, bucket.url), settings)
    assert target.was_taken(ROWS.batch_key) is False
    assert not target.send(ROWS).rejected
    (file, content), (manifest, described) = bucket.objects.items()
    assert file == f"/lists/out/crm/people/{ROWS.batch_key}.jsonl"
    assert manifest == f"/lists/out/crm/people/{ROWS.batch_key}.manifest.json"
    assert json.loads(content.splitlines()[0]) == {"id": "id1", "op": "add", "key": "p1", "fields": {"phone": "สมชาย"}}
    assert json.loads(described)["sha256"] == hashlib.sha256(content.encode()).hexdigest()
    assert target.was_taken(ROWS.batch_key) is True


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((403, "<Error/>"), AccessRefusedError), ((401, ""), AccessRefusedError), ((404, ""), AccessRefusedError),
        ((500, ""), UnavailableError), ((503, ""), UnavailableError), ((429, ""), UnavailableError),
        ("hang up", UnavailableError), ("late", UnavailableError),
    ],
)  # fmt: skip
def test_broken_off_it_is_made_whole(
    bucket: Bucket, settings: Settings, tmp_path: Path, answer: Any, error: type[Exception]
) -> None:
    target = open_destination(declared(tmp_path, bucket.url), settings)
    bucket.answers = [(200, "", {"etag": '"1"'}), answer]
    with pytest.raises(error) as raised:
        target.send(ROWS)
    assert SECRET not in str(raised.value)
    target.send(ROWS)
    assert len(bucket.objects) == 2


def test_a_wrong_secret_is_not_let_in(
    bucket: Bucket, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_S3", "wrong")
    with pytest.raises(AccessRefusedError):
        open_destination(declared(tmp_path, bucket.url), settings).send(ROWS)


def test_wrong_declarations_are_told(settings: Settings, tmp_path: Path) -> None:
    for changed, words in (
        ({"bucket": "Lists/x"}, "no name of one"),
        ({"prefix": "../x y"}, "no name of one"),
        ({"region": ""}, "destination.region is missing"),
        ({"format": "xls"}, "destination.format must be one of jsonl, csv"),
        ({"secret": "none"}, "CARDINAL_SECRET_NONE"),
    ):
        with pytest.raises(SyncError, match=words):
            open_destination(declared(tmp_path, "https://s3.example", **changed), settings)
    with pytest.raises(SyncError, match="must begin with https://"):
        open_destination(declared(tmp_path, "http://s3.example"), settings)
