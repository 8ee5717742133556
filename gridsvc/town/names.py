"""Invented Chinese names: places, streets, estates and people, put together from characters."""

from __future__ import annotations

import numpy as np

FIRST = "清云望翠锦文星安永福春金玉丹枫柳桂兰荷松竹梅碧澄晴朗瑞宁嘉惠明沁景禾汀澜岚棠榆"
SECOND = "波溪湖林川桥平泰和华阳月霞岭田园亭塔湾渡泉浦泽陂堤塘洲渚庭苑石坪坊桐樟杉"
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志文海燕春梅晓红秀珍云飞宏宇浩然"
    "子涵雨欣佳怡思远嘉诚立新永康德全长生"
)
OLD_ESTATES = ("新村", "小区", "家园", "花园", "里")
NEW_ESTATES = ("华庭", "名苑", "雅居", "公馆", "府", "国际城")
ENTERPRISES = ("纺织", "机械", "食品", "电子", "建材", "包装", "农产品加工", "五金")

Rng = np.random.Generator


class PlaceNames:
    """Two-character place names, none given twice until all are used up.

    After that a third character keeps them apart (东, 西, 南, 北 and so on).
    """

    def __init__(self, rng: Rng) -> None:
        pairs = [a + b for a in FIRST for b in SECOND]
        self._pool: list[str] = [pairs[i] for i in rng.permutation(len(pairs))]
        self._given = 0

    def take(self) -> str:
        """The next name."""
        turn, place = divmod(self._given, len(self._pool))
        self._given += 1
        return self._pool[place] + ("" if turn == 0 else "东西南北中上下前后"[(turn - 1) % 9])


def people(count: int, rng: Rng) -> list[str]:
    """Names of people: a common surname and one or two characters; repeats happen as in life."""
    surname = rng.zipf(1.35, count) % len(SURNAMES)
    given = rng.integers(0, len(GIVEN), (count, 2))
    single = rng.random(count) < 0.25
    return [
        SURNAMES[s] + GIVEN[a] + ("" if one or a == b else GIVEN[b])
        for s, (a, b), one in zip(surname, given, single, strict=True)
    ]


def street(road: str, axis: str, names: PlaceNames, rng: Rng) -> str:
    """Name of a street of a class; village tracks have none."""
    if road == "track":
        return ""
    if road in ("trunk", "primary"):
        return names.take() + ("大道" if axis == "u" else "路")
    if road == "residential":
        return names.take() + str(rng.choice(["街", "路", "巷"]))
    return names.take() + "路"


def estate(use: str, names: PlaceNames, rng: Rng) -> str:
    """Name of what stands on a block."""
    if use == "slab":
        return names.take() + str(rng.choice(OLD_ESTATES))
    if use == "tower":
        return names.take() + str(rng.choice(NEW_ESTATES))
    if use == "enterprise":
        return names.take() + str(rng.choice(ENTERPRISES)) + "厂"
    ends = {
        "lanes": "巷",
        "hamlet": "庄",
        "shops": "商业街",
        "school": "学校",
        "hospital": "医院",
        "park": "公园",
        "field": "圩",
        "bank": "滨河绿地",
        "verge": "铁路绿带",
    }
    return names.take() + ends[use]
