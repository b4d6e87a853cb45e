"""The build from nothing that follows when rows were removed from the lake."""

from __future__ import annotations

from cardinal.dbt_build import Progress, build_warehouse
from cardinal.errors import CardinalError
from cardinal.settings import Settings


class RebuildError(CardinalError):
    """The build failed; another try would fail alike."""


def build_anew(settings: Settings, progress: Progress) -> None:
    """Build and test everything.

    Raises:
        RebuildError: A model or a test failed: what is published stays as it was.
    """
    built = build_warehouse(settings, progress, "--exclude-resource-type", "unit_test")
    if built.failures:
        names = ", ".join(list(built.failures)[:5])
        raise RebuildError(
            f"{len(built.failures):,} models or tests failed: {names} (log: {built.log}). What is published shows what"
            " was removed until the build is whole: put it right and do the same again"
        )
