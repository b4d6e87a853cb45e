"""The registry: every version of every task's model in a folder of its own, and which one is champion.

`registry/<task>/<version>/` holds `model.skops`, `version.json` and `report.html`; who was champion, and whose
promotion was taken back, stands in `registry/<task>/champion.json`.
A version is named by what it was learned from, so that the same data, code and task are the same version.
Folders and files appear whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from cardinal.settings import Settings
from ml.model import Model
from ml.task import TaskError

CHAMPION = "champion.json"
# The rival where there is no champion, or one that knows other features than there are now.
BASELINE = "the baseline"
FACTS = "version.json"
ARTEFACT = "model.skops"
REPORT = "report.html"
# What an artefact may hold beside what skops trusts anyway. A file that asks for more is not loaded.
TRUSTED = [
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
]


class RegistryError(TaskError):
    """There is no such version, it can't be read, or it may not become champion."""


def learning_of(task: str) -> str:
    """Return the command that learns what stands in the registry under a name."""
    kind, _, of = task.partition("_")
    commands = {"value": "value learn", "personas": "personas find", "uplift": f"uplift learn {of}"}
    commands["lookalike"] = f"lookalike {of}"
    return f"cardinal {commands.get(kind, f'train {task}')}"


def tasks(settings: Settings) -> list[str]:
    """Return the names under which anything was ever kept, in their order."""
    return sorted(folder.name for folder in settings.registry.iterdir()) if settings.registry.exists() else []


def version_names(settings: Settings, task: str) -> list[str]:
    """Return the names of a task's versions, in their order, whatever is written down of them."""
    return sorted(path.parent.name for path in _folder(settings, task).glob(f"*/{FACTS}"))


def versions(settings: Settings, task: str) -> list[dict[str, Any]]:
    """Return what is written down of each version of a task, by the end of its data and name."""
    found = [_read(path, task) for path in _folder(settings, task).glob(f"*/{FACTS}")]
    return sorted(found, key=lambda facts: (facts["window"]["judgement"][1], facts["version"]))


def facts_of(settings: Settings, task: str, version: str) -> dict[str, Any]:
    """Return what is written down of a version.

    Raises:
        RegistryError: There is none of that name, or what was written can't be read.
    """
    path = _folder(settings, task) / version / FACTS
    if not path.is_file():
        raise RegistryError(f"{task} has no version {version}: `cardinal models list` shows those there are")
    return _read(path, task)


def load_model(settings: Settings, task: str, version: str) -> Model:
    """Return a version's model.

    Raises:
        RegistryError: There is none of that name, or its file is broken, asks for other types than those trusted, or
            was written by libraries that these can't read.
    """
    from skops import io

    facts_of(settings, task, version)
    try:
        kept = io.load(_folder(settings, task) / version / ARTEFACT, trusted=TRUSTED)
        return Model(kept["pipeline"], kept["calibrator"])
    except Exception as error:  # Files can be broken in as many ways as there are readers beneath.
        raise RegistryError(
            f"{task}: {ARTEFACT} of {version} can't be read ({type(error).__name__}: {error}): learn it again"
            f" (`{learning_of(task)}`); if that can't go on from it, `cardinal models undo {task}` first"
        ) from error


def keep(settings: Settings, model: Model, facts: dict[str, Any], files: dict[str, str]) -> Path:
    """Keep a version: its model, its facts, and texts by the name of their file.

    Of one that is there already all is written anew: it may have been compared with another champion, or be broken.
    But of the champion it stays who it had to beat: nobody else could bring it back once its promotion is undone.
    """
    folder = _folder(settings, facts["task"])
    target: Path = folder / facts["version"]
    if facts["version"] == champion(settings, facts["task"]) and (rival := _rival_kept(settings, facts)):
        facts = {**facts, "rival": rival}
    texts = {**files, FACTS: json.dumps(facts, indent=1) + "\n"}
    artefact = {"pipeline": model.pipeline, "calibrator": model.calibrator}
    if target.exists():
        _dump(artefact, target / ARTEFACT)
        for name, text in texts.items():
            _write(target / name, text)
        return target
    beside = folder / f".{facts['version']}.writing"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    _dump(artefact, beside / ARTEFACT)
    for name, text in texts.items():
        _write(beside / name, text)
    beside.rename(target)
    _flush(folder)
    return target


