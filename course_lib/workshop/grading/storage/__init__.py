"""Files, tables and records that are written whole or not at all."""
