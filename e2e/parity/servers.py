"""Servers: started, stopped, made, renamed and deleted.

Not compared: the default server after it was renamed (JupyterHub now and then has none then, Perijove always), options that
JupyterHub only shows after a restart (changed while it keeps an object of the stopped server), a change refused halfway (it
keeps the new name), and words for a time that only Python's parser takes ("10:00", "Jan 1 2020").
"""

from __future__ import annotations

from harness import settings

from .steps import DELETE, GET, KILL, PATCH, POST, PUT, SQL, Case, Step

#: What a server does depends on its user's name.
SCRIPT = f"""
open(os.path.join(here, "start.sh"), "w").write('''
case "$JUPYTERHUB_USER" in
  slow-*) sleep 1 ;;
  never-*) exec sleep 100 ;;
  fail-*) sleep 1; echo "no luck today" >&2; exit 3 ;;
  stubborn-*) trap "" INT ;;
esac
exec {settings.PYTHON} -I -S {settings.PROJECT / "bench" / "trivial_singleuser.py"}
''')
c.Spawner.cmd = ["/bin/sh", os.path.join(here, "start.sh")]
"""

CONFIG = SCRIPT + """
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = 2
c.Spawner.http_timeout = 4
for kind, scopes in {
    "starter": ["start:servers"], "remover": ["delete:servers"], "watcher": ["read:servers"], "state-watcher": ["admin:server_state", "read:servers"], "keeper": ["servers"],
    "keeper-of-one": ["servers!user=sc1"], "keeper-of-lab": ["servers!server=sc1/lab"], "everything": ["admin:servers"],
}.items():
    c.JupyterHub.services.append({"name": kind, "api_token": "the-token-of-" + kind})
    c.JupyterHub.load_roles.append({"name": "role-of-" + kind, "scopes": scopes, "services": [kind]})
"""

KINDS = ("starter", "remover", "watcher", "state-watcher", "keeper", "keeper-of-one", "keeper-of-lab", "everything", "nobody", "stranger", "user:sc1", "user:sc2")


def with_all(name: str) -> list[Step]:
    return [GET(f"users/{name}"), GET(f"users/{name}?include_stopped_servers")]


