"""The handbook's pictures, taken from the running service with the demonstration town.

    python -m tests.bench.handbook [--only planner,field] [--address URL] [--out DIR]

Starts a demonstration of its own (a few minutes) unless an address is given, signs in by the
demonstration's accounts, does what the handbook tells, and keeps pictures of at most 150 kB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from gridsvc.web.chapters import FOLDER
from tests.bench.handbook.appraisal import appraisal
from tests.bench.handbook.camera import Camera
from tests.bench.handbook.demonstration import demonstration
from tests.bench.handbook.dispatcher import dispatcher
from tests.bench.handbook.field import field, visits
from tests.bench.handbook.outreach import outreach
from tests.bench.handbook.overview import overview
from tests.bench.handbook.planner import planner
from tests.bench.handbook.registers import registers
from tests.bench.handbook.report import report
from tests.bench.handbook.sign_in import sign_in
from tests.browser.conftest import CHROMIUM, FLAGS

#: In this order: the worker handles what the dispatcher verifies and everybody may then see.
WALKS = {
    one.__name__: one
    for one in (
        *(sign_in, planner, field, visits, dispatcher, report),
        *(overview, outreach, registers, appraisal),
    )
}


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.handbook")
    parser.add_argument("--only", default=",".join(WALKS), help=f"Of {', '.join(WALKS)}.")
    parser.add_argument("--address", help="Of a demonstration that runs already.")
    parser.add_argument("--out", type=Path, default=FOLDER / "pictures")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.address:
        take_all(asked.address, asked)
    else:
        with demonstration() as address:
            take_all(address, asked)


def take_all(address: str, asked: argparse.Namespace) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in asked.only.split(","):
            WALKS[name](Camera(browser, address, asked.out))
        browser.close()


if __name__ == "__main__":
    main()
