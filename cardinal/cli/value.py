"""`cardinal value`: what each customer will earn the bank in the next twelve months."""

from __future__ import annotations

import typer

from cardinal.cli.output import say
from cardinal.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The value of each customer in the next twelve months, with an interval.")


@app.command("learn")
def learn() -> None:
    """Learn values from the last build, and let the version forecast if it is shown to be better than what does now."""
    from ml.value_forecast import learn_values

    learned = learn_values(load_settings())
    first, last = learned.window["judgement"]
    parted = "other months" if learned.parted_by == "time" else "other people of the same months"
    say(f"value {learned.version}, judged on {learned.rows['judgement']:,} rows of {first} to {last}, {parted}:")
    coverage, gained = learned.coverage, learned.gains[learned.rival]
    say(f"  in the interval that should hold 0.8: {coverage.value:.3f} ({coverage.low:.3f} to {coverage.high:.3f})")
    for name, figure in learned.correlation.items():
        say(f"  rank correlation, {name}: {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})")
    verdict = "better than" if gained.low > 0 else "not shown to be better than"
    say(f"  {verdict} {learned.rival}: {gained.value:+.3f} ({gained.low:+.3f} to {gained.high:+.3f})")
    if learned.parted_by == "people":
        say("  Months are too few to be parted by time (37 are needed): what a year does to all people isn't tested.")
    say("Next: cardinal value forecast" if learned.is_champion else "It does not forecast.")


@app.command("forecast")
def forecast() -> None:
    """Forecast the value of every customer, and take that into the lake.

    The same again changes nothing. The next `dbt build` brings it to customer_value_forecast.
    """
    from ml.value_forecast import forecast_values

    done = forecast_values(load_settings())
    again = "" if done.is_new else ", as before"
    if done.shifted:
        say(f"Far from those on whom it was measured: {'; '.join(done.shifted)}.")
    say(f"{done.version} as of {done.as_of_date}: {done.people:,} people{again}. Next: dbt build")
