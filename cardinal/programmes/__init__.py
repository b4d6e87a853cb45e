"""Programmes: messages over days, as `programmes/*.yml` declares them, with where each person is in them."""
