"""A setting's value as pg_settings has it: a plain number in the setting's base unit, a boolean as on or off.

This is what a program compares and what a managed service's own interface takes: 524288 pages of 8 kB, not 4GB.
"""

from __future__ import annotations

from confmend.catalog import postgres as catalog


def row(name: str, version: int | None) -> catalog.Setting | None:
    """Return what the version, or the newest one that has the setting, knows of it."""
    known = [version] if version else list(reversed(catalog.known_in(name)))
    found = (catalog.settings(each).get(name.lower()) for each in known)
    return next((each for each in found if each), None)


def in_base_unit(setting: catalog.Setting, value: str) -> str:
    """Return a value as ``pg_settings.setting`` has it. ValueError where the server would refuse the value."""
    if setting.type in ("integer", "real"):
        return f"{setting.number(value):.15g}"
    if setting.type == "bool":
        return "on" if catalog.flag(value, setting.name) else "off"
    return setting.choice(value) if setting.type == "enum" else value
