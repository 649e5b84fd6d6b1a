#!/bin/bash
# A real systemd as PID 1 of namespaces of its own, over a throw-away layer on the machine's files. The network is the
# machine's. It lives as long as this program does.   e2e/systemd.sh FOLDER SHARED...
# FOLDER is its workplace; the folders and files SHARED are the machine's own. Needs root.
set -eu
folder=$1; shift
name=$(basename "$folder")

# Control groups of its own, below this process's: systemd takes over whatever is the root that it sees.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  hierarchy=${hierarchy%/}
  [ -e "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ] || continue
  [ "$hierarchy" = /sys/fs/cgroup ] || [ ! -e /sys/fs/cgroup/cgroup.controllers ] || continue
  mkdir -p "$hierarchy/$name"
  for limit in cpuset.cpus cpuset.mems; do
    [ -e /sys/fs/cgroup/cgroup.controllers ] || [ ! -e "$hierarchy/$limit" ] || cat "$hierarchy/$limit" >"$hierarchy/$name/$limit"
  done
  echo $$ >"$hierarchy/$name/cgroup.procs"
done

exec unshare --cgroup --mount --pid --uts --ipc --fork --kill-child=SIGKILL --propagation private \
  bash -eu -c '
root=$1/root; layer=$1/layer; shift
mkdir -p "$root" "$layer"
mount -t tmpfs tmpfs "$layer"; mkdir "$layer/upper" "$layer/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$root"
# Settings of the kernel are the machine'"'"'s: not to be written.
mount -t proc proc "$root/proc"; mount --bind "$root/proc/sys" "$root/proc/sys"; mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for hierarchy in /sys/fs/cgroup/*/; do
    hierarchy=${hierarchy%/}; controllers=${hierarchy##*/}; kind="cgroup -o $controllers"
    [ -e "$hierarchy/cgroup.procs" ] || continue
    if [ -L "$hierarchy" ]; then cp -P "$hierarchy" "$root/sys/fs/cgroup/"; continue; fi
    case $controllers in systemd) kind="cgroup -o none,name=systemd" ;; unified) kind=cgroup2 ;; esac
    mkdir "$root/sys/fs/cgroup/$controllers"; mount -t $kind cgroup "$root/sys/fs/cgroup/$controllers"
  done
fi
mount -t tmpfs -o mode=755 tmpfs "$root/dev"; mkdir "$root/dev/pts" "$root/dev/shm"
for device in null zero full random urandom tty; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"; ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"; mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# Not the machine'"'"'s: systemd and others leave their files there.
for own in run tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$own"; done
chmod 755 "$root/run"
for shared in "$@"; do
  if [ -d "$shared" ]; then mkdir -p "$root$shared"; else mkdir -p "$(dirname "$root$shared")"; touch "$root$shared"; fi
  mount --bind "$shared" "$root$shared"
done
# It starts the bus, and nothing else that this machine has enabled.
: >"$root/etc/fstab"; : >"$root/etc/machine-id"
printf "[Unit]\nRequires=dbus.socket\nAfter=dbus.socket\nDefaultDependencies=no\n" >"$root/etc/systemd/system/perijove.target"
printf "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n" >"$root/etc/systemd/system/dbus.socket"
for unit in sysinit.target basic.target; do printf "[Unit]\nDefaultDependencies=no\n" >"$root/etc/systemd/system/$unit"; done
cd "$root"; mkdir -p mnt/old; pivot_root . mnt/old; umount -l /mnt/old; mount --make-rshared /
exec env -i container=perijove PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=perijove.target \
  --log-target=console --show-status=0 --log-level=warning
' bash "$folder" "$@"
