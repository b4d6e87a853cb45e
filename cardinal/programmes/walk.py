"""The walk: one version of a programme as one query that takes everybody in it as far as they get today.

Steps lead forward only, so each is one projection over all people, in their order; who isn't at it passes through
unchanged. The query reads the temporary table `latest_events`, the state and the snapshot.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cardinal.programmes.declaration import Programme
from cardinal.programmes.steps import Happened, Holds, Step

COMPARISONS = {"is": "=", "at_least": ">=", "below": "<"}
WALK = """
create or replace temporary table walked as
with

facts as (
    select person_id, {facts}
    from latest_events
    group by person_id
),

reach as (
    select person_id, list(channel) as channels
    from restricted.audiences.audience_reach
    where purpose = {purpose} and channel in ({channels})
    group by person_id
),

consented as (
    select person_id from serving.marts.customer_consents
    where is_granted and purpose = {purpose} and channel in ({channels})
    group by person_id
),

suppressed as (
    select person_id from serving.marts.customer_suppressions
    where channel in ('all', {channels})
    group by person_id
),

members as (
    select person_id from serving.segments.segment_membership where segment = {segment}
),

past as (
    select
        person_id, bool_or(status = 'inside') as is_inside, max(ended_at) as ended_at, max(entered_at) as entered_at
    from entries
    where programme = {programme}
    group by person_id
),

candidates as (
    select person_id, {entered_at} as entered_at from {candidates}
),

entrants as (
    select
        md5(concat_ws('|', {programme}, candidates.person_id, candidates.entered_at)) as entry_id,
        candidates.person_id,
        candidates.entered_at,
        {because} as because
    from candidates
    semi join reach on candidates.person_id = reach.person_id
    left join past on candidates.person_id = past.person_id
    left join facts on candidates.person_id = facts.person_id
    where
        {is_open}
        and not coalesce(facts.stopped_at >= candidates.entered_at, false)
        and (
            past.person_id is null
            or (not past.is_inside and candidates.entered_at > past.entered_at and {may_come_again})
        )
),

walkers as (
    select
        entry_id, person_id, entered_at, step, moved_at, waits_until, last_message_at, because,
        step as old_step, waits_until as old_waits_until, false as is_new
    from entries
    where programme = {programme} and version = {version} and status = 'inside'
    union all
    select
        entry_id, person_id, entered_at, 1 as step, entered_at as moved_at, null, null, because,
        1 as old_step, null as old_waits_until, true as is_new
    from entrants
),

known as (
    select
        walkers.*,
        facts.* exclude (person_id),
        {columns}coalesce(reach.channels, []) as channels,
        cast([] as struct(step integer, channel varchar, template varchar, because varchar)[]) as sent,
        case
            when facts.stopped_at >= walkers.entered_at then 'converted'
            when {stays} and members.person_id is null then 'left_segment'
            when reach.person_id is not null then 'inside'
            when consented.person_id is null then 'withdrawn'
            when suppressed.person_id is not null then 'suppressed'
            else 'unreachable'
        end as status
    from walkers
    left join facts on walkers.person_id = facts.person_id
    left join reach on walkers.person_id = reach.person_id
    left join consented on walkers.person_id = consented.person_id
    left join suppressed on walkers.person_id = suppressed.person_id
    left join members on walkers.person_id = members.person_id{people}
),

{steps}

final as (
    select
        * exclude (status),
        if(status = 'inside' and step > {last}, 'completed', status) as status
    from {last_name}
)

select
    entry_id, person_id, entered_at, step, moved_at, waits_until, last_message_at, because, sent, status,
    if(status != 'inside', {now}, null) as ended_at,
    is_new,
    is_new or status != 'inside' or step != old_step or waits_until is distinct from old_waits_until as is_changed
