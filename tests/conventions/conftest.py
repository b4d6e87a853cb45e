"""The project, parsed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR
from tests.conventions.project import Project, parse_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the project as it stands in the repository."""
    return parse_project(PROJECT_DIR, Path(tmp_path_factory.mktemp("manifest")))
