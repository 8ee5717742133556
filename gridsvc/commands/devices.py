"""The commands ``gridsvc devices …``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import acting, command_line
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.geo import Datum
from gridsvc.people import devices
from gridsvc.people.track_schemas import DeviceIn
from gridsvc.progress import Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Register phones that tell where people are, list them, revoke them.",
)

Person = Annotated[str, typer.Argument(help="Code of the grid worker, liaison or officer.")]


@app.command()
def register(
    person: Person,
    datum: Annotated[Datum, typer.Option(help="Datum in which the phone's app tells positions.")],
    label: Annotated[str, typer.Option(help="What the phone is called in lists.")] = "手机",
    as_json: AsJson = False,
) -> None:
    """Register a phone; its key is shown this once.

    The key is the device identifier in Traccar Client and OsmAnd, and the password in OwnTracks.
    """
    try:
        new = DeviceIn(person=person, label=label, datum=datum)
    except ValidationError as failure:
        wrong = failure.errors()[0]
        raise BadInput(f"{wrong['loc'][0]}: {wrong['msg']}") from failure

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            with acting(session, command_line()):
                return (await devices.register(session, new)).model_dump(mode="json")

    show(with_database(work_on), as_json)


@app.command(name="list")
def list_(person: Person, as_json: AsJson = False) -> None:
    """List the phones of a person, newest first."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            found = await devices.of_person(session, person)
        return {"devices": [device.model_dump(mode="json") for device in found]}

    show(with_database(work_on), as_json)


@app.command()
def revoke(
    device: Annotated[int, typer.Argument(help="Number of the phone in the list.")],
    as_json: AsJson = False,
) -> None:
    """Let a phone tell nothing any more."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            with acting(session, command_line()):
                return (await devices.revoke(session, device)).model_dump(mode="json")

    show(with_database(work_on), as_json)
