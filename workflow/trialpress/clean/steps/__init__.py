"""The steps from raw cells to a clean table, each over whole columns. `table.py` calls them in their order."""
