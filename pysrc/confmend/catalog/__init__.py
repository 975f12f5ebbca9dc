"""What the programs know of their own settings, by version: tables under data/, and how values are read."""
