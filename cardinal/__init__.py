"""Cardinal: a customer data platform for banks that lives in the warehouse."""
