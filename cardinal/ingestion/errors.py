"""What can stop ingestion, or one file of it."""

from __future__ import annotations

from cardinal.errors import CardinalError


class IngestionError(CardinalError):
    """Ingestion as a whole can't go on; nothing that stood in the lake is harmed."""


class FileRejectedError(Exception):
    """A drop that can't be read as its contract says. The message names file, column and contract, never a value."""


class FileUnsettledError(Exception):
    """A drop that vanished or changed while it was read. It is left for the next run."""