from final
"""


def walk(programme: Programme, version: int, now: datetime, columns: Collection[str], is_open: bool) -> str:
    """Return the query that makes the temporary table `walked` of a version.

    Args:
        programme: The version's declaration.
        version: Its number.
        now: As of when (UTC).
        columns: The columns that customer_360 has today; others are unknown of everybody.
        is_open: Whether people may enter this version: the newest of a file that is still there.
    """
    names = ["known", *(f"step_{step.number}" for step in programme.steps)]
    asked = programme.asked_columns
    people = "".join(f"people.{name} as asked_{name},\n        " for name in asked)
    chosen = ", ".join(name if name in columns else f"null as {name}" for name in asked)
    entry = " or ".join(programme.entry_events)
    steps = (
        f"{name} as (\n    select * replace ({_move(step, now)})\n    from {before}\n),\n"
        for step, before, name in zip(programme.steps, names, names[1:], strict=False)
    )
    return WALK.format(
        facts=",\n        ".join(_facts(programme)),
        purpose=literal(programme.purpose),
        channels=", ".join(map(literal, programme.channels)),
        segment=literal(programme.segment),
        programme=literal(programme.name),
        version=version,
        entered_at=literal(now) if programme.segment else "facts.entry_at",
        candidates="members"
        if programme.segment
        else f"facts where entry_at > {literal(now)} - interval {programme.within_days} day",
        because=f"'in segment {programme.segment} on ' || strftime(candidates.entered_at, '%Y-%m-%d')"
        if programme.segment
        else f"'{entry} on ' || strftime(candidates.entered_at, '%Y-%m-%d %H:%M UTC')",
        is_open=str(is_open).lower(),
        may_come_again="false"
        if programme.again_after_days is None
        else f"past.ended_at + interval {programme.again_after_days} day <= {literal(now)}",
        columns=people,
        people=f"\n    left join (select person_id, {chosen} from restricted.marts.customer_360) as people"
        "\n        on walkers.person_id = people.person_id"
        if asked
        else "",
        stays=str(programme.stays_in_segment).lower(),
        steps="\n".join(steps),
        last=len(programme.steps),
        last_name=names[-1],
        now=literal(now),
    )


def literal(value: object) -> str:
    """Write a value in SQL."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def _facts(programme: Programme) -> list[str]:
    """When each thing that is asked for happened last; that tells whether it happened since any moment."""
    asked = {
        "entry_at": programme.entry_events,
        "stopped_at": programme.stop_events,
        **{
            f"happened_{step.number}": step.condition.events
            for step in programme.steps
            if isinstance(step.condition, Happened)
        },
    }
    return [
        f"max(last_at) filter (where event_kind in ({', '.join(map(literal, kinds))})) as {name}"
        if kinds
        else f"cast(null as timestamp) as {name}"
        for name, kinds in asked.items()
    ]


def _move(step: Step, now: datetime) -> str:
    """Return what a step changes of those who are at it, as columns of `replace`."""
    here, then = f"status = 'inside' and step = {step.number}", literal(now)
    if step.kind == "end":
        return f"if({here}, 'completed', status) as status"
    if step.kind == "branch":
        answer = _answer(step)
        words = literal(f"; {step.condition}: ")
        return (
            f"if({here}, if({answer}, {step.next}, {step.otherwise}), step) as step,\n"
            f"        if({here}, because || {words} || if({answer}, 'yes', 'no'), because) as because"
        )
    if step.kind == "message":
        sends = f"{here} and list_contains(channels, {literal(step.channel)})"
        row = (
            f"{{'step': {step.number}, 'channel': {literal(step.channel)}, 'template': {literal(step.template)},"
            " 'because': because}"
        )
        return (
            f"if({sends}, list_append(sent, {row}), sent) as sent,\n"
            f"        if({sends}, {then}, last_message_at) as last_message_at,\n"
            f"        if({here}, {then}, moved_at) as moved_at,\n        if({here}, {step.next}, step) as step"
        )
    until = f"coalesce(waits_until, moved_at + interval {step.hours} hour)"
    over = f"{here} and {until} <= {then}"
    return (
        f"case when {over} then null when {here} then {until} else waits_until end as waits_until,\n"
        f"        if({over}, {then}, moved_at) as moved_at,\n        if({over}, {step.next}, step) as step"
    )


def _answer(step: Step) -> str:
    condition = step.condition
    if isinstance(condition, Happened):
        since = "entered_at" if condition.since == "entering" else "coalesce(last_message_at, entered_at)"
        return f"coalesce(happened_{step.number} >= {since}, false)"
    assert isinstance(condition, Holds)  # noqa: S101 - a branch has a condition of either kind
    return f"coalesce(asked_{condition.column} {COMPARISONS[condition.comparison]} {literal(condition.value)}, false)"
