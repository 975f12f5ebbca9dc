"""The arithmetic behind the rules: pure functions of numbers, each with its formula named and its source."""
