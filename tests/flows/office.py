"""What an office does: loads the tables it keeps, asks the service, tells it something."""

import csv
import tempfile
from pathlib import Path

from gridsvc.db import transaction
from gridsvc.exchange import load as loading
from tests.who import KEYRING


async def load(town, kind, rows, *, effective=None, division=None):
    """Load a table from a CSV file, as ``gridsvc load`` does."""
    with tempfile.TemporaryDirectory(prefix="gridsvc-office-") as folder:
        table = Path(folder) / f"{kind}.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        async with transaction(town) as session:
            work = loading.jobs([table], kind)
            options = {"division": division, "effective_from": effective}
            return await loading.load(session, work, keyring=KEYRING, **options)


async def get(client, path, **query):
    """Answer of the service to a question."""
    answer = await client.get(f"/api/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(client, path, status=200, **told):
    """Answer of the service to what it is told."""
    answer = await client.post(f"/api/{path}", json=told)
    assert answer.status_code == status, answer.text
    return answer.json()
