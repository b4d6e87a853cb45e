"""At the door: rows of people who were erased don't come in again, whatever file brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardinal.contracts import TableContract
from cardinal.privacy.recognition import collect_words, find_rows
from cardinal.privacy.texts import told_in
from cardinal.privacy.tombstones import collect_values, keep_erased, owned_sql, places_of, read_tombstones, stands_sql
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb


class Door:
    """Looks at rows before they are written. Where nobody was erased it costs nothing.

    Attributes:
        has_tombstones: Whether anybody was ever erased.
        has_turned_away: Whether a row or a mention was; whoever asks sets it back.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self.has_tombstones = read_tombstones(connection, settings)
        self.has_turned_away = False

    def turn_away(self, contract: TableContract, values: str, fields: dict[str, str]) -> int:
        """Delete rows of erased people from the temporary table `staged`, and mentions of them from others' rows.

        values: SQL of all the contract's columns, as they will be written. fields: column of the contract -> column of
        `staged`, of those that the file has. Returns how many rows are gone.
        """
        if not self.has_tombstones:
            return 0
        relation = f"(select rowid as number, {values} from staged)"
        self._connection.execute("create or replace temporary table arrived (kind varchar, text varchar)")
        collect_values(self._connection, contract, relation, "tombstones", "arrived")
        if not keep_erased(self._connection, self._settings, "arrived", "tombstones", "erased"):
            return 0
        self.has_turned_away = True
        (count,) = self._connection.execute(
            f"delete from staged where rowid in (select number from {relation} where {owned_sql(contract, 'erased')})"
        ).fetchall()[0]
        for column, condition in mentions(contract, "erased"):
            if column in fields:
                self._connection.execute(
                    f"update staged set {fields[column]} = null where rowid in"
                    f" (select number from {relation} where {condition})"
                )
        return int(count)

    def turn_away_rejects(self, table: str) -> int:
        """Delete rejected lines that show an erased person; returns how many."""
        if not self.has_tombstones:
            return 0
        relation = f"(select rowid as number, coalesce(raw_line, '') as line from {table})"
        self._connection.execute("create or replace temporary table arrived (kind varchar, text varchar)")
        collect_words(self._connection, relation, "line", "tombstones", "arrived")
        if not keep_erased(self._connection, self._settings, "arrived", "tombstones", "erased"):
            return 0
        self.has_turned_away = True
        found = find_rows(self._connection, relation, told_in("line"), "erased", "lines_found")
        self._connection.execute(f"delete from {table} where rowid in (select number from lines_found)")
        return found


def mentions(contract: TableContract, values: str) -> list[tuple[str, str]]:
    """Return the columns that only mention a person, and SQL for whether they mention one of a table of values.

    Who is named beside an account of theirs is they, however the name is written.
    """
    found = [
        (place.column, stands_sql(place, values)) for place in places_of(contract) if place.column and not place.owns
    ]
    conditions = dict(found)
    if "counterparty_name" in conditions and "counterparty_account_no" in conditions:
        either = f"({conditions['counterparty_name']} or {conditions['counterparty_account_no']})"
        # The name first: it is told by the number, which goes after it.
        found = [("counterparty_name", either)] + [pair for pair in found if pair[0] != "counterparty_name"]
    return found
