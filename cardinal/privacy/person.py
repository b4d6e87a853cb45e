"""Who is meant: a person by their id, or by an identifier that leads to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardinal.errors import CardinalError
from cardinal.privacy.recognition import canonical
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

# What may be given instead of an id, and what identity calls it.
GIVEN_AS = {"cif": "customer_number", "email": "email", "phone": "phone"}


class PersonError(CardinalError):
    """Nobody is known by what was given, or several are."""


def find_person(
    connection: duckdb.DuckDBPyConnection, settings: Settings, person: str | None, given: Mapping[str, str | None]
) -> str:
    """Return the current id of the person meant.

    given: identifiers by the name of their option, those not given as None. Messages don't repeat them.

    Raises:
        PersonError: Nothing or too much was given, nobody is known by it, or several persons are.
    """
    named = {option: value for option, value in given.items() if value}
    if (person is not None) + len(named) != 1:
        raise PersonError("say who is meant by one of --person, --cif, --email and --phone")
    if person is not None:
        found = connection.execute(
            "select current_person_id from marts.current_person_ids where person_id = $person", {"person": person}
        ).fetchall()
        if not found:
            raise PersonError("nobody has this person_id in the last build: look it up in marts.person_records")
        return str(found[0][0])
    ((option, value),) = named.items()
    kind = GIVEN_AS[option]
    found = connection.execute(
        f"""
        select person_id, evidence from marts.customer_identifiers
        where identifier_type = $kind and identifier_value = {canonical(settings, kind, "$value")} and valid_to is null
            and person_id in (select person_id from marts.person_records)
        order by person_id
        """,
        {"kind": kind, "value": value},
    ).fetchall()
    if not found:
        raise PersonError(f"nobody is known by what --{option} says in the last build")
    if len(found) > 1:
        ids = ", ".join(f"{person_id} ({evidence})" for person_id, evidence in found)
        raise PersonError(f"--{option} leads to {len(found)} persons: {ids}. Find out who is meant and give --person")
    return str(found[0][0])


def make_persons(connection: duckdb.DuckDBPyConnection, person_id: str, with_reach: bool) -> None:
    """Make the temporary table `persons` (person_id): all ids of the person, retired ones included.

    with_reach: also the records that weak evidence alone leads to: leads and forms that nobody else's records claim.
    """
    reach = (
        """
        union
        select person_id from marts.person_records
        where reach_id in (select reach_id from marts.person_records where person_id = $person)
        """
        if with_reach
        else ""
    )
    connection.execute(
        f"""
        create or replace temporary table persons as
        with current_ids as (select $person as person_id {reach})
        select person_id from current_ids
        union
        select person_id from marts.current_person_ids
        where current_person_id in (select person_id from current_ids)
        """,
        {"person": person_id},
    )
