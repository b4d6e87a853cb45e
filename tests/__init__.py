"""Tests, by what they need: unit none, integration files and dbt, conventions the manifest."""
