"""Health: what an operator should look at, from the tables that analysts query."""
