"""Roles."""

from __future__ import annotations

from .worlds import World

WORLDS: list[World] = []
