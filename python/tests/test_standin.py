"""The stand-in ``Config`` does what Traitlets' own does: each script runs against both."""

from __future__ import annotations

import copy
import textwrap

import pytest

from perijove_worker import standin
from perijove_worker.tracking import tracked

loader = pytest.importorskip("traitlets.config.loader")

SCRIPTS = {
    "assignments": "c.A.x = 1; c.A.x = 2; c['B']['y'] = [c.A.x]; c.A['z'] = {'Q': {'r': 1}}",
    "lazy lists": """
        c.A.x.append(1); c.A.x.extend([2, 3]); c.A.x.insert(0, 'i'); c.A.x.insert(-1, 'j')
        c.A.x.prepend([5, 6]); c.A.x.prepend([4]); log(c.A.x)
        """,
    "lazy dicts and sets": "c.A.d.update({'a': 1}); c.A.d.update(b=2) if 0 else None; c.A.s.update([1]); c.A.s.add(2)",
    "insert wants an integer": "c.A.x.insert('0', 1)",
    "augmented assignment needs a value": "c.A.x += [1]",
    "augmented assignment": "c.A.x = [1]; c.A.x += [2]; c.A.t = (1,); c.A.t += (2,)",
    "sections must be configs": "c.A = 3",
    "sections may be assigned": "c.A = type(c)({'x': 1}); log(c.A.x)",
    "nested sections": "c.A.B.x = 1; c.A.B.y.append(2); log('A.B' in c, 'A.B.x' in c, 'A.C' in c, 'Z.x' in c)",
    "reading makes lazies": "log(bool(c.A), c.A.x, 'A' in c, 'x' in c.A, c.has_key('A'))",
    "underscores": "log(hasattr(c, '_x'), hasattr(c, '__x__')); c._y = 3; log(c._y); c.A.__z__ = 3; log(dict(c.A))",
    "underscore section": "log(c._Missing)",
    "deletion": "c.A.x = 1; del c.A.x; log('x' in c.A); del c.A['x']",
    "deletion of attributes": "del c.A.x",
    "dict methods": """
        c.A.update({'x': 1}, y=2); log(c.A.pop('x'), c.A.get('nope'), c.A.setdefault('q', 7), list(c.A), len(c.A))
        """,
    "conversion of dicts": "log(type(c)({'A': {'b': {'C': 1}, 'D': {'e': 2}}, 'f': {'g': 1}}).A.D.e)",
    "merge of values": """
        o = type(c)(); o.A.x = 2; o.A.y = 3; o.B.z = 4; c.A.x = 1; c.A.w = 0; c.merge(o)
        """,
    "merge of lazies": """
        o = type(c)(); o.A.x.append(2); o.A.x.prepend([8]); o.A.x.insert(0, 'o'); o.A.d.update({'k': 2})
        c.A.x.append(1); c.A.x.prepend([9]); c.A.x.insert(1, 'c'); c.A.d.update({'k': 1, 'l': 1}); c.merge(o)
        """,
    "merge of lazies into values": """
        o = type(c)(); o.A.x.append(2); o.A.x.prepend([0]); o.A.x.insert(0, 'i'); o.A.d.update({'k': 2}); o.A.s.add(2)
        c.A.x = [1]; c.A.d = {'l': 1}; c.A.s = {1}; c.merge(o)
        """,
    "merge of values over lazies": "o = type(c)(); o.A.x = [2]; c.A.x.append(1); c.merge(o)",
    "copies": """
        c.A.x = [1]; c.A.l.append(1); s = c.copy(); d = deepcopy(c); d.A.x.append(2); d.A.l.append(2); s.A.x.append(3)
        log(c, s, d, type(s) is type(c), type(d) is type(c))
        """,
    "collisions": "o = type(c)(); o.A.x = 2; c.A.x = 1; c.A.y = 1; c.B.z = 1; log(c.collisions(o))",
    "lazy get_value": """
        c.A.x.append(1); log(c.A.x.get_value([0]), c.A.x.get_value(['ignored']), c.A.x, c.A.y.get_value(5))
        """,
    "bool and equality": "log(bool(c), c == {}, c.A == {}, bool(c))",
    "iteration": "c.B.x = 1; c.A.y = 2; log(list(c), [k for k, v in c.items()])",
    "keywords": "log(type(c)(A={'x': 1}).A.x)",
    "non-string keys": "c.A[1] = 2",
}


def plain(value):
    """Both implementations' objects in one comparable form, keeping key order."""
    if type(value).__name__ == "LazyConfigValue":
        parts = (value._prepend, value._extend, value._inserts, value._update, value._value)
        return ("lazy", *(plain(part) for part in parts))
    if isinstance(value, dict):
        return (isinstance(value, (loader.Config, standin.Config)), [(k, plain(v)) for k, v in value.items()])
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


def outcome(config, script):
    """What a script leaves in its configuration, what it logged, and how it ended."""
    logged, failure = [], None
    names = {"c": config, "log": lambda *args: logged.extend(plain(a) for a in args), "deepcopy": copy.deepcopy}
    try:
        exec(textwrap.dedent(script), names)
    except Exception as error:
        failure = type(error)
    return plain(config), logged, failure


@pytest.mark.parametrize("wrap", [lambda base: base, tracked], ids=["bare", "tracked"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_same_as_traitlets(name, wrap):
    script = SCRIPTS[name]
    expected = outcome(loader.Config(), script)
    assert outcome(wrap(standin.Config)(), script) == expected
    assert outcome(wrap(loader.Config)(), script) == expected
