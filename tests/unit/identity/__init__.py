"""Tests of what explains persons and tries other rules."""
