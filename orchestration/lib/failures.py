"""What is said of a failure: never what a database or a library says, which quotes values; records outlive people."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from cardinal.errors import CardinalError

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


class StepError(CardinalError):
    """A step met what nobody foresaw; the message says of what kind it is, and the log of the run where it was."""


@contextmanager
def without_values(context: Context) -> Iterator[None]:
    """Let out only errors that Dagster may write down, without those that they came of."""
    try:
        yield
    except (CardinalError, dg.Failure, dg.RetryRequested) as error:
        raise error from None
    except Exception as error:
        raise StepError(explain(context, error)) from None


def explain(context: Context, error: Exception) -> str:
    """Return what to say of an error: all that Cardinal says, else the kind; the log is told where it was."""
    if isinstance(error, CardinalError):
        return str(error)
    places = "".join(traceback.format_tb(error.__traceback__))
    context.log.error(f"{type(error).__name__} (its text may quote values, and is left out)\n{places}")
    return f"{type(error).__name__}{': the disk is full' * is_full(error)} (where it was is in the log of the run)"


def is_full(error: Exception) -> bool:
    """Return whether it says that the disk is full, which goes away; DuckDB and polars say so in words only."""
    return os.strerror(errno.ENOSPC) in str(error)
