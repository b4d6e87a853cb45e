"""An S3 bucket: the files of a folder as objects, the manifest last. Needs the extra `s3` (obstore)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cardinal.activation.declaration import Sync, SyncError
from cardinal.activation.destination import AccessRefusedError, Answer, Batch, UnavailableError
from cardinal.activation.destinations.batch_files import batch_files, declared_format, manifest_name
from cardinal.activation.destinations.http import needed_secret, safe_url
from cardinal.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")


class S3:
    """One prefix of a bucket."""

    def __init__(self, store: S3Store, prefix: str, file_format: str) -> None:
        """`prefix` is where the objects of one sync go."""
        self._store, self._prefix, self._format = store, prefix, file_format

    @classmethod
    def declared(cls, sync: Sync, settings: Settings) -> S3:
        """Make it from a declaration: bucket, region, prefix, format, access_key_id, secret; url where it isn't AWS."""
        given = sync.destination
        bucket, prefix = str(given.get("bucket", "")), str(given.get("prefix", "cardinal"))
        if not BUCKET.fullmatch(bucket) or not PREFIX.fullmatch(prefix):
            raise SyncError(f"sync {sync.name}: destination.bucket or destination.prefix is no name of one")
        for needed in ("region", "access_key_id"):
            if not given.get(needed):
                raise SyncError(f"sync {sync.name}: destination.{needed} is missing")
        url = safe_url(sync) if given.get("url") else None
        return cls(_store(sync, settings, bucket, url), f"{prefix}/{sync.name}", declared_format(sync))

    def send(self, batch: Batch) -> Answer:
        """Put the file, then the manifest; an object is there whole or not at all."""
        for name, content in batch_files(batch, self._format):
            self._ask(self._store.put, f"{self._prefix}/{name}", content, use_multipart=False)
        return Answer()

    def was_taken(self, batch_key: str) -> bool | None:
        """Whether the manifest is there."""
        from obstore.exceptions import NotFoundError

        try:
            self._ask(self._store.head, f"{self._prefix}/{manifest_name(batch_key)}")
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def close(self) -> None:
        """Nothing is open."""

    def _ask(self, what: Any, *arguments: Any, **options: Any) -> None:
        from obstore import exceptions

        try:
            what(*arguments, **options)
        except (exceptions.UnauthenticatedError, exceptions.PermissionDeniedError) as error:
            raise AccessRefusedError(type(error).__name__) from None
        except (exceptions.NotFoundError, FileNotFoundError):
            if what == self._store.head:
                raise
            raise AccessRefusedError("there is no such bucket") from None
        except exceptions.BaseError as error:
            raise UnavailableError(type(error).__name__) from None


def _store(sync: Sync, settings: Settings, bucket: str, url: str | None) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError:
        raise SyncError(f"sync {sync.name}: install the extra for it: pip install 'cardinal[s3]'") from None
    seconds = timedelta(seconds=sync.delivery.timeout_seconds)
    options: dict[str, Any] = {
        "region": str(sync.destination["region"]),
        "access_key_id": str(sync.destination["access_key_id"]),
        "secret_access_key": needed_secret(sync, settings),
        "virtual_hosted_style_request": url is None,
        "client_options": {"timeout": seconds, "allow_http": url is not None and url.startswith("http://")},
        # The sender tries again by itself, and knows when to stop.
        "retry_config": {"max_retries": 0, "retry_timeout": seconds},
    }
    if url is not None:
        options["endpoint"] = url
    return S3Store(bucket, **options)
