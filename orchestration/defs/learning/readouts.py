"""Experiments: the declared ones compared as of the build, and judged."""

from collections import Counter

from cardinal.experiments.declaration import DeclarationError
from cardinal.experiments.delivery import TABLE, deliver_readouts
from cardinal.experiments.readout import ARM_METRICS, EXPOSURES, ReadoutError
from cardinal.settings import Settings
from orchestration.lib.learning import Delivered, delivered
from orchestration.lib.task_marts import mart_keys


def _read(settings: Settings) -> Delivered:
    """Read all experiments that have begun; one that is broken fails the check, so that somebody looks."""
    try:
        done = deliver_readouts(settings)
    except (DeclarationError, ReadoutError) as error:
        return False, 0, str(error)
    if not done:
        return True, 0, "no declared experiment has begun"
    words = Counter(one.readout.verdict.word for one in done)
    broken = [one.readout.experiment.key for one in done if one.readout.verdict.word == "broken"]
    said = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    window = f"as of {done[0].readout.as_of}: {said}" + (f"; broken: {', '.join(broken)}" if broken else "")
    return not broken, sum(one.rows for one in done), window


readouts = delivered(TABLE, mart_keys({ARM_METRICS, EXPOSURES}), {"read": _read})
