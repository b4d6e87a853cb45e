"""What arrives: the tables of the lake, their gate, back-fill by day, and the sensor on the inbox."""