STARTS = [
    Case("default", [
        POST("users/sa1"), *with_all("sa1"), GET("users/sa1/server"), POST("users/sa1/server", json={"s": ["value"], "i": 5}), GET("users/sa1/server"), *with_all("sa1"), POST("users/sa1/server"),
        DELETE("users/sa1/server"), GET("users/sa1/server"), *with_all("sa1"), DELETE("users/sa1/server"), POST("users/sa1/server"), GET("users/sa1/server"), DELETE("users/sa1/server"),
        POST("users/sa1/server", json={"key": "value"}), GET("users/sa1/server"), DELETE("users/sa1/server", json={"remove": False}), DELETE("users/sa1/server", json={"remove": True}),
        POST("users/sa1/server", json={"user_options": {"new": 1}}), GET("users/sa1"), DELETE("users/sa1/server", json={"remove": True}), DELETE("users/sa1/server"),
        POST("users/sa1/server", json={"display_name": "shown"}), GET("users/sa1"), DELETE("users/sa1/server", data="{"), DELETE("users/sa1/server", json=[]), GET("users/sa1?include_stopped_servers"),
        POST("users/sa1/server", json={}), GET("users/sa1/server"), DELETE("users/sa1/server"), POST("users/sa1/server", json={"user_options": {}}), GET("users/sa1/server"), DELETE("users/sa1/server"),
        POST("users/sa1/server", json={"user_options": None}), GET("users/sa1/server"), DELETE("users/sa1/server"), POST("users/sa1/server?foo=bar"), DELETE("users/sa1/server"), PUT("users/sa1/server"),
    ], words=True),
    Case("default-by-the-empty-name", [
        POST("users/sb1"), GET("users/sb1/servers/"), POST("users/sb1/servers/"), GET("users/sb1/servers/"), GET("users/sb1/servers//progress"), PUT("users/sb1/servers/"), DELETE("users/sb1/servers/", json={"remove": True}),
        PATCH("users/sb1/servers/", json={"name": "valid"}), DELETE("users/sb1/servers/"), GET("users/sb1/servers//progress"), PATCH("users/sb1/servers/", json={"name": "valid"}), GET("users/sb1"),
        GET("users/sb1/servers/valid"), POST("users/sb1/servers/"), *with_all("sb1"), DELETE("users/sb1/servers/"), GET("users/sb1/servers"), POST("users/sb1/servers"), GET("users/none-such/servers/"),
        POST("users/sb1/servers/", who="user:sb2"), GET("users/sb1/servers/", who="user:sb2"), PATCH("users/sb1/servers/", json={"display_name": "x"}), GET("users/sb1/servers/"),
        PATCH("users/sb1/servers/", json={"user_options": {"a": 1}}), PATCH("users/sb1/servers/", json={}), Step("OPTIONS", "users/sb1/servers/"),
    ], words=True),
    *(Case(f"asked-by-{kind}", [
        POST("users", json={"usernames": ["sc1", "sc2"]}),
        *(step for path in ("users/sc1/server", "users/sc1/servers/lab", "users/none-such/server", "users/none-such/servers/lab", "users/sc1/servers/none") for step in (
            GET(path, who=kind), GET(f"{path}/progress", who=kind), PUT(path, who=kind), POST(path, who=kind), GET(path, who=kind), GET(f"{path}/progress", who=kind), PATCH(path, who=kind, json={"display_name": "x"}),
            DELETE(path, who=kind), PATCH(path, who=kind, json={"display_name": "x"}), DELETE(path, who=kind, json={"remove": True}),
        )),
        DELETE("users/sc1/server"), DELETE("users/sc1/servers/lab", json={"remove": True}), DELETE("users/sc1/servers/none", json={"remove": True}), DELETE("users/sc1/servers/lab"),
    ], words=True) for kind in KINDS),
    Case("from-pages", [
        POST("users/sd1"), POST("users/sd1/server", who="browser:sd1"), POST("users/sd1/server", who="browser:sd1", json={}), GET("users/sd1", who="browser:sd1"), GET("users/sd1/server/progress", who="browser:sd1"),
        DELETE("users/sd1/server", who="browser:sd1"), POST("users/sd1/servers/lab", who="browser:sd1", json={"display_name": "Lab", "user_options": {}}), PATCH("users/sd1/servers/lab", who="browser:sd1", json={"display_name": "L"}),
        DELETE("users/sd1/servers/lab", who="browser:sd1", json={"remove": True}), POST("users/sd1/server", who="browser:admin", json={}), DELETE("users/sd1/server", who="browser:admin"), POST("users/sd1/server", who="browser:sd2", json={}),
    ], words=True),
    Case("died", [
        POST("users/se1"), POST("users/se1/server"), KILL("se1"), POST("users/se1/server", until=201), GET("users/se1"), KILL("se1"), GET("/hub/user/se1/", who="nobody"), GET("users/se1/server"), DELETE("users/se1", until=204),
    ], words=True, ignore={key: "Perijove notices the end at once" for key in ("ready", "stopped", "started", "state", "pending", "url", "server", "servers", "user_options")}),
    Case("failing", [
        POST("users/fail-a"), POST("users/fail-a/server"), *with_all("fail-a"), GET("users/fail-a/server"), POST("users/fail-a/servers/lab"), *with_all("fail-a"),
        GET("users/fail-a/servers/lab"), DELETE("users/fail-a/server"), DELETE("users/fail-a/servers/lab"), *with_all("fail-a"), DELETE("users/fail-a/servers/lab", json={"remove": True}), *with_all("fail-a"), DELETE("users/fail-a"),
    ]),
    Case("never-there", [
        POST("users/never-a"), POST("users/never-a/server"), *with_all("never-a"), GET("users/never-a/server/progress"), DELETE("users/never-a/server"), DELETE("users/never-a"),
    ]),
    Case("unknown-user", [step(f"users/none-such/{path}") for step in (GET, POST, DELETE, PUT) for path in ("server", "servers/x", "server/progress", "servers/x/progress")] + [
        PATCH("users/none-such/server", json={"name": "x"}), PATCH("users/none-such/servers/x", json={"name": "x"}), POST("users/none-such/activity", json={}), GET("users/none-such/tokens"),
    ], words=True),
]  # fmt: skip

