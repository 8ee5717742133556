"""Tianditu: asked only where a key is set, and then nobody else."""

import re

from gridsvc.maps.coverage import to_html
from gridsvc.maps.tianditu import HOSTS
from tests.maps.frames import make_frames

KEY = "0123456789abcdef0123456789abcdef"


def policy_of(page):
    return re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]


def test_without_a_key_it_is_not_named():
    page = to_html(make_frames(5))
    assert "tianditu" not in page
    assert "img-src data:;" in policy_of(page)


def test_with_a_key_its_pictures_may_come_and_nothing_else():
    page = to_html(make_frames(5, tianditu_key=KEY))
    assert f"img-src data: {HOSTS};" in policy_of(page)
    assert "connect-src 'none'" in policy_of(page)
    assert page.count(f"tk={KEY}") == 2
    asked = set(re.findall(r"https://t[^/\"\s;]*", page))
    assert asked == {"https://t{s}.tianditu.gov.cn"}
