"""Declared audiences: bad ones are refused with file and field, and what follows from them is current."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from cardinal.audiences.compilation import render, write
from cardinal.audiences.declaration import FOLDER, AudienceError, read_audiences
from cardinal.programmes.compilation import channel_models
from cardinal.programmes.declaration import read_programmes
from cardinal.settings import PROJECT_DIR

SOUND: dict[str, Any] = {
    "description": "Somebody.", "owner": "crm", "purpose": "marketing", "channel": "email", "destination": "email",
    "any": ["at_risk"],
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one audience, with the segments and people of the real one."""
    for part in ("models/segments", "models/marts/core"):
        shutil.copytree(PROJECT_DIR / part, tmp_path / part)
    shutil.copy(PROJECT_DIR / "models" / "_groups.yml", tmp_path / "models")
    (tmp_path / FOLDER).mkdir()
    declare(tmp_path)
    return tmp_path


def declare(project: Path, name: str = "some", **fields: Any) -> None:
    content = {field: value for field, value in {**SOUND, **fields}.items() if value is not None}
    (project / FOLDER / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def test_what_follows_from_the_declarations_is_current() -> None:
    for path, text in render(PROJECT_DIR).items():
        assert (PROJECT_DIR / path).read_text(encoding="utf-8") == text, f"{path} isn't current: run `make docs`"
    models = {path.name for path in (PROJECT_DIR / "models" / "activation").glob("sync_*.sql")}
    assert models == {
        *(f"{audience.model}.sql" for audience in read_audiences(PROJECT_DIR)),
        *(f"{model}.sql" for model in channel_models(read_programmes(PROJECT_DIR))),
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"owner": None}, "the field owner is missing"),
        ({"size": 3}, "there is no field size"),
        ({"any": []}, "any has to name at least one segment"),
        ({"any": "at_risk"}, "any has to be a list of names"),
        ({"any": ["at_risk", "at_risk"]}, "any names something twice"),
        ({"none": ["nobody"]}, "there is no segment nobody"),
        ({"owner": "us"}, "owner us is no group"),
        ({"purpose": "fun"}, "purpose has to be one of marketing"),
        ({"channel": "fax"}, "channel has to be one of email"),
        ({"destination": "E mail"}, "destination has to be of small letters"),
        ({"destination": "devices", "purpose": "third_party_sharing"}, "devices needs channel ads and purpose third"),
        ({"destination": "devices", "channel": "ads"}, "devices needs channel ads and purpose third_party_sharing"),
        ({"description": " "}, "description has to be a text"),
        ({"priority": True}, "priority has to be a whole number"),
        ({"holdout_rate": 1}, "holdout_rate has to be a share"),
        ({"experiment": "x"}, "experiment and arm belong together"),
        ({"experiment": "x", "arm": "new"}, "there is no experiment x on a segment"),
        ({"columns": ["nothing"]}, "customer_360 has no column nothing"),
        ({"columns": ["gender"]}, "column gender is a protected attribute"),
        ({"columns": ["email"]}, "column email goes along by itself"),
        ({"channel": "ads", "columns": ["full_name"]}, "columns go to no ads platform"),
    ],
)
def test_a_declaration_of_no_use_is_refused_by_file_and_field(
    project: Path, fields: dict[str, Any], message: str
) -> None:
    declare(project, **fields)
    with pytest.raises(AudienceError) as caught:
        read_audiences(project)
    assert str(caught.value).startswith("audiences/some.yml: ")
    assert message in str(caught.value)


def test_what_is_no_yml_and_bad_names_are_refused(project: Path) -> None:
    (project / FOLDER / "some.yml").write_text("any: [", encoding="utf-8")
    with pytest.raises(AudienceError, match="is no yml"):
        read_audiences(project)
    (project / FOLDER / "some.yml").rename(project / FOLDER / "So me.yml")
    declare(project, "So me")
    with pytest.raises(AudienceError, match="its name has to be"):
        read_audiences(project)
    (project / FOLDER / "So me.yml").unlink()
    with pytest.raises(AudienceError, match="holds no audience"):
        read_audiences(project)


def test_models_of_audiences_that_are_gone_go_too(project: Path) -> None:
    declare(project, "other", all=["champions"], none=["revolvers"], columns=["persona"])
    assert {path.name for path in write(project)} >= {"sync_email__other.sql", "sync_email__some.sql", "audiences.csv"}
    members = (project / "models" / "activation" / "audience_members.sql").read_text(encoding="utf-8")
    assert "semi join {{ ref('seg_champions') }}" in members
    assert "anti join {{ ref('seg_revolvers') }}" in members
    assert write(project) == []
    (project / FOLDER / "other.yml").unlink()
    assert "sync_email__other.sql" in {path.name for path in write(project)}
    assert not (project / "models" / "activation" / "sync_email__other.sql").exists()


def test_who_gets_devices_gets_nothing_else_of_a_person(project: Path) -> None:
    declare(project, destination="devices", channel="ads", purpose="third_party_sharing")
    text = render(project)[Path("models/activation/sync_devices__some.sql")]
    assert "addresses.device_id" in text and "email" not in text and "phone" not in text