NAMED = [
    Case("made", [
        POST("users/na1"), PUT("users/na1/servers/one"), PUT("users/na1/servers/one"), GET("users/na1/servers/one"), *with_all("na1"), PUT("users/na1/servers/two", json={"display_name": "My Server", "user_options": {"key": "value"}}),
        GET("users/na1/servers/two"), PUT("users/na1/servers/three"), POST("users/na1/servers/three"), POST("users/na1/servers/two"), GET("users/na1/servers/two"), PUT("users/na1/servers/two"), DELETE("users/na1/servers/two"),
        GET("users/na1/servers/two"), *with_all("na1"), POST("users/na1/servers/two", json={"display_name": "Other", "user_options": {"key": "other"}}), GET("users/na1/servers/two"),
        DELETE("users/na1/servers/two", json={"remove": True}), GET("users/na1/servers/two"), DELETE("users/na1/servers/two"), DELETE("users/na1/servers/two", json={"remove": True}), POST("users/na1/servers/three"), *with_all("na1"),
        DELETE("users/na1/servers/one", json={"remove": True}), POST("users/na1/servers/four", json={"display_name": ""}), GET("users/na1/servers/four"), POST("users/na1/server"), GET("users/na1"), DELETE("users/na1/server"),
        DELETE("users/na1/servers/three"), DELETE("users/na1/servers/four"), *with_all("na1"), PUT("users/na1/servers/five"),
    ], words=True),
    Case("made-badly", [
        POST("users/nb1"), *(step("users/nb1/servers/named", json=body) for step in (PUT, POST) for body in (
            {"display_name": 5}, {"display_name": "x" * 257}, {"display_name": "x", "user_options": 5}, {"user_options": [1]}, {"display_name": None}, [1], "x", 5, {"display_name": "a\nb"}, {"display_name": " "}, {"display_name": "\u200b"},
        )), PUT("users/nb1/servers/named", data="{"), POST("users/nb1/servers/named", data="{"), *with_all("nb1"),
        *(step(f"users/nb1/servers/{name}") for step in (PUT, POST) for name in (
            "UPPER", "a%24%2Fb", "%24p~c%7Ca%21%20ch%40rs", "hash%23%3Fquestion", "server--abc-def", "-x", "x-", "it%27s", "a%22b", "white%20space", "a.b", "a_b", "x" * 49, "x" * 64, "%C3%A9", "%3C%21%0A%3E", "a%2Fb", "1", "server-abcdef12",
        )), *with_all("nb1"), *(DELETE(f"users/nb1/servers/{name}", json={"remove": True}) for name in ("UPPER", "it%27s", "a%0Ab", "1", "server-abcdef12", "x")),
    ], words=True),
    Case("shown-names", [
        POST("users/nc1"), *(step for shown in ("My name is Trevor", "e_êẹèêéøßæṣ-", "<b>x</b>", "a/b", "'q\"", "x" * 255, "🚀", "e\u0301") for step in (
            POST("users/nc1/servers/trevor", json={"display_name": shown}), GET("users/nc1/servers/trevor"), DELETE("users/nc1/servers/trevor", json={"remove": True}), PUT("users/nc1/servers/trevor", json={"display_name": shown}),
            PATCH("users/nc1/servers/trevor", json={"display_name": shown + "2"}), GET("users/nc1/servers/trevor"), DELETE("users/nc1/servers/trevor", json={"remove": True}),
        )),
    ], words=True),
    Case("renamed", [
        POST("users/nd1"), POST("users/nd1/server"), DELETE("users/nd1/server"), PATCH("users/nd1/servers/not-there", json={"name": "valid"}), PUT("users/nd1/servers/exists"), PATCH("users/nd1/servers/exists", json={"name": "valid"}), GET("users/nd1/servers/valid"), GET("users/nd1/servers/exists"),
        *with_all("nd1"), PATCH("users/nd1/servers/valid", json={"name": "invalid name"}), PATCH("users/nd1/servers/valid", json={"name": ""}), PATCH("users/nd1/servers/valid", json={"name": "valid"}), PUT("users/nd1/servers/alsoexists"),
        PATCH("users/nd1/servers/valid", json={"name": "alsoexists"}), PATCH("users/nd1/server", json={"name": "third"}), PATCH("users/nd1/servers/valid", json={"name": "full"}), *with_all("nd1"), POST("users/nd1/servers/full"),
        PATCH("users/nd1/servers/full", json={"name": "active"}), PATCH("users/nd1/servers/full", json={"display_name": "active"}), PATCH("users/nd1/servers/full", json={"user_options": {}}), DELETE("users/nd1/servers/full"),
        PATCH("users/nd1/servers/full", json={"name": "newname", "display_name": "New Name!", "user_options": {"key": "value"}}), GET("users/nd1/servers/newname"), POST("users/nd1/servers/newname"), GET("users/nd1/servers/newname"),
        DELETE("users/nd1/servers/newname"), *with_all("nd1"), DELETE("users/nd1/servers/alsoexists", json={"remove": True}), POST("users/nd1/server", json={"a": 1}), PATCH("users/nd1/server", json={"name": "second"}), DELETE("users/nd1/server"),
        PATCH("users/nd1/server", json={"name": "second"}), GET("users/nd1"), POST("users/nd1/servers/second"), GET("users/nd1/servers/second"), DELETE("users/nd1/servers/second"),
    ], words=True),
    Case("changed-badly", [
        POST("users/ne1"), PUT("users/ne1/servers/one"), *(PATCH("users/ne1/servers/one", json=body) for body in (
            {}, [], None, {"display_name": ""}, {"display_name": None}, {"user_options": {}}, {"user_options": {"a": 1}}, {"display_name": "x", "user_options": {"b": 1}}, {"name": None}, {"name": None, "display_name": "y"},
        )), PATCH("users/ne1/servers/one", data="{"), PATCH("users/ne1/servers/one", json={"user_options": 5}), PATCH("users/ne1/servers/none", json={"user_options": {}}), PATCH("users/ne1/servers/none", json={"display_name": "x"}),
        PATCH("users/ne1/servers/Not%20Valid", json={"display_name": "x"}), PATCH("users/ne1/servers/one", json={"name": "two", "display_name": ""}), GET("users/ne1/servers/two"),
        GET("users/ne1/servers/two"),
    ], words=True),
    Case("old-names", [
        SQL("INSERT INTO users (name, admin, cookie_id) VALUES ('nf1', 0, 'x-nf1')"),
        *(SQL(f"INSERT INTO spawners (user_id, name, display_name) SELECT id, '{name}', '{name}' FROM users WHERE name = 'nf1'") for name in ("$p~c|a! ch@rs", "hash#?question", "<!\n>", "Old Name")),
        *with_all("nf1"), *(step for name in ("%24p~c%7Ca%21%20ch@rs", "hash%23%3Fquestion", "%3C!%0A%3E", "Old%20Name") for step in (
            GET(f"users/nf1/servers/{name}"), PUT(f"users/nf1/servers/{name}"), POST(f"users/nf1/servers/{name}"), GET(f"users/nf1/servers/{name}"), GET(f"users/nf1/servers/{name}/progress"), GET("users/nf1"), GET(f"/user/nf1/{name}/x", who="nobody"),
            POST("users/nf1/activity", json={"servers": {"Old Name": {"last_activity": "2020-01-01"}}}), DELETE(f"users/nf1/servers/{name}"), PATCH(f"users/nf1/servers/{name}", json={"display_name": "shown"}),
        )),
        PATCH("users/nf1/servers/Old%20Name", json={"name": "new-name"}), PATCH("users/nf1/servers/hash%23%3Fquestion", json={"name": "Also Bad"}), *with_all("nf1"), POST("users/nf1/servers/another"),
        DELETE("users/nf1/servers/%3C!%0A%3E", json={"remove": True}), DELETE("users/nf1/servers/%24p~c%7Ca%21%20ch@rs", json={"remove": True}), DELETE("users/nf1/servers/new-name", json={"remove": True}), *with_all("nf1"),
        POST("users/nf1/servers/another"), DELETE("users/nf1/servers/another"),
    ], words=True),
]  # fmt: skip

