"""Listening and serving: the port taken first, the service on it until a signal comes."""

from __future__ import annotations

import ipaddress
import socket

import typer
import uvicorn
from fastapi import FastAPI

from gridsvc import logs
from gridsvc.app import create_app
from gridsvc.config import Settings
from gridsvc.db import Login
from gridsvc.errors import BadInput, Unavailable
from gridsvc.keyring import Keyring
from gridsvc.town.accounts import PASSWORD, PREFIX

#: Seconds for requests that are being worked on when the service is told to stop.
_LAST_ANSWERS_S = 15


def serve(settings: Settings, login: Login, keyring: Keyring, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM, and say where to click."""
    logs.configure()
    config = server_config(settings, login, keyring)
    _say_where(settings)
    Server(config).run(sockets=[listener])


class Server(uvicorn.Server):
    """Ends live streams when it is told to stop, since it waits for every answer to be complete."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, streams first."""
        app = self.config.app
        assert isinstance(app, FastAPI)  # noqa: S101 - what server_config gives
        app.state.live.close()
        await super().shutdown(sockets)


def server_config(settings: Settings, login: Login, keyring: Keyring) -> uvicorn.Config:
    """How uvicorn serves: it does not name itself, and its log lines go where ours go."""
    return uvicorn.Config(
        create_app(settings, login, keyring),
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,  # its lines hold the query, which may be somebody's place
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )


def listen(settings: Settings) -> socket.socket:
    """Take the port first, so that a taken one is one line and nothing was started."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    if not loopback and settings.demonstration:
        raise BadInput(
            f"host {settings.host} would open the demonstration, whose passwords everybody knows, "
            "to the network; leave out --demo, or listen on 127.0.0.1"
        )
    if not loopback and not settings.encrypted:
        raise BadInput(
            f"host {settings.host} would send passwords and personal data unencrypted; put a TLS "
            "proxy before it and give its address, as in GRIDSVC_PUBLIC_URL=https://grid.example.cn"
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as failure:
        listener.close()
        raise Unavailable(
            f"port {settings.port} on {settings.host} cannot be used ({failure.strerror}); "
            "stop what uses it or choose another with --port"
        ) from failure
    return listener


def say_first_account(login: str, password: str) -> None:
    """Tell the first administrator's one-time password, this once."""
    typer.echo(f"首次启动：管理员账号 {login}，一次性密码 {password}（只显示这一次，登录后须修改）")


def say_demonstration() -> None:
    """Tell how to sign in to the demonstration."""
    typer.echo(f"示范模式：账号 {PREFIX}dispatcher、{PREFIX}planner 等，密码 {PASSWORD}")


def _say_where(settings: Settings) -> None:
    place = f"http://{settings.host}:{settings.port}"
    typer.echo(f"gridsvc  {place}/              首页")
    typer.echo(f"         {place}/maps/coverage  覆盖地图")
    typer.echo(f"         {place}/docs          API 文档")
    typer.echo("Ctrl-C 停止")
