"""How the code location works: plain functions that the definitions call."""
