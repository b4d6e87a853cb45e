"""Personas: the groups that are found in the marts, and which of them each customer is nearest to."""

from typing import Any

from cardinal.settings import Settings
from ml import registry
from ml.delivery import SOURCE
from ml.personas import MART, NAME, TABLE, assign_personas, find_personas
from orchestration.lib.learning import CONTRACTS, Delivered, delivered, learned, model_key
from orchestration.lib.task_marts import mart_keys


def _find(settings: Settings) -> dict[str, Any]:
    """Look for personas among the customers of the last whole month, and use them if they are stable."""
    personas = find_personas(settings)
    return {
        "rows": sum(persona.people for persona in personas.personas),
        "window": f"customers of {personas.as_of_date}",
        "link": settings.registry / NAME / personas.version,
        "version": personas.version,
        "personas": "; ".join(f"{persona.name}: {persona.description}" for persona in personas.personas),
        "agreement": personas.agreement.value,
        "silhouette": personas.silhouette,
        "is champion": personas.is_champion,
    }


def _assign(settings: Settings) -> Delivered:
    """Assign every customer to the nearest persona, if any are in use."""
    if registry.champion(settings, NAME) is None:
        return True, 0, "no personas are in use yet"
    done = assign_personas(settings)
    people = sum(done.people.values())
    return True, people, f"as of {done.as_of_date} by {done.version}: {people:,} customers"


found = learned(
    NAME,
    mart_keys({MART}),
    "Groups of customers that other samples of them find too, named and told in plain words.",
    CONTRACTS[SOURCE, TABLE].owner,
    _find,
)
assigned = delivered(TABLE, [*mart_keys({MART}), model_key(NAME)], {"assigned": _assign})
