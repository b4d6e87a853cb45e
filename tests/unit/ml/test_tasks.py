"""Every task keeps the rules of the house."""

from __future__ import annotations

import re

import pytest

from ml.task import Task
from ml.tasks import TASKS
from tests.conventions.rules.privacy import PROTECTED_NAMES


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_no_protected_attribute_is_a_feature(task: Task) -> None:
    words = set(re.findall(r"\w+", " ".join(f"{feature.name} {feature.expression}" for feature in task.features)))
    words |= set(re.findall(r"\w+", task.population + task.baseline[1]))
    assert not words & PROTECTED_NAMES


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_says_what_it_is_not_for_and_names_each_feature_once(task: Task) -> None:
    assert TASKS[task.name] is task
    assert task.not_for
    assert task.question
    assert len(set(task.names)) == len(task.names)
    assert all(feature.words for feature in task.features)
