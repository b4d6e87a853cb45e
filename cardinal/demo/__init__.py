"""The demo bank: synthetic people who behave, seen through a bank's imperfect files."""
