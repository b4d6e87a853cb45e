"""The contract as SQL: one query that types every row and says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cardinal.contracts import Column, TableContract
from cardinal.ingestion.card_numbers import ODD_BLANKS, SUSPICION, masked_sql
from cardinal.ingestion.header import Header
from cardinal.ingestion.protection import bare_value, hashed
from cardinal.ingestion.values import exact, not_a, quick_cast, trimmed

# Types in which no card number fits.
_NO_CARD_NUMBER = ("date", "timestamp", "boolean")


@dataclass(frozen=True)
class Field:
    """One column of the file: its place there, and its column of the contract if it has one.

    In the query it has up to three columns: the text as read (c0), the first attempt at its value (q0) and its
    value (v0). A column that the contract lacks is a text.
    """

    place: int
    name: str
    column: Column | None

    @property
    def text(self) -> str:
        """The query's column with the text as read."""
        return f"c{self.place}"

    @property
    def quick(self) -> str:
        """The query's column with the first attempt at the value."""
        return f"q{self.place}"

    @property
    def value(self) -> str:
        """The query's column with the value."""
        return f"v{self.place}"

    @property
    def data_type(self) -> str:
        """The type of its values."""
        return self.column.data_type if self.column else "varchar"

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.data_type not in (*_NO_CARD_NUMBER, "varchar")

    @property
    def is_protected(self) -> bool:
        """Whether only its keyed hash is kept."""
        return self.column is not None and self.column.protect is not None

    @property
    def is_secret(self) -> bool:
        """Whether it must not be seen in a reject."""
        return self.column is not None and (self.is_protected or self.column.pii == "secret")

    @property
    def may_hold_card_number(self) -> bool:
        """Whether a card number in it rejects the row. A protected value is never kept as it came."""
        exempt = self.column is not None and not self.column.card_number_check
        return not exempt and not self.is_protected and self.data_type not in _NO_CARD_NUMBER


@dataclass(frozen=True)
class _Check:
    """One thing that can be wrong with a row.

    `quick` may be true for a good row but never false for a bad one; it is asked of every row, `exact` only
    of the few for which some quick condition holds.
    """

    column: str
    reason: str
    quick: str
    exact: str

    def finding(self) -> str:
        return f"case when {self.exact} then struct_pack(c := {literal(self.column)}, r := {literal(self.reason)}) end"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def fields_of(header: Header, contract: TableContract) -> list[Field]:
    """Pair the file's columns with the contract's."""
    columns = {column.name: column for column in contract.columns}
    return [Field(place, name, columns.get(name)) for place, name in enumerate(header.names)]


def staging_query(
    contract: TableContract, fields: list[Field], rows: str, number: str | None, country: str, project_dir: Path
) -> str:
    """Return the query that types all rows and marks those that `judging_query` has to look at.

    rows: relation with the texts c0, c1, ... of the fields. number: its column with the record's number, if it
    has one. The result has that number, the values v0, v1, ..., `_is_suspect`, `_texts` (the texts of a suspect
    row), `_is_nulled` (whether a protected value was none) and `_is_delete`. Each level is a subquery so that
    nothing is computed twice.
    """
    carried = [number] if number else []
    texts = [field.text for field in fields]
    quick = [f"{quick_cast(f.text, f.data_type)} as {f.quick}" for f in fields if f.data_type != "varchar"]
    read = f"select {', '.join([*carried, *texts, f'{_is_odd(fields)} as _is_odd', *quick])} from {rows}"

    values = [f"{_value(field, country, project_dir)} as {field.value}" for field in fields]
    typed = f"select {', '.join([*carried, *texts, '_is_odd', *values])} from ({read})"

    nulled = [f"({f.value} is null and {trimmed(f.text)} is not null)" for f in fields if f.is_protected]
    kept = [f"{hashed(f.value, project_dir)} as {f.value}" if f.is_protected else f.value for f in fields]
    deletes = [f"coalesce({f.value} = 'delete', false)" for f in fields if f.name == "change_type"]
    marks = [f"{' or '.join(nulled) or 'false'} as _is_nulled", f"{' or '.join(deletes) or 'false'} as _is_delete"]
    safe = f"select {', '.join([*carried, *texts, '_is_odd', *kept, *marks])} from ({typed})"

    suspicions = [
        "_is_odd",
        *(_holds_large_number(field) for field in fields if field.is_number and field.may_hold_card_number),
    ]
    suspicions += [check.quick for check in _checks(fields, contract)]
    shown = [f"case when {f.text} is not null then '***' end" if f.is_secret else f.text for f in fields]
    return f"""
        select
            {", ".join([*carried, *(field.value for field in fields)])},
            _is_nulled,
            _is_delete,
            _is_suspect,
            case when _is_suspect then [{", ".join(shown)}] end as _texts
        from (select *, {" or ".join(suspicions)} as _is_suspect from ({safe}))
    """


