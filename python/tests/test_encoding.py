"""The typed encoding is lossless for what is plain, and refuses what it would falsify."""

from __future__ import annotations

import datetime
import enum
import json
import math
import pathlib
from collections import OrderedDict, namedtuple

import pytest

from perijove_worker.encoding import Encoder, EncodingError, decode
from perijove_worker.handles import HandleTable


class Colour(enum.IntEnum):
    RED = 3


class Name(str):
    pass


def through_json(value):
    table = HandleTable()
    text = json.dumps(Encoder(table).encode(value), allow_nan=False)
    return decode(json.loads(text), table.get)


PLAIN = [
    None, True, False, 0, -(2**63), 2**63 - 1, 1.0, 0.5, 1e300, math.inf, -math.inf, "", "ü\0\n", b"\xff\0",
    [], [1, [2, (3, {4})]], (), (1, "a"), set(), {1, "a"}, {}, {"$dict": 1, (1, 2): [None], 3: {}},
    pathlib.Path("/srv/x"), datetime.timedelta(days=1, microseconds=5),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back(value):
    back = through_json(value)
    assert back == value
    assert type(back) is type(value)


def test_not_a_number():
    assert math.isnan(through_json(math.nan))


def test_subclasses_lose_only_their_class():
    pair = namedtuple("pair", "a b")
    values = [Colour.RED, Name("x"), frozenset([1]), bytearray(b"b"), OrderedDict(a=1), pair(1, 2)]
    assert through_json(values) == [3, "x", {1}, b"b", {"a": 1}, (1, 2)]


def test_what_is_not_plain_becomes_a_handle_and_stays_the_same_object():
    def hook():
        pass

    table = HandleTable()
    form = Encoder(table).encode({"f": [hook, hook], "c": Colour, "o": table})
    handles = {json.dumps(k): v for k, v in form["$dict"]}
    first, second = handles['"f"']
    assert first == second
    assert first["$handle"]["kind"] == "function"
    assert first["$handle"]["name"].endswith("hook")
    assert handles['"c"']["$handle"]["name"] == f"{__name__}.Colour"
    assert handles['"c"']["$handle"]["kind"] == "class"
    assert handles['"o"']["$handle"]["kind"] == "instance"
    assert decode(form, table.get) == {"f": [hook, hook], "c": Colour, "o": table}


def test_what_cannot_be_sent_is_refused():
    loop = []
    loop.append(loop)
    for value in (2**63, "\udcff", loop):
        with pytest.raises(EncodingError):
            through_json(value)
