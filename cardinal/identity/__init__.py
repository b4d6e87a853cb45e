"""Why two records are one person or not, and what other rules would make of it. Nothing here changes the warehouse."""