def judging_query(contract: TableContract, fields: list[Field], staged: str, number: str) -> str:
    """Return the query that finds the bad rows among the suspect ones of `staged`.

    It gives the record's number, the names of the wrong columns, the reasons and the masked texts. It is slow
    for a row, so it must see only rows that the quick conditions let through to it.
    """
    texts = [f"_texts[{place}] as {field.text}" for place, field in enumerate(fields, start=1)]
    checks = ", ".join(check.finding() for check in _checks(fields, contract))
    searched = ", ".join(
        f"struct_pack(p := {field.place}, c := {literal(field.name)}, t := _texts[{field.place + 1}])"
        for field in fields
        if field.may_hold_card_number
    )
    reason = "f.c || ' holds what looks like a card number'"
    return f"""
        with suspects as (
            select *, {number} as _number, {", ".join(texts)} from {staged} where _is_suspect
        ),
        -- One row a text: the search inside a lambda over the texts would be six times as slow.
        card_numbers as (
            select _number, list(struct_pack(c := f.c, r := {reason}) order by f.p) as _cards
            from (select _number, unnest([{searched}]) as f from suspects)
            where holds_card_number(f.t)
            group by _number
        ),
        findings as (
            select
                suspects._number,
                _texts,
                list_concat(coalesce(_cards, []), list_filter([{checks}], lambda f: f is not null)) as _findings
            from suspects
            left join card_numbers on suspects._number = card_numbers._number
        )
        select
            _number as _row,
            array_to_string(list_transform(_findings, lambda f: f.c), ', ') as column_name,
            array_to_string(list_transform(_findings, lambda f: f.r), '; ') as reason,
            list_transform(_texts, lambda t: {masked_sql("t")}) as _texts
        from findings
        where len(_findings) > 0
    """


def _holds_large_number(field: Field) -> str:
    """Whether a number is as long as a card number, which is quicker to see from its value than from its text."""
    return f"coalesce(abs({field.value}) >= 1000000000000, false)"


def _is_odd(fields: list[Field]) -> str:
    """Whether a row may hold a card number or odd blanks: one pattern over many texts, not one for each."""
    suspects = [field.text for field in fields if field.may_hold_card_number and field.data_type == "varchar"]
    exempt = [field.text for field in fields if field.data_type == "varchar" and not field.may_hold_card_number]
    searches = [(suspects, SUSPICION), (exempt, ODD_BLANKS)]
    found = [
        f"regexp_matches(concat({', chr(31), '.join(texts)}), '{pattern}')" for texts, pattern in searches if texts
    ]
    return f"coalesce({' or '.join(found) or 'false'}, false)"


def _value(field: Field, country: str, project_dir: Path) -> str:
    if field.column and field.is_protected:
        return bare_value(field.column, field.text, country, project_dir)
    if field.data_type != "varchar":
        return exact(field.text, field.quick, field.data_type)
    # trim() costs more than reading the field; hardly any needs it.
    needs_trim = f"_is_odd or {field.text} like ' %' or {field.text} like '% '"
    value = f"case when {needs_trim} then {trimmed(field.text)} else {field.text} end"
    if field.column and field.column.when_missing:
        return f"coalesce({value}, {literal(field.column.when_missing)})"
    return value


def _checks(fields: list[Field], contract: TableContract) -> list[_Check]:
    return [check for field in fields for check in _field_checks(field, contract)]


def _field_checks(field: Field, contract: TableContract) -> list[_Check]:
    column = field.column
    if column is None:
        return []
    checks = []
    is_blank = f"{trimmed(field.text)} is null"
    can_be_missing = column.when_missing is None
    if field.data_type != "varchar":
        failed = f"({field.value} is null and {field.text} is not null)"
        reason = f"{field.name} is {not_a(field.data_type)}"
        checks.append(_Check(field.name, reason, failed, f"{failed} and not ({is_blank})"))
    if field.name in contract.key and can_be_missing:
        checks.append(_Check(field.name, f"{field.name} is missing", f"{field.value} is null", is_blank))
    elif column.required and can_be_missing:
        missing = f"({field.value} is null and not _is_delete)"
        checks.append(_Check(field.name, f"{field.name} is missing", missing, f"{missing} and {is_blank}"))
    if column.accepted:
        # Not IN: DuckDB makes a join of a long list, and a join doesn't keep the order of rows, which is their number.
        condition = "(" + " and ".join(f"{field.value} <> {literal(value)}" for value in column.accepted) + ")"
        reason = f"{field.name} is none of {', '.join(column.accepted)}"
        checks.append(_Check(field.name, reason, f"coalesce({condition}, false)", condition))
    return checks
