"""The real programs that say whether confmend reads as they do."""
