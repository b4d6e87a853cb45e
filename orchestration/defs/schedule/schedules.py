"""When jobs run, in the bank's time zone. They are off until somebody turns them on in the pages."""

import dagster as dg

from cardinal.settings import load_settings
from orchestration.defs.schedule.jobs import daily, hourly, retain, retrain

TIMEZONE = load_settings().timezone

# Nightly extracts have come by then, and the morning report waits for it.
daily_at_night = dg.ScheduleDefinition(job=daily, cron_schedule="0 4 * * *", execution_timezone=TIMEZONE)
# Not while the nightly run builds everything anyway.
hourly_by_day = dg.ScheduleDefinition(job=hourly, cron_schedule="15 7-23 * * *", execution_timezone=TIMEZONE)
# On Sundays, when the night is long.
retrain_weekly = dg.ScheduleDefinition(job=retrain, cron_schedule="0 1 * * 0", execution_timezone=TIMEZONE)
# A build from nothing, when neither the nightly run nor the learning on Sunday's night is near.
retain_monthly = dg.ScheduleDefinition(job=retain, cron_schedule="0 22 1 * *", execution_timezone=TIMEZONE)

SCHEDULES = [daily_at_night, hourly_by_day, retrain_weekly, retain_monthly]
