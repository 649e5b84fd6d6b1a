#!/bin/bash
# Real accounts and PAM services for the tests.  As root:  e2e/accounts.sh create | remove
#
# Accounts (password "s3cret-NAME" unless said otherwise):
#   pjv-ada        ordinary, also in group pjv-staff
#   pjv-boss       ordinary, also in group pjv-admins
#   pjv-expired    the account has expired
#   pjv-locked     the password is locked
#   pjv-renew      the password must be changed
#   pjv-homeless   its home directory does not exist
#   pjv-hub        no login; in group shadow, as a hub that is not root should be
#   pjv-plain      no login; a hub that forgot the group
# PAM services:
#   pjv-test       accounts and passwords of this machine, without the delays of "login"
#   pjv-slow       lets everybody in, after 30 seconds
#   pjv-session    pjv-test, and writes session changes to /tmp/pjv-session.log
#   pjv-broken     names a module that is not there
set -eu

people="pjv-ada pjv-boss pjv-expired pjv-locked pjv-renew"
everyone="$people pjv-homeless pjv-hub pjv-plain"
services="pjv-test pjv-slow pjv-session pjv-broken"

exists() { getent passwd "$1" >/dev/null; }

# Accounts that are there stay as they are: setting a password again would end what is special about some of them.
account() {
  local name=$1
  shift
  exists "$name" && return 0
  useradd "$@" "$name"
  echo "$name:s3cret-$name" | chpasswd
  case $name in
  pjv-expired) chage --expiredate 1 "$name" ;;
  pjv-locked) passwd --quiet --lock "$name" ;;
  pjv-renew) chage --lastday 0 "$name" ;;
  esac
}

service() {
  local file=/etc/pam.d/$1
  cat >"$file.new"
  chmod 644 "$file.new"
  mv "$file.new" "$file"
}

create() {
  for group in pjv-staff pjv-admins; do getent group $group >/dev/null || groupadd $group; done
  for name in $people; do account $name --create-home --shell /bin/bash; done
  usermod --append --groups pjv-staff pjv-ada
  usermod --append --groups pjv-admins pjv-boss
  account pjv-homeless --no-create-home --home-dir /nonexistent/pjv-homeless --shell /bin/bash
  account pjv-hub --system --no-create-home --shell /usr/sbin/nologin --groups shadow
  account pjv-plain --system --no-create-home --shell /usr/sbin/nologin
  service pjv-test <<'EOF'
auth required pam_unix.so nodelay
account required pam_unix.so
session required pam_permit.so
EOF
  service pjv-slow <<'EOF'
auth required pam_exec.so quiet /bin/sleep 30
account required pam_permit.so
EOF
  service pjv-session <<'EOF'
auth required pam_unix.so nodelay
account required pam_unix.so
session optional pam_loginuid.so
session required pam_exec.so quiet log=/tmp/pjv-session.log /usr/bin/env
EOF
  service pjv-broken <<'EOF'
auth required pam_no_such_module_here.so
session required pam_no_such_module_here.so
account required pam_permit.so
EOF
}

remove() {
  for name in $everyone; do if exists $name; then userdel --force --remove $name 2>/dev/null || true; fi; done
  for group in pjv-staff pjv-admins; do if getent group $group >/dev/null; then groupdel $group; fi; done
  for name in $services; do rm -f /etc/pam.d/$name; done
}

case ${1:-} in
create | remove)
  [ "$(id -u)" = 0 ] || { echo "e2e/accounts.sh: needs root" >&2; exit 1; }
  # Tests of several crates may call this at the same time.
  exec 9>/run/lock/pjv-accounts
  flock 9
  "$1" ;;
*) sed -n '2,/^set/{/^set/d;p}' "$0"; exit 2 ;;
esac
