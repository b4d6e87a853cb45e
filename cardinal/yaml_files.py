"""Reading yml: the project holds a few hundred files of it, so by libyaml, which is ten times as fast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a file holds; None if that is nothing.

    Raises:
        yaml.YAMLError: It isn't yml; the message says where.
        OSError: It can't be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  a safe loader
