"""Configuration files run as JupyterHub runs them."""

from __future__ import annotations

import os
import sys

import pytest

from perijove_worker import evaluate, standin
from perijove_worker.encoding import Encoder, decode
from perijove_worker.handles import HandleTable

IMPLEMENTATIONS = ["stand-in"]
try:
    import traitlets  # noqa: F401

    IMPLEMENTATIONS.append("traitlets")
except ImportError:
    pass


@pytest.fixture(params=IMPLEMENTATIONS)
def run(request, tmp_path, monkeypatch):
    """Evaluate files given by name and text; afterwards the process is as before."""
    monkeypatch.chdir(tmp_path)
    if request.param == "traitlets":
        from traitlets.config.loader import Config

        monkeypatch.setattr(evaluate, "config_class", lambda filenames: Config)
    else:
        monkeypatch.setattr(evaluate, "config_class", lambda filenames: standin.Config)
    environ, umask = dict(os.environ), os.umask(0)
    os.umask(umask)

    def run_files(*names, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        evaluation = evaluate.Evaluation(Encoder(HandleTable()))
        paths = [str(tmp_path / f"{name}.py") for name in names or ["main"]]
        return evaluation.run(paths)

    yield run_files
    os.environ.clear()
    os.environ.update(environ)
    os.umask(umask)


def values(result):
    """``{"Section.trait": value}``, without locations."""
    traits = {}
    for section in result["config"]:
        for name, form, _ in section["traits"]:
            traits[f"{section['name']}.{name}"] = decode(form) if "$lazy" not in str(form) else form
    return traits


def lines(result):
    """``{"Section.trait": "file:line"}``."""
    places = {}
    for section in result["config"]:
        for name, _, place in section["traits"]:
            places[f"{section['name']}.{name}"] = place and f"{os.path.basename(place[0])}:{place[1]}"
    return places


def test_values_and_their_lines(run):
    result = run(main="""import os, sys
c = get_config()
c.JupyterHub.port = 8001

c.Spawner.args.append("--debug")
c.Spawner.environment = {
    "A": "b",
}
for name in ("x", "y"):
    setattr(c.Extra, name, os.path.basename(__file__))
c.Spawner.update({"mem_limit": "1G"})
c.A.B.inner = 1
c.direct = 2
if c.JupyterHub.never_set: pass
""")
    assert values(result) == {
        "JupyterHub.port": 8001,
        "Spawner.args": {
            "$lazy": {"prepend": [], "extend": ["--debug"], "inserts": [], "update": None}
        },
        "Spawner.environment": {"A": "b"},
        "Spawner.mem_limit": "1G",
        "Extra.x": "main.py",
        "Extra.y": "main.py",
        "A.B.inner": 1,
        ".direct": 2,
    }
    found = lines(result)
    assert found["JupyterHub.port"] == "main.py:3"
    assert found["Spawner.args"] == "main.py:5"
    assert found["Spawner.environment"] == "main.py:6"
    assert found["Extra.y"] == "main.py:10"
    assert found["Spawner.mem_limit"] == "main.py:11"
    assert found["A.B.inner"] == "main.py:12"


def test_subconfigurations(run, tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "deep.py").write_text("c.S.deep = 1\n\nload_subconfig('beside.py')")
    (tmp_path / "conf" / "beside.py").write_text("c.S.never = 1")
    result = run(
        main="""
c.S.x = "early"
c.S.y = "early"
c.S.args = ["early"]
load_subconfig("sub.py")
load_subconfig("missing.py")
load_subconfig("deep.py", path="conf")
c.S.y = "late"
""",
        sub="c.S.x = 'sub'\nc.S.y = 'sub'\nc.S.args.append('sub')",
    )
    expected = {"S.x": "sub", "S.y": "late", "S.args": ["early", "sub"], "S.deep": 1, "S.never": 1}
    assert values(result) == expected
    found = lines(result)
    assert (found["S.x"], found["S.y"], found["S.deep"]) == ("sub.py:1", "main.py:8", "deep.py:1")
    assert [os.path.basename(f) for f in result["files"]] == ["main.py", "sub.py", "deep.py", "beside.py"]


def test_files_are_merged_in_order(run):
    result = run("one", "two", one="c.S.x = 1; c.S.l.append(1)", two="c.S.x = 2; c.S.l.append(2)")
    assert values(result)["S.x"] == 2
    assert values(result)["S.l"]["$lazy"]["extend"] == [1, 2]


def test_what_the_file_does_to_the_process(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GOES", "1")
    (tmp_path / "elsewhere").mkdir()
    result = run(main="""
import os
os.environ["NEW"] = "ü"
del os.environ["GOES"]
os.umask(0o027)
os.chdir("elsewhere")
""")
    assert sorted(result["environ"]) == [[list(b"GOES"), None], [list(b"NEW"), list("ü".encode())]]
    assert result["umask"] == 0o027
    assert result["cwd"] == str(tmp_path / "elsewhere")


def test_functions_say_builtins_as_upstream(run):
    result = run(main="def hook(spawner): pass\nc.Spawner.pre_spawn_hook = hook\nc.X.l = [lambda: 1]")
    form = result["config"][0]["traits"][0][1]["$handle"]
    assert (form["name"], form["kind"]) == ("builtins.hook", "function")
    assert form["description"].endswith("main.py:1)")


def test_a_value_that_cannot_be_sent_names_its_line(run):
    with pytest.raises(evaluate.ConfigValueError, match=r"c\.S\.x: the number") as caught:
        run(main="\nc.S.x = 2**64")
    assert caught.value.place[1] == 2


def test_nothing_of_jupyterhub_is_imported(run):
    before = set(sys.modules)
    run(main="c.S.x = 1")
    assert not [name for name in set(sys.modules) - before if name.startswith("jupyterhub")]


@pytest.mark.parametrize("text, own", [("c.A.x = 1", False), ("from traitlets.config import Config", True)])
def test_only_files_that_name_traitlets_wait_for_it(tmp_path, text, own):
    pytest.importorskip("traitlets")
    (tmp_path / "main.py").write_text(text)
    kind = evaluate.config_class([str(tmp_path / "main.py"), str(tmp_path / "missing.py")])
    assert (kind is not standin.Config) == own