ACTIVITY = [
    Case("activity", [
        POST("users/ac1"), POST("users/ac1/servers/exists"), DELETE("users/ac1/servers/exists"),
        *(POST("users/ac1/activity", who="user:ac1", json=body) for body in (
            {}, [], "x", None, {"servers": {"nope": {"last_activity": "2020-01-01T00:00:00Z"}}}, {"servers": {"it's": {}}}, {"servers": {"": {}}}, {"servers": {"": 1}}, {"servers": {"exists": {"last_activity": "2020-01-01T00:00:00Z"}}},
            {"servers": {"exists": {"last_activity": "2020-01-01T00:00:00Z"}, "nope": {"last_activity": "2020-01-01T00:00:00Z"}}}, {"servers": []}, {"servers": [1]}, {"servers": {}}, {"last_activity": None}, {"last_activity": ""}, {"x": 1},
            {"last_activity": "2037-01-01"}, {"last_activity": "3000-01-01T00:00:00.5Z"}, {"servers": {"": {"last_activity": "2999-01-01T00:00:00+02:00"}}}, {"last_activity": "2020-01-01", "servers": {"": {"last_activity": "2020-01-01"}}},
        )), POST("users/ac1/activity", who="user:ac1", data="{"), POST("users/ac1/activity", who="user:ac2", json={"last_activity": "2020-01-01"}), POST("users/ac1/activity", who="nobody", json={"last_activity": "2020-01-01"}),
        POST("users/ac1/activity", who="user:ac2", data="{"), POST("users/ac1/activity", json={"last_activity": "2020-01-01"}), POST("users/no-such/activity", json={"last_activity": "2020-01-01"}), POST("users/no-such/activity", who="user:ac2", json={}),
        GET("users/ac1/activity"), POST("users/ac1/activity", who="browser:ac1", json={"last_activity": "2020-01-01"}),
    ], words=True),
    Case("activity-formats", [
        POST("users/af1"), *(POST("users/af1/activity", who="user:af1", json={"last_activity": text}) for text in (
            "2020-01-01T00:00:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.123Z", "2020-01-01T00:00:00.123456789Z", "2020-01-01 00:00:00", "2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00+0200", "2020-01-01T00:00:00+02", "20200101T000000Z",
            "20200101", "2020-01-01T10:30", "Wed, 01 Jan 2020 00:00:00 GMT", "2020/01/01", "2020-13-01", "2020-02-30", "2020-01-01T25:00:00Z",
            "yesterday", "now", "1577836800", "1577836800.5", "x", " 2020-01-01 ", "2020-01-01T00:00:00 UTC", "2020-01-01T00:00:00-00:00", "2020-W01-1", "2020-001", "0001-01-01", "2020-01-01T24:00:00",
        )),
    ]),
]  # fmt: skip

