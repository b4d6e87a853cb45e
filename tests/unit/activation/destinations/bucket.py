"""An S3 bucket on this machine that lets nobody in whose signature isn't right (AWS Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.unit.activation.destinations.platform import Asked, Platform

# Those of the examples in the documentation of AWS.
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request), ?"
    r"SignedHeaders=(?P<names>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass
class Bucket(Platform):
    """Its objects by path, in the order in which they came."""

    objects: dict[str, str] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Any:
        if not is_signed(asked):
            return 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if self.answers:
            return self.answers.pop(0)
        if asked.method == "PUT":
            self.objects[asked.path] = asked.content
            return 200, "", {"etag": '"1"'}
        headers = {"etag": '"1"', "last-modified": "Sun, 29 Nov 2026 12:00:00 GMT"}
        return (200, self.objects[asked.path], headers) if asked.path in self.objects else (404, "")


def is_signed(asked: Asked) -> bool:
    """Sign what was asked once more, from the specification, and compare."""
    found = SIGNED.fullmatch(asked.headers.get("authorization", ""))
    if found is None or found["key"] != KEY_ID:
        return False
    address = urlsplit(asked.path)
    names = found["names"].split(";")
    body = hashlib.sha256((asked.content or "").encode()).hexdigest()
    said = asked.headers["x-amz-content-sha256"]
    if said not in (body, "UNSIGNED-PAYLOAD") or "host" not in names:
        return False
    pairs = sorted(parse_qsl(address.query, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    headers = "".join(f"{name}:{' '.join(asked.headers[name].split())}\n" for name in names)
    canonical = "\n".join([asked.method, address.path, query, headers, found["names"], said])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", asked.headers["x-amz-date"], found["scope"], hashed])
    key = f"AWS4{SECRET}".encode()
    for part in (found["day"], found["region"], "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), found["signature"])
