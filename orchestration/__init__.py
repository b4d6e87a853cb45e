"""Orchestrate: the whole walk as one Dagster code location. defs/ says what exists, lib/ how it works."""