PROXY = [
    Case("routes", [
        GET("proxy"), POST("users/pr1"), POST("users/pr1/server"), POST("users/pr1/servers/lab"), GET("proxy"), *(GET(f"proxy?{query}", headers=headers) for query in ("offset=1", "limit=1", "limit=0", "limit=1&offset=1", "limit=x", "offset=10", "limit=-1")
          for headers in ({}, {"Accept": "application/jupyterhub-pagination+json"})),
        POST("proxy"), GET("proxy"), DELETE("users/pr1/server"), GET("proxy"), DELETE("users/pr1/servers/lab"), DELETE("users/pr1"), GET("proxy"), *(step("proxy", who=who) for step in (GET, POST, PATCH) for who in ("nobody", "stranger", "user:pr2", "watcher")),
        PATCH("proxy"), PATCH("proxy", data="{"), PATCH("proxy", json=[]), PATCH("proxy", json={}), PATCH("proxy", json={"ip": "x", "port": 1}), PUT("proxy"), DELETE("proxy"),
    ], words=True, ignore={"last_activity": "when the proxy saw something"}),
    Case("services", [GET("services"), GET("services/e2e"), GET("services/none-such"), GET("services/starter"), GET("services", who="user:sv1"), GET("services/e2e", who="user:sv1"), GET("services/starter", who="starter"), GET("services", who="starter")], words=True),
]  # fmt: skip

