"""The configured proxy class where it runs in this process: set up as upstream does it, and what the hub asks of it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from jupyterhub.utils import maybe_future

from .changes import PlainEncoder
from .channel import Message


class Proxies:
    """The one proxy, and the steps that the hub asks for."""

    def __init__(self, upstream: Any, facts: Message, call_hub: Callable) -> None:
        self._runs = False
        self._call_hub = call_hub
        self.proxy = self._make(upstream, facts)
        self._steps: Dict[str, Callable] = {
            "add_route": self._add_route,
            "delete_route": self._delete_route,
            "get_all_routes": self._get_all_routes,
            "start": self._start,
            "stop": self._stop,
        }

    def _make(self, upstream: Any, facts: Message) -> Any:
        app, hub = upstream.settings["app"], upstream.settings["hub"]
        app.hub = hub
        for name, value in facts["app"].items():
            setattr(app, name, value)
        kind = upstream.class_named(facts["class"], "jupyterhub.proxies")
        proxy = kind(
            parent=app,
            app=app,
            log=upstream.log,
            hub=hub,
            db_factory=lambda: upstream.database,
            public_url=facts["public_url"],
            ssl_key=facts["ssl_key"],
            ssl_cert=facts["ssl_cert"],
            host_routing=bool(facts["app"]["subdomain_host"]),
        )
        # A class that starts its program again calls this then.
        proxy.restore_routes = self._restore_routes
        return proxy

    async def _restore_routes(self) -> None:
        await self._call_hub("check_routes", {})

    async def run(self, step: str, args: List[Any]) -> Any:
        """Run one step; its value, encoded."""
        if step not in ("start", "stop"):
            await self._ensure_it_runs()
        value = await self._steps[step](*args)
        return PlainEncoder().encode(value)

    async def _ensure_it_runs(self) -> None:
        """In a process that replaces another, the program is started anew: what ran before was that one's."""
        if not self._runs:
            await self._start()

    async def _start(self) -> Message:
        if self.proxy.should_start:
            await maybe_future(self.proxy.start())
        self._runs = True
        kind = type(self.proxy)
        return {"class_name": f"{kind.__module__}.{kind.__name__}", "started": bool(self.proxy.should_start)}

    async def _stop(self) -> None:
        if self._runs and self.proxy.should_start:
            await maybe_future(self.proxy.stop())
        self._runs = False

    async def _add_route(self, spec: str, target: str, data: Message) -> None:
        await self.proxy.add_route(spec, target, data)

    async def _delete_route(self, spec: str) -> None:
        await self.proxy.delete_route(spec)

    async def _get_all_routes(self) -> Message:
        routes = await self.proxy.get_all_routes()
        return {spec: {"target": route["target"], "data": route.get("data") or {}} for spec, route in routes.items()}
