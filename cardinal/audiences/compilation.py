"""Compilation: the dbt models, the seed and the exposures that follow from the declared audiences and programmes.

`python -m cardinal.audiences` writes them; a test fails while they aren't current.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cardinal.audiences.declaration import ADDRESSES, FOLDER, Audience, customer_columns, read_audiences
from cardinal.programmes import compilation as messages
from cardinal.programmes.declaration import FOLDER as PROGRAMMES
from cardinal.programmes.declaration import Programme, read_programmes

MODELS = Path("models") / "activation"
MEMBERS = MODELS / "audience_members.sql"
SEED = Path("seeds") / "activation" / "audiences.csv"
PROGRAMME_SEED = Path("seeds") / "activation" / "audience_programmes.csv"
EXPOSURES = Path("models") / "exposures" / "activation.yml"
# What stands before the addresses and the columns that go along.
PROOF = (
    ("person_id", "varchar", "The person.", "pseudonymous"),
    ("audience", "varchar", "The audience.", "none"),
    ("purpose", "varchar", "What they agreed to.", "none"),
    ("channel", "varchar", "By what they are reached.", "none"),
    ("experiment_key", "varchar", "Experiment of which one arm gets it; null for none.", "none"),
    ("arm", "varchar", "That arm.", "none"),
    ("consent_since_at", "timestamp", "Since when they have agreed (UTC).", "pseudonymous"),
    ("time_zone", "varchar", "IANA time zones of their country: quiet hours hold in each.", "pseudonymous"),
    ("quiet_from_hour", "integer", "From this full hour nothing is sent; null for none.", "none"),
    ("quiet_to_hour", "integer", "Until this one.", "none"),
)


def render(project_dir: Path) -> dict[Path, str]:
    """Return the text of each file that follows from a project's declarations.

    Raises:
        AudienceError: A declaration of an audience can't be used.
        ProgrammeError: One of a programme can't.
    """
    audiences, programmes = read_audiences(project_dir), read_programmes(project_dir)
    types = {column["name"]: column for column in customer_columns(project_dir)}
    files = {
        MEMBERS: _members(audiences),
        SEED: _seed(audiences, programmes),
        PROGRAMME_SEED: messages.render_seed(programmes),
        EXPOSURES: _exposures(audiences, programmes),
    }
    for audience in audiences:
        files[MODELS / f"{audience.model}.sql"] = _sync(audience)
        files[MODELS / f"{audience.model}.yml"] = _contract(audience, types)
    for model, sending in messages.channel_models(programmes).items():
        files[MODELS / f"{model}.sql"] = messages.render_sync(model, sending)
        files[MODELS / f"{model}.yml"] = _message_contract(model, sending, types)
    return files


def write(project_dir: Path) -> list[Path]:
    """Write them, take away models of audiences that are gone, and return what changed."""
    files = render(project_dir)
    gone = [path for path in (project_dir / MODELS).glob("sync_*") if path.relative_to(project_dir) not in files]
    for path in gone:
        path.unlink()
    changed = list(gone)
    for relative, text in files.items():
        path = project_dir / relative
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _members(audiences: list[Audience]) -> str:
    parts = [f"-- Written by `make docs` from {FOLDER}/*.yml: change those.\nwith\n"]
    for audience in audiences:
        union = "\n        union\n".join(
            f"        select person_id from {{{{ ref('seg_{segment}') }}}}" for segment in audience.any_of
        )
        joins = "".join(
            f"    {kind} join {{{{ ref('seg_{segment}') }}}} as {segment}"
            f"\n        on candidates.person_id = {segment}.person_id\n"
            for kind, segments in (("semi", audience.all_of), ("anti", audience.none_of))
            for segment in segments
        )
        parts.append(
            f"\n{audience.name} as (\n\n    select\n        '{audience.name}' as audience,"
            f"\n        candidates.person_id\n    from (\n{union}\n    ) as candidates\n{joins}\n),\n"
        )
    # Whom programmes have a message for: as many audiences as they have channels.
    parts.append(
        "\nprogrammes as (\n\n    select\n        audience,\n        person_id\n"
        "    from {{ ref('audience_messages') }}\n\n),\n"
    )
    named = [*(audience.name for audience in audiences), "programmes"]
    all_of_them = "\n    union all\n".join(f"    select * from {name}" for name in named)
    parts.append(f"\nfinal as (\n\n{all_of_them}\n\n)\n\nselect * from final\n")
    return "".join(parts)


def _seed(audiences: list[Audience], programmes: list[Programme]) -> str:
    names = (
        "name",
        "description",
        "owner",
        "purpose",
        "channel",
        "destination",
        "priority",
        "holdout_rate",
        "experiment",
        "arm",
    )
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(("audience", *names[1:]))
    of_programmes = [audience for _, audience in messages.audiences_of(programmes)]
    writer.writerows([getattr(audience, name) for name in names] for audience in [*audiences, *of_programmes])
    return output.getvalue()


def _sync(audience: Audience) -> str:
    columns = [
        *(f"decisions.{name}" for name in ("person_id", "audience", "purpose", "channel")),
        *(f"decisions.{name}" for name in ("experiment_key", "arm", "consent_since_at")),
        "addresses.time_zone",
        "rules.quiet_from_hour",
        "rules.quiet_to_hour",
        *(f"addresses.{name}" for name in audience.addresses),
        *(f"people.{name}" for name in audience.columns),
    ]
    people = (
        "people as (\n\n    select * from {{ ref('customer_360') }}\n\n),\n\n",
        "\n    left join people on decisions.person_id = people.person_id",
    )
    imported, joined = people if audience.columns else ("", "")
    return (
        f"-- Written by `make docs` from {FOLDER}/{audience.name}.yml: change that.\nwith\n\ndecisions as (\n\n"
        "    select * from {{ ref('audience_decisions') }}\n"
        f"    where audience = '{audience.name}' and is_chosen\n\n),\n\n"
        "addresses as (\n\n    select * from {{ ref('audience_addresses') }}\n\n),\n\n"
        "rules as (\n\n    select * from {{ ref('contact_rules') }}\n\n),\n\n"
        f"{imported}final as (\n\n    select\n        " + ",\n        ".join(columns) + "\n    from decisions\n"
        "    inner join addresses on decisions.person_id = addresses.person_id\n"
        f"    inner join rules on decisions.channel = rules.channel{joined}\n\n)\n\nselect * from final\n"
    )


def _contract(audience: Audience, types: dict[str, dict[str, Any]]) -> str:
    described = [*PROOF, *_addresses(audience.addresses)]
    described += [
        (name, types[name]["data_type"], types[name]["description"], types[name]["config"]["meta"]["pii"])
        for name in audience.columns
    ]
    description = f"One row per person who may get it, consent applied. {audience.description}"
    tests = {"person_id": "[unique, not_null]"}
    return _yml(f"{audience.name}.yml: change that", audience.model, description, audience.owner, described, tests)


def _message_contract(model: str, programmes: list[Programme], types: dict[str, dict[str, Any]]) -> str:
    """Return the contract of the messages of a channel."""
    described = [
        *messages.MESSAGE,
        *PROOF,
        *_addresses(ADDRESSES[messages.channel_of(model)]),
        *messages.columns_of(programmes, types),
    ]
    tests = {"message_key": "[unique]"}
    said = messages.describe(model, programmes)
    required = ("message_key", "person_id")
    return _yml("*.yml: change those", model, said, "crm", described, tests, PROGRAMMES, required)


def _addresses(names: Sequence[str]) -> list[tuple[str, ...]]:
    said = {
        "email": "E-mail, normalised.",
        "phone": "Mobile number, E.164.",
        "line_user_id": "LINE user id.",
        "user_id": "Login of site and app.",
        "device_id": "Device seen last that is theirs alone.",
    }
    return [
        (name, "varchar", said[name], "personal" if name in ("email", "phone") else "pseudonymous") for name in names
    ]


def _yml(
    source: str,
    model: str,
    description: str,
    owner: str,
    described: Sequence[tuple[str, ...]],
    tests: Mapping[str, str],
    folder: str = FOLDER,
    required: Sequence[str] = (),
) -> str:
    complete = (
        f"      - not_null_columns: {{name: not_null_{model}, arguments: {{columns: [{', '.join(required)}]}}}}\n"
    )
    lines = [
        f"      - {{name: {name}, data_type: {json.dumps(data_type)},"
        f" description: {json.dumps(words, ensure_ascii=False)}, config: {{meta: {{pii: {pii}}}}}"
        f"{f', data_tests: {tests[name]}' if name in tests else ''}}}\n"
        for name, data_type, words, pii in described
    ]
    return (
        f"# Written by `make docs` from {folder}/{source}.\nmodels:\n"
        f"  - name: {model}\n    description: {json.dumps(description, ensure_ascii=False)}\n"
        f"    config:\n      group: {owner}\n    data_tests:\n      - leaves_by_the_rules\n"
        + (complete if required else "")
        + "    columns:\n"
        + "".join(lines)
    )


def _exposures(audiences: list[Audience], programmes: list[Programme]) -> str:
    shown = [
        (audience.model, f"{audience.name} by {audience.channel}", audience.description, audience.owner)
        for audience in audiences
    ]
    shown += [
        (model, f"messages of programmes by {messages.channel_of(model)}", messages.describe(model, sending), "crm")
        for model, sending in messages.channel_models(programmes).items()
    ]
    parts = [f"# Written by `make docs` from {FOLDER}/*.yml and {PROGRAMMES}/*.yml: change those.\nexposures:\n"]
    parts += [
        f"  - name: {model.removeprefix('sync_')}\n    label: {label}"
        f"\n    type: application\n    maturity: medium"
        f"\n    description: {json.dumps(description, ensure_ascii=False)}"
        f"\n    owner: {{name: {owner}}}\n    depends_on:\n      - ref('{model}')\n"
        for model, label, description, owner in shown
    ]
    return "".join(parts)
