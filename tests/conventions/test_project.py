"""The project keeps its own rules."""

from __future__ import annotations

import pytest

from tests.conventions.project import LAYERS, Project, layer_of
from tests.conventions.rules import RULES, Rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_project_keeps(rule: Rule, project: Project) -> None:
    violations = sorted(set(rule(project)))
    if violations:
        listed = "\n".join(f"  {violation}" for violation in violations)
        pytest.fail(f"{len(violations)} violations. {rule.__doc__}\n{listed}", pytrace=False)


def test_rules_have_something_to_look_at(project: Project) -> None:
    assert {layer_of(model) for model in project.models()} <= set(LAYERS)
    assert project.models("staging")
    assert len(project.sources()) >= len(project.models("staging"))
    assert project.nodes("seed")
    assert project.macros()
