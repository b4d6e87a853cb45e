"""Parsing: a yml becomes an experiment, or the file and the field that hinder it are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from cardinal.experiments.declaration import (
    FOLDER,
    OUTCOMES,
    Arm,
    DeclarationError,
    Direction,
    Experiment,
    Kind,
    Layer,
    Metric,
    MetricKind,
    Policy,
    Unit,
    choices,
)
from cardinal.yaml_files import read_yaml

KEY = re.compile(r"[a-z][a-z0-9_]*")
# Weights are written with few digits; what they sum to may differ from one by their rounding.
ROUNDING = 1e-6
_OF_METRICS = {"metric", "kind", "outcome", "per", "window_days", "covariate_days", "direction"}
_FIELDS = {
    "experiment", "description", "owner", "unit", "arms", "metrics", "guardrails", "start", "stop", "kind", "seed",
    "layer", "coverage", "audience", "multiple_exposures", "minimum_sample", "planned_sample", "alpha", "power",
    "prior_deviation",
}  # fmt: skip


def parse_experiment(path: Path) -> Experiment:
    """Read one declaration.

    Raises:
        DeclarationError: A field is missing, unknown or of no use.
    """
    try:
        content = read_yaml(path)
    except yaml.YAMLError as error:
        raise DeclarationError(f"{FOLDER}/{path.name} is not yml: {str(error).splitlines()[0]}") from error
    return _Parser(f"{FOLDER}/{path.name}").experiment(content, path.stem)


class _Parser:
    def __init__(self, file: str) -> None:
        self.file = file

    def experiment(self, content: Any, stem: str) -> Experiment:
        fields = self._fields(content, "the experiment", _FIELDS)
        key = self._text(fields, "experiment")
        if key != stem or not KEY.fullmatch(key):
            raise self._error("experiment", f"is '{key}': small letters, digits and _, and the file's name ({stem})")
        start, stop = self._day(fields, "start"), self._day(fields, "stop", needed=False)
        if start is None or (stop and stop < start):
            raise self._error("stop", f"is {stop}, before the start {start}")
        arms = self._arms(fields)
        metrics = [self._metric(one, is_guardrail=False) for one in self._list(fields, "metrics")]
        metrics += [self._metric(one, is_guardrail=True) for one in self._list(fields, "guardrails", needed=False)]
        self._once([metric.name for metric in metrics], "metrics", "metric")
        return Experiment(
            key=key,
            description=self._text(fields, "description"),
            owner=self._text(fields, "owner"),
            unit=self._choice(fields, "unit", Unit),
            arms=arms,
            metrics=tuple(metrics),
            start=start,
            stop=stop,
            kind=self._choice(fields, "kind", Kind, "test"),
            seed=str(fields.get("seed", "")),
            layer=self._layer(fields.get("layer")),
            coverage=self._number(fields, "coverage", 1.0, least=0, most=1),
            audience=self._audience(fields),
            multiple_exposures=self._choice(fields, "multiple_exposures", Policy, "exclude"),
            minimum_sample=int(self._number(fields, "minimum_sample", 150, least=2)),
            planned_sample=int(self._number(fields, "planned_sample", 5000, least=2)),
            alpha=self._number(fields, "alpha", 0.05, least=0, most=0.5),
            power=self._number(fields, "power", 0.8, least=0.05, most=0.999),
            prior_deviation=self._number(fields, "prior_deviation", 0.3, least=0),
        )

    def _arms(self, fields: Mapping[str, Any]) -> tuple[Arm, ...]:
        arms = []
        for one in self._list(fields, "arms"):
            arm = self._fields(one, "an arm", {"arm", "weight", "levels"})
            levels = self._fields(arm.get("levels", {}), "levels")
            arms.append(
                Arm(
                    self._text(arm, "arm"),
                    self._number(arm, "weight", None, least=0, most=1),
                    tuple((str(factor), str(level)) for factor, level in levels.items()),
                )
            )
        self._once([arm.name for arm in arms], "arms", "arm")
        if len(arms) < 2:
            raise self._error("arms", "must be two at least; the first is the control")
        if abs(sum(arm.weight for arm in arms) - 1) > ROUNDING:
            raise self._error("arms", f"have weights that sum to {sum(arm.weight for arm in arms):g} instead of 1")
        factors = {tuple(factor for factor, _ in arm.levels) for arm in arms}
        if len(factors) > 1:
            raise self._error("arms", "must all give a level of the same factors, in the same order")
        return tuple(arms)

    def _metric(self, content: Any, is_guardrail: bool) -> Metric:
        fields = self._fields(content, "a metric", _OF_METRICS | ({"tolerance"} if is_guardrail else set()))
        name, kind = self._text(fields, "metric"), self._choice(fields, "kind", MetricKind)
        per = fields.get("per")
        for outcome in (self._text(fields, "outcome"), *([per] if per is not None else [])):
            if outcome not in OUTCOMES:
                raise self._error(f"metric {name}", f"counts '{outcome}'; known are {', '.join(OUTCOMES)}")
        if (kind == "ratio") != (per is not None):
            raise self._error(f"metric {name}", "needs `per` if it is a ratio, and has none otherwise")
        window, covariate = (
            int(self._number(fields, field, 0, least=1)) if fields.get(field) is not None else None
            for field in ("window_days", "covariate_days")
        )
        direction = self._choice(fields, "direction", Direction, "up")
        tolerance = self._number(fields, "tolerance", 0.0, least=0, most=1)
        return Metric(name, kind, fields["outcome"], per, window, covariate, direction, is_guardrail, tolerance)

    def _layer(self, content: Any) -> Layer | None:
        if content is None:
            return None
        fields = self._fields(content, "layer", {"name", "from", "to"})
        begin, end = (self._number(fields, field, None, least=0, most=1) for field in ("from", "to"))
        if begin >= end:
            raise self._error("layer", f"goes from {begin:g} to {end:g}")
        return Layer(self._text(fields, "name"), begin, end)

    def _audience(self, fields: Mapping[str, Any]) -> str | None:
        audience = fields.get("audience")
        if audience is not None and fields.get("unit") != "person_id":
            raise self._error("audience", "is a segment of persons: the unit must be person_id")
        return None if audience is None else str(audience)

    def _fields(self, content: Any, what: str, known: Iterable[str] | None = None) -> Mapping[str, Any]:
        if not isinstance(content, dict):
            raise self._error(what, "must be fields with values")
        unknown = sorted(str(field) for field in set(content) - set(known)) if known is not None else []
        if unknown:
            names = ", ".join(sorted(known or ()))
            raise self._error(what, f"has {', '.join(unknown)}, which nothing reads; known are {names}")
        return content

    def _list(self, fields: Mapping[str, Any], field: str, needed: bool = True) -> list[Any]:
        content = fields.get(field, [])
        if not isinstance(content, list) or (needed and not content):
            raise self._error(field, "must be a list with one entry at least")
        return content

    def _text(self, fields: Mapping[str, Any], field: str) -> str:
        if not isinstance(fields.get(field), str) or not fields[field].strip():
            raise self._error(field, "is missing or not a text")
        return str(fields[field]).strip()

    def _day(self, fields: Mapping[str, Any], field: str, needed: bool = True) -> date | None:
        day = fields.get(field)
        if type(day) is date or (day is None and not needed):
            return day
        raise self._error(field, f"is {day!r}, not a day such as 2026-07-01")

    def _number(
        self, fields: Mapping[str, Any], field: str, otherwise: float | None, least: float, most: float | None = None
    ) -> float:
        value = fields.get(field, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least or value > (most or value):
            raise self._error(field, f"is {value!r}, not a number from {least:g}" + (f" to {most:g}" if most else ""))
        return float(value)

    def _choice(self, fields: Mapping[str, Any], field: str, kind: Any, otherwise: str | None = None) -> Any:
        value = fields.get(field, otherwise)
        if value not in choices(kind):
            raise self._error(field, f"is {value!r}, not one of {', '.join(choices(kind))}")
        return value

    def _once(self, names: list[str], field: str, what: str) -> None:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise self._error(field, f"name a {what} twice: {', '.join(twice)}")

    def _error(self, field: str, problem: str) -> DeclarationError:
        return DeclarationError(f"{self.file}: {field} {problem}")