CASES = STARTS + NAMED + ACTIVITY + PROXY

#: Nobody waits for a start or a stop.
IMPATIENT_CONFIG = SCRIPT + """
c.JupyterHub.allow_named_servers = True
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0, "slow_stop_timeout": 0}
c.Spawner.http_timeout = 3
c.LocalProcessSpawner.interrupt_timeout = 2
"""

SETTLED = '"pending": null'

IMPATIENT = [
    Case("slow-start", [
        POST("users/slow-a"), POST("users/slow-a/server", json={"a": 1}), GET("users/slow-a"), GET("users/slow-a/server"), POST("users/slow-a/server"), PATCH("users/slow-a/server", json={"display_name": "x"}), GET("users?name_filter=slow-a&state=ready"),
        GET("users?name_filter=slow-a&state=active"), GET("users?name_filter=slow-a&state=inactive"), GET("users/slow-a/server/progress"), GET("users/slow-a"), GET("users/slow-a/server/progress"), GET("users?name_filter=slow-a&state=ready"),
        DELETE("users/slow-a/server"), GET("users/slow-a/server", until_text='"stopped": true'), DELETE("users/slow-a/server"), GET("users/slow-a/server/progress"),
    ], words=True, ignore={"state": "when the process is there"}),
    Case("slow-start-named", [
        POST("users/slow-b"), POST("users/slow-b/servers/lab", json={"display_name": "Lab"}), GET("users/slow-b"), POST("users/slow-b/servers/lab"), PATCH("users/slow-b/servers/lab", json={"name": "x"}), PUT("users/slow-b/servers/lab"),
        GET("users/slow-b/servers/lab/progress"), GET("users/slow-b"), DELETE("users/slow-b/servers/lab", json={"remove": True}), GET("users/slow-b/servers/lab", until=404), GET("users/slow-b?include_stopped_servers"),
    ], words=True, ignore={"state": "when the process is there"}),
    Case("failing", [
        POST("users/fail-b"), POST("users/fail-b/server"), GET("users/fail-b"), GET("users/fail-b/server/progress"), GET("users/fail-b"), GET("users/fail-b/server"), GET("users/fail-b/server/progress"),
        DELETE("users/fail-b/server"), GET("users/fail-b?include_stopped_servers"), GET("users/fail-b/server/progress"), POST("users/fail-b/servers/lab"), GET("users/fail-b/servers/lab/progress"), GET("users/fail-b/servers/lab"),
        DELETE("users/fail-b/servers/lab"), GET("users/fail-b/servers/lab"), DELETE("users/fail-b/servers/lab", json={"remove": True}), GET("users/fail-b/servers/lab"), DELETE("users/fail-b"), GET("users/fail-b"),
    ], ignore={"message": "what is said of a failed start", "html_message": "the same", "state": "when the process is there"}, extra={"output": "what the server wrote last"}),
    Case("cancelled", [
        POST("users/slow-c"), POST("users/slow-c/server"), DELETE("users/slow-c/server"), GET("users/slow-c", until_text=SETTLED), GET("users/slow-c/server/progress"), GET("users/slow-c?include_stopped_servers"), POST("users/slow-c/server"),
        GET("users/slow-c/server/progress"), DELETE("users/slow-c"), GET("users/slow-c/server", until_text=SETTLED), DELETE("users/slow-c"), GET("users/slow-c"),
    ], words=True),
    Case("slow-stop", [
        POST("users/stubborn-a"), POST("users/stubborn-a/servers/lab"), GET("users/stubborn-a/servers/lab", until_text=SETTLED), GET("users/stubborn-a/servers/lab/progress"), DELETE("users/stubborn-a/servers/lab"), GET("users/stubborn-a"), DELETE("users/stubborn-a/servers/lab"), POST("users/stubborn-a/servers/lab"),
        PATCH("users/stubborn-a/servers/lab", json={"display_name": "x"}), PUT("users/stubborn-a/servers/lab"), GET("users/stubborn-a/servers/lab/progress"), GET("users?name_filter=stubborn-a&state=active"), GET("users?name_filter=stubborn-a&state=ready"),
        GET("users/stubborn-a/servers/lab", until_text=SETTLED), GET("users/stubborn-a"), POST("users/stubborn-a/servers/lab"), GET("users/stubborn-a/servers/lab", until_text=SETTLED), GET("users/stubborn-a/servers/lab/progress"), DELETE("users/stubborn-a/servers/lab", json={"remove": True}),
        GET("users/stubborn-a/servers/lab"), GET("users/stubborn-a/servers/lab", until=404), POST("users/stubborn-a/server"), GET("users/stubborn-a/server", until_text=SETTLED), GET("users/stubborn-a/server/progress"), DELETE("users/stubborn-a/server"), DELETE("users/stubborn-a"),
        GET("users/stubborn-a/server", until_text=SETTLED), DELETE("users/stubborn-a"), GET("users/stubborn-a"),
    ], words=True),
]  # fmt: skip

