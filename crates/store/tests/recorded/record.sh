#!/bin/bash
# Records the schema of JupyterHub 6.1.1, a database of JupyterHub 5, and what `jupyterhub upgrade-db` makes of it.
#
#   e2e/databases.sh run crates/store/tests/recorded/record.sh PYTHON_WITH_5.2.1 PYTHON_WITH_6.1.1
#
# Both need psycopg2 and pymysql.
set -euo pipefail
export PYTHONIOENCODING=utf-8
old=$1 new=$2
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
postgres=${PERIJOVE_TEST_POSTGRES%/*} mysql=${PERIJOVE_TEST_MYSQL%/*}
address=${mysql#*@}
client=(--protocol=tcp -h "${address%:*}" -P "${address#*:}" -ujh -pjh)
cd "$scratch"

for kind in ${KINDS:-sqlite postgres mysql}; do
    case $kind in
    sqlite) fresh=sqlite:///$scratch/fresh.sqlite five=sqlite:///$scratch/five.sqlite ;;
    postgres)
        fresh=${postgres/postgresql:/postgresql+psycopg2:}/recorded_fresh five=${postgres/postgresql:/postgresql+psycopg2:}/recorded_five
        for name in recorded_fresh recorded_five; do
            psql -q "$postgres/postgres" -c "DROP DATABASE IF EXISTS $name" -c "CREATE DATABASE $name TEMPLATE template0"
        done
        ;;
    mysql)
        fresh=${mysql/mysql:/mysql+pymysql:}/recorded_fresh five=${mysql/mysql:/mysql+pymysql:}/recorded_five
        for name in recorded_fresh recorded_five; do
            mariadb "${client[@]}" -e "DROP DATABASE IF EXISTS $name; CREATE DATABASE $name CHARACTER SET utf8mb4"
        done
        ;;
    esac
    "$new" "$here/record.py" fill "$fresh" 2>/dev/null
    "$new" "$here/record.py" facts "$fresh" >"$here/jupyterhub-6.1.1-$kind.txt"
    "$old" "$here/record.py" fill "$five" 2>/dev/null
    case $kind in
    sqlite) sqlite3 five.sqlite .dump ;;
    postgres) pg_dump --inserts --no-owner "$postgres/recorded_five" | grep -aEv '^(--|\\|$)' ;;
    mysql) mariadb-dump "${client[@]}" --compact --hex-blob --skip-extended-insert --skip-lock-tables recorded_five | grep -aEv '^/\*M' ;;
    esac >"$here/jupyterhub-5.2.1-$kind.sql"
    PATH=$(dirname "$new"):$PATH "$new" -m jupyterhub upgrade-db --JupyterHub.db_url="$five" >upgrade.log 2>&1 || { cat upgrade.log; exit 1; }
    "$new" "$here/record.py" facts "$five" >"$here/jupyterhub-5.2.1-upgraded-$kind.txt"
done
