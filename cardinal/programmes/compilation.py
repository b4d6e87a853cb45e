"""Compilation: the dbt models that follow from the declared programmes: a `sync_<channel>__programmes` each.

`python -m cardinal.audiences` writes them with those of audiences; a test fails while they aren't current.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cardinal.audiences.declaration import ADDRESSES, Audience
from cardinal.programmes.declaration import FOLDER, Programme, audience_of

# Of the message, before who it goes to.
MESSAGE = (
    ("message_key", "varchar", "The message: each is sent once.", "pseudonymous"),
    ("programme", "varchar", "The programme.", "none"),
    ("version", "integer", "The version of it that they entered.", "none"),
    ("step", "integer", "The step.", "none"),
    ("template", "varchar", "What to write: the folder in activation/templates.", "none"),
    ("reason", "varchar", "Why this person gets it; for those who ask, not for the message.", "pseudonymous"),
)


def audiences_of(programmes: Sequence[Programme]) -> list[tuple[str, Audience]]:
    """Return each programme by each of its channels as an audience, which is decided on like any other."""
    return [
        (
            programme.name,
            Audience(
                name=audience_of(programme.name, channel),
                description=programme.description,
                owner=programme.owner,
                purpose=programme.purpose,
                channel=channel,
                destination=channel,
                any_of=(),
                priority=programme.priority,
            ),
        )
        for programme in programmes
        for channel in programme.channels
    ]


def render_seed(programmes: Sequence[Programme]) -> str:
    """Return the seed that says of which programme and channel an audience is."""
    rows = [
        f"{audience.name},{programme},{audience.purpose},{audience.channel}\n"
        for programme, audience in audiences_of(programmes)
    ]
    return "audience,programme,purpose,channel\n" + "".join(rows)


def channel_models(programmes: Sequence[Programme]) -> dict[str, list[Programme]]:
    """Return the model of each channel, with the programmes that send by it."""
    channels = sorted({channel for programme in programmes for channel in programme.channels})
    return {
        f"sync_{channel}__programmes": [programme for programme in programmes if channel in programme.channels]
        for channel in channels
    }


def render_sync(model: str, programmes: Sequence[Programme]) -> str:
    """Return the SQL of a channel's model."""
    channel, columns = channel_of(model), _columns(programmes)
    shown = [
        *(f"messages.{name}" for name, *_ in MESSAGE),
        *(f"decisions.{name}" for name in ("person_id", "audience", "purpose", "channel")),
        *(f"decisions.{name}" for name in ("experiment_key", "arm", "consent_since_at")),
        "addresses.time_zone",
        "rules.quiet_from_hour",
        "rules.quiet_to_hour",
        *(f"addresses.{name}" for name in ADDRESSES[channel]),
        # A programme is given the columns that it names, and no other's.
        *(_column(column, programmes) for column in columns),
    ]
    people = "people as (\n\n    select * from {{ ref('customer_360') }}\n\n),\n\n" if columns else ""
    joined = "\n    left join people on decisions.person_id = people.person_id" if columns else ""
    return (
        f"-- Written by `make docs` from {FOLDER}/*.yml: change those.\nwith\n\ndecisions as (\n\n"
        "    select * from {{ ref('audience_decisions') }}\n    where is_chosen\n\n),\n\n"
        "messages as (\n\n    select * from {{ ref('audience_messages') }}\n"
        f"    where channel = '{channel}'\n\n),\n\n"
        "addresses as (\n\n    select * from {{ ref('audience_addresses') }}\n\n),\n\n"
        "rules as (\n\n    select * from {{ ref('contact_rules') }}\n\n),\n\n"
        f"{people}final as (\n\n    select\n        " + ",\n        ".join(shown) + "\n    from messages\n"
        "    inner join decisions\n"
        "        on messages.audience = decisions.audience and messages.person_id = decisions.person_id\n"
        "    inner join addresses on decisions.person_id = addresses.person_id\n"
        f"    inner join rules on decisions.channel = rules.channel{joined}\n\n)\n\nselect * from final\n"
    )


def columns_of(programmes: Sequence[Programme], types: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return name, type, description and class of the columns of customer_360 that go along."""
    described: list[tuple[str, ...]] = []
    for name in _columns(programmes):
        column = types[name]
        described.append((name, column["data_type"], column["description"], column["config"]["meta"]["pii"]))
    return described


def channel_of(model: str) -> str:
    """Return the channel of a model."""
    return model.removeprefix("sync_").removesuffix("__programmes")


def _columns(programmes: Sequence[Programme]) -> list[str]:
    return sorted({column for programme in programmes for column in programme.columns})


def _column(column: str, programmes: Sequence[Programme]) -> str:
    having = [programme.name for programme in programmes if column in programme.columns]
    if len(having) == len(programmes):
        return f"people.{column}"
    names = ", ".join(f"'{name}'" for name in having)
    return f"case when messages.programme in ({names}) then people.{column} end as {column}"


def describe(model: str, programmes: Sequence[Programme]) -> str:
    """Say in words what a channel's model holds."""
    names = ", ".join(programme.name for programme in programmes)
    return f"One row per message of a programme that may go out by {channel_of(model)}, consent applied: {names}."
