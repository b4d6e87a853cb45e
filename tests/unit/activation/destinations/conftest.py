"""What the tests of all destinations stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.activation.destinations.platform import Platform, listening


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform on this machine."""
    with listening() as platform:
        yield platform
