"""Configurations under which the two are compared, each with its cases."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.hub import ADMIN_SERVICE, DUMMY_LOGIN, TRIVIAL_SERVERS

from . import groups, servers, users
from .steps import Case

_COMMON = DUMMY_LOGIN + TRIVIAL_SERVERS + ADMIN_SERVICE + "c.JupyterHub.load_roles = []\n"


@dataclass(frozen=True)
class Setting:
    name: str
    config: str
    cases: list[Case]
    base_url: str = "/"
    env: dict[str, str] = field(default_factory=dict)

    @property
    def whole_config(self) -> str:
        return _COMMON + self.config


SETTINGS = [
    Setting("users", users.CONFIG, users.CASES),
    Setting("groups", groups.CONFIG, groups.CASES),
    Setting("managed-groups", groups.MANAGED_CONFIG, groups.MANAGED),
    Setting("servers", servers.CONFIG, servers.CASES),
    Setting("impatient", servers.IMPATIENT_CONFIG, servers.IMPATIENT),
    Setting("limited", servers.LIMITED_CONFIG, servers.LIMITED),
    Setting("unnamed", servers.UNNAMED_CONFIG, servers.UNNAMED),
    Setting("rules", servers.RULES_CONFIG, servers.RULES, base_url="/base/", env={"JUPYTERHUB_CRYPT_KEY": "ab" * 32}),
]
