"""What the commands that plan ask alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gridsvc.errors import BadInput
from gridsvc.planning.wish import Wish

Target = Annotated[float, typer.Option(min=1, help="Households per micro-grid.")]
Cells = Annotated[
    int | None, typer.Option(help="Exactly so many ordinary cells, in place of a target.")
]
Tolerance = Annotated[float, typer.Option(help="Share of the target by which a cell may be off.")]
Least = Annotated[float | None, typer.Option(help="No cell below this.")]
Most = Annotated[float | None, typer.Option(help="No cell above this.")]


def wish_of(
    target: float,
    cells: int | None,
    tolerance: float,
    least: float | None,
    most: float | None,
    weigh: Sequence[str] | None,
    seed: int,
) -> Wish:
    """The wish that the options make."""
    return Wish(
        target=target,
        cells=cells,
        tolerance=tolerance,
        least=least,
        most=most,
        weigh=_weights(weigh or []) or Wish().weigh,
        seed=seed,
    )


def _weights(given: Sequence[str]) -> dict[str, float]:
    """Columns and weights from ``COLUMN`` or ``COLUMN=WEIGHT``."""
    weights = {}
    for text in given:
        column, equals, weight = text.partition("=")
        try:
            weights[column] = float(weight) if equals else 1.0
        except ValueError as failure:
            raise BadInput(f"--weigh {text} is not COLUMN or COLUMN=NUMBER") from failure
    return weights
