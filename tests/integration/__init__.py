"""Tests of several stations together."""
