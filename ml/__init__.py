"""What is learned: indicators, survival and lifetime value for dbt's models, and the tasks by which people are scored.

scikit-learn and scipy are imported where there is something to learn, so that a bank without data doesn't wait for
them. `frames`, `slices` and what learns or scores ask the build; only `registry` and `delivery` write; the rest are
pure functions.
"""
