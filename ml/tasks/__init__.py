"""The tasks that Cardinal learns: one module for each question, listed here."""

from __future__ import annotations

from ml.task import Task, TaskError
from ml.tasks import churn, fraud, leads, offers, upsell

TASKS: dict[str, Task] = {
    task.name: task for task in (churn.TASK, fraud.TASK, leads.TASK, *offers.TASKS, *upsell.TASKS)
}


def task_of(name: str) -> Task:
    """Return the task of that name.

    Raises:
        TaskError: There is none.
    """
    if name not in TASKS:
        raise TaskError(f"there is no task '{name}': there are {', '.join(sorted(TASKS))}")
    return TASKS[name]
