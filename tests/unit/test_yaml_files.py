"""Yml is read by libyaml, and as the slow way reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cardinal.settings import PROJECT_DIR
from cardinal.yaml_files import read_yaml


def test_the_project_s_ymls_read_as_ever() -> None:
    paths = sorted((PROJECT_DIR / "models" / "staging" / "crm").glob("*.yml"))
    assert paths
    for path in paths:
        assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.getcwd []", "a: [1, 2"])
def test_what_is_no_plain_yml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(yaml.YAMLError):
        read_yaml(path)


def test_thai_and_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("name: สมชาย\n", encoding="utf-8")
    assert read_yaml(path) == {"name": "สมชาย"}
    path.write_text("", encoding="utf-8")
    assert read_yaml(path) is None
