"""Table of the rows as Markdown: ``python -m tests.flows.seeds > docs/capabilities.md``."""

import sys

from tests.flows.seeds import rows

HEAD = """# What real places do, and how gridsvc does it

Each row is a capability of a real place; its test does it over the API or the command line:
`pytest tests/flows/test_seed_rows.py -k rowNN`. Written by `python -m tests.flows.seeds`.

| row | how it is expressed | where its test is |
|---|---|---|
"""


def table() -> str:
    """The whole page."""
    lines = [
        f"| {row.__name__[3:]} | {row.__doc__} | `{row.__module__.replace('.', '/')}.py` |\n"
        for row in rows()
    ]
    return HEAD + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table())
