"""A graph with its hierarchy as bytes, and back; pure."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, fields

import numpy as np

from gridsvc.roads.graph import RoadGraph

_HIERARCHY = "hierarchy/"
_TEXTS = ("classes", "left_out")


@dataclass(frozen=True)
class Packed:
    """A graph as it is kept.

    Attributes
    ----------
    graph
        The roads.
    hierarchy
        Files of the topology, by name; none where nobody could make it.
    maker
        Who made the hierarchy, with the version: another one may not read it.
    """

    graph: RoadGraph
    hierarchy: dict[str, bytes]
    maker: str | None


def digest(graph: RoadGraph) -> str:
    """What a graph is told from others by: SHA-256 over all of it but the counts."""
    told = hashlib.sha256(json.dumps(graph.classes).encode())
    for one in fields(graph):
        if one.name not in _TEXTS:
            values = getattr(graph, one.name)
            told.update(f"{one.name} {values.dtype} {values.shape}".encode())
            told.update(np.ascontiguousarray(values).tobytes())
    return told.hexdigest()


def pack(packed: Packed) -> bytes:
    """Bytes of a graph with its hierarchy: a NumPy archive, compressed."""
    graph = packed.graph
    arrays = {one.name: getattr(graph, one.name) for one in fields(graph)}
    texts = {name: arrays.pop(name) for name in _TEXTS} | {"maker": packed.maker}
    for name, content in packed.hierarchy.items():
        arrays[_HIERARCHY + name] = np.frombuffer(content, dtype=np.uint8)
    arrays["texts"] = np.frombuffer(json.dumps(texts).encode(), dtype=np.uint8)
    told = io.BytesIO()
    np.savez_compressed(told, **arrays)
    return told.getvalue()


def unpack(content: bytes) -> Packed:
    """The graph that was packed; what is no array is refused, never run."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    texts = json.loads(arrays.pop("texts").tobytes())
    hierarchy = {
        name.removeprefix(_HIERARCHY): arrays.pop(name).tobytes()
        for name in list(arrays)
        if name.startswith(_HIERARCHY)
    }
    # Graphs made before turns were kept: everywhere traffic arrives where it leaves from.
    arrays.setdefault("back_tail", arrays["head"])
    arrays.setdefault("back_head", arrays["tail"])
    graph = RoadGraph(classes=tuple(texts["classes"]), left_out=texts["left_out"], **arrays)
    return Packed(graph, hierarchy, texts["maker"])
