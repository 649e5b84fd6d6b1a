#!/usr/bin/env bash
# `make run`: builds Perijove and serves it on this computer for the person who runs it.
#
# Everything it makes is in .perijove/: the environment of the single-user servers (venv), the configuration
# with the generated password (perijove.toml), the database, the cookie secret and the servers' output.
#
#   PORT=8010               another port (8000)
#   PERIJOVE_STATE=DIR      another folder than .perijove
#   PERIJOVE_BINARY=FILE    a binary that is built already
#   PERIJOVE_VENV=DIR       an environment that has jupyterhub and jupyterlab already
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

port=${PORT:-8000}
state=${PERIJOVE_STATE:-$PWD/.perijove}
case $port in '' | *[!0-9]*) fail "PORT is '$port', which is no port number" "hint: make run PORT=8010" ;; esac
# Relative to the public port, so that two hubs on one machine do not meet.
hub_port=$((port + 81))

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for wanted in "$port" "$hub_port"; do
  port_is_free "$wanted" || fail "port $wanted on 127.0.0.1 is in use" "hint: stop what listens there, or: make run PORT=$((port + 10))"
done

build() {
  if [ -n "${PERIJOVE_BINARY:-}" ]; then binary=$PERIJOVE_BINARY; return; fi
  check_prerequisites
  local target=${CARGO_TARGET_DIR:-$PWD/target}
  binary=$target/release/perijove
  [ -x "$binary" ] || say "building Perijove; the first time takes some minutes"
  cargo build --locked --release -p perijove
}

# A password that the shared-password authenticator accepts for an administrator: 32 characters or more.
new_password() {
  local letters
  letters=$(LC_ALL=C tr -dc 'a-hjkmnp-z2-9' </dev/urandom | head -c 30) || true
  printf '%s\n' "$letters" | sed -E 's/(.{5})/\1-/g; s/-$//'
}

write_configuration() {
  local user=$1 more=""
  [ "$(id -u)" != 0 ] || more='
# Jupyter Server refuses to run as root unless it is told that this is meant.
args = ["--allow-root"]'
  (umask 077 && cat >"$state/perijove.toml" <<EOF
# Written by the first \`make run\`; change it as you like, it is not written again.
# The names are those of jupyterhub_config.py: c.JupyterHub.ip = "127.0.0.1" is ip under [JupyterHub] here.
# Relative paths start at the folder that the hub is started in, which is this file's.

[JupyterHub]
ip = "127.0.0.1"
authenticator_class = "shared-password"
spawner_class = "localprocess"
db_url = "sqlite:///perijove.sqlite"
cookie_secret_file = "cookie_secret"

[Authenticator]
allowed_users = ["$user"]
admin_users = ["$user"]

[SharedPasswordAuthenticator]
admin_password = "$(new_password)"

[Spawner]
default_url = "/lab"
$more
EOF
  )
}

show_first_steps() {
  local user=$1 password sudo="" python=python3
  password=$(sed -n 's/^admin_password = "\(.*\)"$/\1/p' "$state/perijove.toml" | head -n 1)
  [ "$(id -u)" = 0 ] || sudo="sudo "
  # One in somebody's home could not be run by the other accounts.
  [ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
  echo
  echo "  Open      http://127.0.0.1:$port/"
  if [ -n "$password" ]; then
    echo "  User      $user"
    echo "  Password  $password"
  fi
  echo
  echo "  It is yours alone: only this computer can reach it, and each server runs as $user."
  echo "  Ctrl-C stops it and the servers it started. Configuration: ${state/#$PWD\//}/perijove.toml"
  echo
  echo "  Next, the same for the accounts of this machine, with their system passwords (PAM):"
  echo "    ${sudo}$python -m venv /opt/perijove && ${sudo}/opt/perijove/bin/pip install -q -r $PWD/packaging/singleuser-requirements.txt"
  echo "    ${sudo}install $binary /opt/perijove/bin/ && ${sudo}install -d -m 0700 /var/lib/perijove"
  echo "    ${sudo}env \"PATH=/opt/perijove/bin:\$PATH\" sh -c 'cd /var/lib/perijove && exec perijove --ip=127.0.0.1 --port=$port \\"
  echo "      --Authenticator.allow_all=True --Authenticator.admin_users=$user --Spawner.default_url=/lab'"
  echo
}

build
(umask 077 && mkdir -p "$state")
chmod 0700 "$state"

venv=${PERIJOVE_VENV:-$state/venv}
if [ -z "${PERIJOVE_VENV:-}" ]; then
  [ -d "$venv" ] || say "installing JupyterLab for the single-user servers into ${venv/#$PWD\//}; this happens once"
  make_venv "$venv" packaging/singleuser-requirements.txt
fi

user=$(id -un)
[ -e "$state/perijove.toml" ] || write_configuration "$user"
show_first_steps "$user"

cd "$state"
# The servers, their kernels and their terminals find jupyterhub-singleuser and python here.
export PATH="$venv/bin:$PATH"
exec "$binary" -f perijove.toml --port="$port" --JupyterHub.hub_port="$hub_port"
