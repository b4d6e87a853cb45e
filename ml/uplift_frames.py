"""Frames of uplift: members of campaigns as known before they were drawn, with what they did after; folds of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from ml.drawing import checked_draw, lot
from ml.folds import LEAST_A_CLASS, Folds, too_few
from ml.frames import MOST_ROWS, feature_query, last_complete_month
from ml.task import LABEL, MONTH, PERSON, TaskError, TooLittleDataError
from ml.uplift_tasks import MEMBERS, NO_PRODUCT, UpliftTask

if TYPE_CHECKING:
    import duckdb

CAMPAIGN, TREATED, DRAWN, ARM_RATE = "campaign_id", "is_treated", "assigned_date", "arm_rate"
# Of each arm, in each fold; fewer teach and prove nothing.
LEAST_AN_ARM = 20


def asked(task: UpliftTask) -> UpliftTask:
    """Return the task with the features that are the person's own: what the feature mart is asked for."""
    own = tuple(feature for feature in task.features if feature not in task.campaign_features)
    return replace(task, features=own)


def member_frame(connection: duckdb.DuckDBPyConnection, task: UpliftTask, most_rows: int = MOST_ROWS) -> pl.DataFrame:
    """Return one row per member whose horizon is over, of campaigns with both arms: features, arm and outcome.

    arm_rate is the share of the campaign's members that it reached for. Of more than most_rows, persons
    by lot, with all campaigns of theirs.

    Raises:
        TaskError: A mart is missing, or nobody was a member.
    """
    last = last_complete_month(connection, asked(task))
    query = f"""
        with features as ({feature_query(asked(task), task.rows)}),
        outcomes as ({task.label}),
        found as (
            select
                features.*, members.campaign_id, members.is_treated, members.assigned_date, members.product_code,
                members.channel,
                cast({task.outcome} as double) as {LABEL}
            from {MEMBERS} as members
            inner join features
                on members.person_id = features.current_id and members.known_month_end_date = features.{MONTH}
            inner join outcomes
                on members.campaign_id = outcomes.campaign_id and members.person_id = outcomes.person_id
            where members.campaign_kind = '{task.kind}' and members.assigned_date + {task.horizon_days} <= $last
            -- Two ids of then that are one person today: one row.
            qualify row_number() over (
                partition by members.campaign_id, members.person_id order by features.{PERSON}
            ) = 1
        ),
        drawn as ({lot("current_id", f"found where {LABEL} is not null")})
        select found.*, drawn.whole_count
        from found
        inner join drawn on found.current_id = drawn.current_id
        where found.{LABEL} is not null and drawn.row_count <= {most_rows}
        order by found.{MONTH}, found.campaign_id, found.current_id
    """
    frame = _ask(connection, task, query, last)
    frame = frame.with_columns(pl.col(TREATED).mean().over(CAMPAIGN).alias(ARM_RATE))
    frame = frame.filter(pl.col(ARM_RATE).is_between(0, 1, closed="none"))
    if frame.is_empty():
        raise TooLittleDataError(
            f"{task.name}: no {task.kind} campaign with a control group was over {task.horizon_days} days before"
            f" {last}: draw one, and let time pass"
        )
    return checked_draw(task, frame, most_rows, split_members)


def split_members(frame: pl.DataFrame, task: UpliftTask) -> Folds:
    """Split members by time, so that the outcomes of a fold are known before the next one is drawn.

    Calibration and judgement are the last months that have a quarter of the members each.

    Raises:
        TaskError: There are too few months or members.
    """
    months = frame.group_by(MONTH).agg(pl.len(), first=pl.col(DRAWN).min(), last=pl.col(DRAWN).max()).sort(MONTH)

    def last_quarter(part: pl.DataFrame) -> pl.DataFrame:
        later = pl.col("len").cum_sum(reverse=True) - pl.col("len")
        return part.filter(later < len(frame) / 4)

    def over_before(later: pl.DataFrame) -> pl.DataFrame:
        return months.filter(pl.col("last") + timedelta(days=task.horizon_days) <= later["first"].min())

    judged = last_quarter(months)
    calibrated = last_quarter(over_before(judged))
    learned = over_before(calibrated)
    if learned.is_empty():
        raise TooLittleDataError(
            f"{task.name}: campaigns of {len(months)} months are too few for learning, calibration and judgement with"
            f" {task.horizon_days} days between them"
        )
    folds = Folds(*(frame.filter(pl.col(MONTH).is_in(part[MONTH].implode())) for part in (learned, calibrated, judged)))
    for name, part in vars(folds).items():
        treated = int(part[TREATED].sum())
        fewest = min(treated, len(part) - treated)
        if fewest < LEAST_AN_ARM:
            raise too_few(fewest, len(part) >= 2 * LEAST_AN_ARM)(
                f"{task.name}: of the {len(part):,} members for {name}, {treated:,} were reached for and"
                f" {len(part) - treated:,} kept free: {LEAST_AN_ARM} of each are the least"
            )
        did = int(part[LABEL].sum())
        fewest = min(did, len(part) - did)
        if task.is_yes_or_no and fewest < LEAST_A_CLASS:
            raise too_few(fewest, len(part) >= 2 * LEAST_A_CLASS)(
                f"{task.name}: of the {len(part):,} members for {name}, {did:,} did it: {LEAST_A_CLASS} who did and"
                f" as many who didn't are the least"
            )
    return folds


def newest_members(connection: duckdb.DuckDBPyConnection, task: UpliftTask) -> pl.DataFrame:
    """Return one row per person of the population at the last whole month and product they could be told of.

    A product is promoted through the channel of its last campaign, and to nobody who holds it.

    Raises:
        TaskError: A mart is missing, or nobody is of the population.
    """
    last = last_complete_month(connection, asked(task))
    query = f"""
        with features as ({feature_query(asked(task), task.rows)}),
        campaigns as (
            select coalesce(product_code, '{NO_PRODUCT}') as product_code,
                arg_max(channel, (assigned_at, campaign_id)) as channel
            from {MEMBERS} where campaign_kind = '{task.kind}' group by 1
        )
        select features.*, campaigns.product_code, campaigns.channel
        from features
        cross join campaigns
        where features.{MONTH} = $last and not exists (
            select 1 from marts.customer_products as held
            where held.person_id = features.current_id and held.product_code = campaigns.product_code and held.is_open
        )
        order by features.{PERSON}, campaigns.product_code
    """
    frame = _ask(connection, task, query, last)
    if frame.is_empty():
        raise TooLittleDataError(
            f"{task.name}: nobody is of the population at {last}, the last whole month of marts.{task.mart}"
        )
    return frame


def _ask(connection: duckdb.DuckDBPyConnection, task: UpliftTask, query: str, last: date) -> pl.DataFrame:
    import duckdb

    try:
        found: pl.DataFrame = connection.execute(query, {"last": last}).pl()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        lacking = str(error).splitlines()[0]
        raise TaskError(f"{task.name}: its SQL asks for what isn't there: {lacking}") from error
    return found