def champion(settings: Settings, task: str) -> str | None:
    """Return the version that scores, if one was good enough."""
    champions = _history(settings, task)["champions"]
    return champions[-1] if champions else None


def champion_no(settings: Settings, task: str) -> int:
    """Return how many times the champion has changed."""
    return int(_history(settings, task)["changes"])


def rival_of(settings: Settings, task: str, schema_hash: str) -> str:
    """Return who a version has to beat: the champion if it judges by the same features, else the baseline."""
    now = champion(settings, task)
    return now if now and facts_of(settings, task, now)["schema_hash"] == schema_hash else BASELINE


def undone(settings: Settings, task: str) -> list[str]:
    """Return the versions whose promotion somebody took back."""
    found: list[str] = _history(settings, task).get("undone", [])
    return found


def promote(settings: Settings, task: str, version: str, *, by_hand: bool = False) -> None:
    """Make a version champion; one whose promotion was taken back only by hand, since learning would bring it back.

    Raises:
        RegistryError: It wasn't shown to be better than what scores now: the interval of the difference, on people
            that neither learned from, reaches zero. Or something else was found against it (`objection`).
    """
    facts, now = facts_of(settings, task, version), champion(settings, task)
    if version == now or (version in undone(settings, task) and not by_hand):
        return
    rival, against = facts["rival"], rival_of(settings, task, facts["schema_hash"])
    if rival["name"] != against:
        raise RegistryError(
            f"{task}: {version} was compared with {rival['name']}, and not with {against}: `{learning_of(task)}`"
        )
    gained = rival["difference"]
    if gained["low"] <= 0:
        raise RegistryError(
            f"{task}: {version} is not shown to be better than {against}: the difference in {rival['measure']} is"
            f" {gained['value']:.3f} ({gained['low']:.3f} to {gained['high']:.3f})"
        )
    if facts.get("objection"):
        raise RegistryError(f"{task}: {version} {facts['objection']}")
    left = [name for name in undone(settings, task) if name != version]
    _change(settings, task, [*_history(settings, task)["champions"], version], left)


def promoted(settings: Settings, task: str) -> list[str]:
    """Return the versions whose promotion stands, oldest first; the last one is the champion."""
    champions: list[str] = _history(settings, task)["champions"]
    return champions


def undo_promotion(settings: Settings, task: str) -> str | None:
    """Take back the last promotion for good, and return who is champion now; nobody if it was the first.

    Raises:
        RegistryError: There is none to take back.
    """
    champions = _history(settings, task)["champions"]
    if not champions:
        raise RegistryError(f"{task} has no champion: there is no promotion to undo")
    taken_back = [name for name in undone(settings, task) if name != champions[-1]]
    _change(settings, task, champions[:-1], [*taken_back, champions[-1]])
    return champion(settings, task)


def _rival_kept(settings: Settings, facts: dict[str, Any]) -> dict[str, Any] | None:
    """Return who a version had to beat when it was kept; none where that can't be read any more."""
    try:
        return facts_of(settings, facts["task"], facts["version"]).get("rival")
    except RegistryError:
        return None


def _folder(settings: Settings, task: str) -> Path:
    return settings.registry / task


def _history(settings: Settings, task: str) -> dict[str, Any]:
    path = _folder(settings, task) / CHAMPION
    if not path.is_file():
        return {"champions": [], "changes": 0}
    return _read(path, task)


def _change(settings: Settings, task: str, champions: list[str], undone: list[str]) -> None:
    changes = _history(settings, task)["changes"] + 1
    history = {"champions": champions, "changes": changes, "undone": undone}
    _write(_folder(settings, task) / CHAMPION, json.dumps(history, indent=1) + "\n")


def _read(path: Path, task: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RegistryError(
            f"{task}: {path} can't be read ({type(error).__name__}): take it back from a copy, or remove it"
        ) from error
    return said


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".writing")
    beside.write_text(text, encoding="utf-8")
    _put(beside, path)


def _dump(artefact: dict[str, Any], path: Path) -> None:
    from skops import io

    beside = path.with_suffix(".writing")
    io.dump(artefact, beside)
    _put(beside, path)


def _put(beside: Path, path: Path) -> None:
    _flush(beside)
    beside.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
