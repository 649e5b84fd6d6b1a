#!/bin/bash
# Throw-away database servers for tests, on free ports of this machine, gone when no longer needed.
#
#   databases.sh hold postgres|mysql   start one, print its URL, stop it at end-of-file on standard input
#   databases.sh run COMMAND…          start both, run the command with PERIJOVE_TEST_POSTGRES and PERIJOVE_TEST_MYSQL
#
# What is not installed is left out, with a message. The user in the URL may create databases.
set -u

# As root the servers run as the accounts that their packages made; both refuse to run as root.
drop_to() {
    local account=$1
    shift
    if [ "$(id -u)" = 0 ]; then setpriv --reuid "$account" --regid "$account" --clear-groups "$@"; else "$@"; fi
}

own_directory() {
    local account=$1 directory
    directory=$(mktemp -d "${TMPDIR:-/tmp}/perijove-$account.XXXXXX") || return
    [ "$(id -u)" != 0 ] || chown "$account" "$directory"
    echo "$directory"
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo $port
}

# Sets directory, port and url.
start_postgres() {
    binaries=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
    [ -n "$binaries" ] || binaries=$(dirname "$(command -v initdb 2>/dev/null || echo /nonexistent/x)")
    [ -x "$binaries/initdb" ] || { echo "databases.sh: no PostgreSQL here (apt-get install postgresql)" >&2; return 1; }
    directory=$(own_directory postgres) && port=$(free_port) || return
    drop_to postgres "$binaries/initdb" -D "$directory/data" -A trust -U jh -N -E UTF8 >"$directory/made" 2>&1 &&
        drop_to postgres "$binaries/pg_ctl" -w -D "$directory/data" -l "$directory/log" start >/dev/null 2>&1 \
            -o "-p $port -k $directory -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB" ||
        { cat "$directory/made" "$directory/log" >&2; rm -rf "$directory"; return 1; }
    url="postgresql://jh@127.0.0.1:$port/postgres"
    stop_postgres() {
        drop_to postgres "$binaries/pg_ctl" -m immediate -D "$1/data" stop >/dev/null 2>&1
        rm -rf "$1"
    }
}

start_mysql() {
    local server client attempt
    server=$(command -v mariadbd || command -v mysqld || ls /usr/sbin/mariadbd /usr/sbin/mysqld 2>/dev/null | head -1)
    [ -n "$server" ] || { echo "databases.sh: no MariaDB here (apt-get install mariadb-server)" >&2; return 1; }
    client=$(command -v mariadb || command -v mysql)
    directory=$(own_directory mysql) && port=$(free_port) || return
    drop_to mysql mariadb-install-db --no-defaults --datadir="$directory/data" --skip-test-db \
        --auth-root-authentication-method=normal >"$directory/log" 2>&1 || { cat "$directory/log" >&2; rm -rf "$directory"; return 1; }
    drop_to mysql "$server" --no-defaults --datadir="$directory/data" --socket="$directory/sock" \
        --pid-file="$directory/pid" --bind-address=127.0.0.1 --port="$port" --skip-log-bin \
        --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M >>"$directory/log" 2>&1 </dev/null &
    for attempt in $(seq 150); do
        "$client" --no-defaults -S "$directory/sock" -uroot -e 'select 1' >/dev/null 2>&1 && break
        [ "$attempt" != 150 ] || { cat "$directory/log" >&2; return 1; }
        sleep 0.1
    done
    "$client" --no-defaults -S "$directory/sock" -uroot \
        -e "create user jh@'127.0.0.1' identified by 'jh'; grant all on *.* to jh@'127.0.0.1'" || return
    url="mysql://jh:jh@127.0.0.1:$port/mysql"
    stop_mysql() {
        kill "$(cat "$1/pid")" 2>/dev/null
        while kill -0 "$(cat "$1/pid" 2>/dev/null || echo 0)" 2>/dev/null && [ -s "$1/pid" ]; do sleep 0.1; done
        rm -rf "$1"
    }
}

case ${1:-} in
hold)
    kind=${2:?postgres or mysql}
    trap '' INT
    "start_$kind" || exit 1
    trap '"stop_$kind" "$directory"' EXIT
    echo "$url"
    cat >/dev/null
    ;;
run)
    shift
    stops=()
    # shellcheck disable=SC2154
    trap 'for stop in "${stops[@]}"; do $stop; done' EXIT
    if start_postgres; then
        stops+=("stop_postgres $directory")
        export PERIJOVE_TEST_POSTGRES=$url
    fi
    if start_mysql; then
        stops+=("stop_mysql $directory")
        export PERIJOVE_TEST_MYSQL=$url
    fi
    "$@"
    ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
