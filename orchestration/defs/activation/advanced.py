"""Where people are in programmes: everybody taken as far as they get by the snapshot that was just published."""

from time import monotonic

import dagster as dg

from cardinal.programmes.advancing import advance
from cardinal.programmes.declaration import ProgrammeError
from cardinal.settings import load_settings
from orchestration.defs.publishing.published import SNAPSHOT
from orchestration.lib.dbt_project import team
from orchestration.lib.freshness import NIGHTLY
from orchestration.lib.metadata import describe, since
from orchestration.lib.progress import show_progress
from orchestration.lib.steps import RETRIES

OWNER = "crm"


@dg.asset(
    key=dg.AssetKey(["advanced", "programmes"]),
    deps=[SNAPSHOT],
    freshness_policy=NIGHTLY,
    description="Where people are in programmes, and the messages that became due: they are in the next build.",
    group_name=OWNER,
    owners=[team(OWNER)],
    kinds={"activation"},
    # One state, one run at a time.
    pool="programmes",
    retry_policy=RETRIES,
)
def programmes(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Advance the programmes; what they are due goes through the inbox."""
    settings, started = load_settings(), monotonic()
    try:
        with show_progress(context, "Advancing programmes") as progress:
            progress("", 0, 1)
            done = advance(settings)
            progress("", 1, 1)
    except ProgrammeError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata=describe(
            rows=sum(move.messages for move in done.moves),
            window=f"as of {done.clock.now:%Y-%m-%d %H:%M} UTC",
            seconds=since(started),
            link=settings.programmes,
            **{
                f"{move.programme} {move.version}": f"{move.entered:,} entered, {move.ended:,} ended,"
                f" {move.messages:,} messages due"
                for move in done.moves
            },
        )
    )
