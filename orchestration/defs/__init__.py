"""What exists: assets, checks, jobs, schedules and sensors, by area."""