LIMITED_CONFIG = SCRIPT + """
c.JupyterHub.allow_named_servers = True
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.JupyterHub.concurrent_spawn_limit = 1
c.JupyterHub.active_server_limit = 2
"""

LIMITED = [
    Case("too-many", [
        POST("users", json={"usernames": ["slow-l1", "slow-l2", "slow-l3"]}), POST("users/slow-l1/server"), POST("users/slow-l2/server"), POST("users/slow-l2/servers/lab"), POST("users/slow-l1/server"), GET("users/slow-l2"), GET("users/slow-l1/server/progress"),
        POST("users/slow-l2/server"), GET("users/slow-l2/server/progress"), POST("users/slow-l3/server"), POST("users/slow-l1/servers/lab"), GET("users/slow-l3?include_stopped_servers"), DELETE("users/slow-l1/server"), POST("users/slow-l3/server"),
        GET("users/slow-l3/server/progress"), DELETE("users/slow-l2/server"), DELETE("users/slow-l3/server"),
    ], ignore={"Retry-After": "drawn by lot", "state": "JupyterHub keeps an object of a server that was refused", "user_options": "the same"}),
]  # fmt: skip

UNNAMED_CONFIG = SCRIPT

UNNAMED = [
    Case("named-servers-off", [
        POST("users/un1"), *(step(f"users/un1/servers/{name}") for name in ("okay", "Not%20Okay", "none") for step in (POST, PUT, DELETE, GET)), PATCH("users/un1/servers/okay", json={"name": "x"}), PATCH("users/un1/servers/okay", json={"display_name": "x"}),
        PATCH("users/un1/servers/okay", json={"user_options": {}}), PATCH("users/un1/server", json={"name": "x"}), PATCH("users/un1/server", json={"display_name": "x"}), PATCH("users/un1/server", json={"user_options": {"a": 1}}), GET("users/un1/servers/okay/progress"),
        POST("users/un1/server"), DELETE("users/un1/server", json={"remove": True}), DELETE("users/un1/server"), POST("users/un1/servers/"), DELETE("users/un1/servers/"), PUT("users/un1/server"), PUT("users/un1/servers/"),
        SQL("INSERT INTO users (name, admin, cookie_id) VALUES ('un2', 0, 'x-un2')"), SQL("INSERT INTO spawners (user_id, name) SELECT id, 'there' FROM users WHERE name = 'un2'"), GET("users/un2?include_stopped_servers"), POST("users/un2/servers/there"),
        DELETE("users/un2/servers/there"), DELETE("users/un2/servers/there", json={"remove": True}), GET("users/un2/servers/there"),
    ], words=True),
]  # fmt: skip

RULES_CONFIG = SCRIPT + """
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = lambda handler: 0 if handler.current_user and handler.current_user.admin else 1
c.JupyterHub.allow_existing_invalid_named_servers = "allow-delete"
c.JupyterHub.public_url = "https://hub.example.org/base/"
c.JupyterHub.api_page_default_limit = 2
c.JupyterHub.api_page_max_limit = 3
c.Authenticator.username_map = {"mapped": "target"}
c.Authenticator.username_pattern = "[a-z0-9]*"
c.Authenticator.enable_auth_state = True
c.JupyterHub.load_groups = {f"g{n}": [] for n in range(5)}
c.JupyterHub.default_server_name = "usual"
c.JupyterHub.services.append({"name": "maker", "api_token": "the-token-of-maker"})
c.JupyterHub.load_roles.append({"name": "maker", "scopes": ["admin:users", "read:users", "servers"], "services": ["maker"]})
"""

PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}

RULES = [
    Case("limit-by-caller", [
        POST("users/limited"), POST("users/limited/servers/one", who="user:limited"), POST("users/limited/servers/two", who="user:limited"), POST("users/limited/servers/two", who="maker"), PUT("users/limited/servers/two", who="user:limited"),
        PUT("users/limited/servers/two", who="user:admin"), PUT("users/limited/servers/three"), PATCH("users/limited/server", json={"name": "four"}, who="user:limited"), GET("users/limited?include_stopped_servers", who="user:limited"),
        DELETE("users/limited/servers/one", json={"remove": True}), GET("users/limited/servers/one/progress"),
    ], words=True),
    Case("old-names-off", [
        SQL("INSERT INTO users (name, admin, cookie_id) VALUES ('donaar', 0, 'x-donaar')"),
        *(SQL(f"INSERT INTO spawners (user_id, name, display_name) SELECT id, '{name}', '{name}' FROM users WHERE name = 'donaar'") for name in ("<!\n>", "it''s", "fine")), GET("users/donaar?include_stopped_servers"),
        *(step(f"users/donaar/servers/{name}") for name in ("%3C!%0A%3E", "it%27s", "fine") for step in (POST, GET, PUT, DELETE)), PATCH("users/donaar/servers/it%27s", json={"display_name": "x"}), PATCH("users/donaar/servers/it%27s", json={"name": "its"}),
        PATCH("users/donaar/servers/%3C!%0A%3E", json={"user_options": {}}), DELETE("users/donaar/servers/%3C!%0A%3E", json={"remove": True}), GET("users/donaar?include_stopped_servers"),
    ], words=True),
    Case("pages", [
        POST("users", json={"usernames": ["pa", "pb", "pc", "pd", "pe"]}), *(GET(f"{path}{query}", headers=headers) for path in ("users?name_filter=p", "groups?", "proxy?") for query in ("", "&limit=1", "&limit=500", "&offset=1", "&offset=4", "&limit=0", "&offset=2&limit=2", "&include_stopped_servers")
          for headers in ({}, PAGINATED)),
    ], words=True, ignore={"last_activity": "when the proxy saw something"}),
    Case("names", [
        POST("users/mapped"), GET("users/mapped"), GET("users/target"), POST("users", json={"usernames": ["mapped", "Willow"]}), POST("users", json={"usernames": ["not-ok", "al_so"]}), POST("users", json={"usernames": ["not-ok"]}), POST("users/not-ok"), POST("users/UPPER"),
        PATCH("users/willow", json={"name": "Not-Ok"}), PATCH("users/willow", json={"name": "mapped"}), PATCH("users/willow", json={"name": "Tara"}), POST("groups/gm", json={"users": ["mapped"]}), GET("users/target"), GET("users/tara"),
    ], words=True),
    Case("auth-state", [
        POST("users/stated"), PATCH("users/stated", json={"auth_state": {"secret": "hello", "n": [1, None]}}), GET("users/stated"), GET("users?name_filter=stated"), GET("users/stated", who="user:stated"), GET("users/stated", who="maker"), GET("user", who="user:stated"),
        PATCH("users/stated", who="maker", json={"auth_state": {"by": "maker"}}), GET("users/stated"), PATCH("users/stated", json={"auth_state": {}}), GET("users/stated"), PATCH("users/stated", json={"admin": True}), PATCH("users/stated", json={"auth_state": None}),
        POST("users/stated2", json={"auth_state": {"a": 1}}), GET("users/stated2"), PATCH("users/stated", who="user:stated2", json={"auth_state": {"a": 1}}),
    ], words=True),
    Case("default-server-name", [
        POST("users/usual"), POST("users/usual/server"), GET("users/usual"), POST("users/usual/servers/usual"), GET("users/usual"), GET("/hub/user-redirect/tree/top", who="browser:usual"), GET("/hub/", who="browser:usual"), DELETE("users/usual/servers/usual"),
        DELETE("users/usual/server"),
    ], words=True),
]  # fmt: skip
