"""Audiences: what `audiences/*.yml` declares, and the dbt models that follow from it."""
