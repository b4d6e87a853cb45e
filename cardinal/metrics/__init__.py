"""The metrics that models/semantic defines, asked of what was published."""
