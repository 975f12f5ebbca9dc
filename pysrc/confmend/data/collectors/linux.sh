#!/bin/sh
# Linux: prints what confmend can use. It reads only: nothing is written, sent or asked for.
# Run it as any user (sh linux.sh); as root it sees more, and says below what it could not see.
# In a shell of its own, so that nothing of it stays in yours.
(
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin; export PATH
PGCONNECT_TIMEOUT=3; export PGCONNECT_TIMEOUT
unseen=

has() { command -v "$1" >/dev/null 2>&1; }
heading() { printf '\n==> %s <==\n' "$1"; }
# What a command prints, under its own line; nothing if it prints nothing.
run() {
  said=$("$@" 2>/dev/null </dev/null)
  [ -n "$said" ] || return 0
  heading "$*"
  printf '%s\n' "$said"
}
# A file, under its path; passwords in it are hidden by confmend before anything reads it.
show() {
  for file do
    [ -f "$file" ] || continue
    if [ ! -r "$file" ]; then unseen="$unseen $file"; continue; fi
    [ -s "$file" ] || case $file in /proc/*|/sys/*) ;; *) continue ;; esac
    heading "$file"
    cat "$file" 2>/dev/null
  done
}
# The end of a log.
last() {
  for file do
    [ -f "$file" ] || continue
    if [ ! -r "$file" ]; then unseen="$unseen $file"; continue; fi
    [ -s "$file" ] || continue
    heading "$file"
    tail -n 2000 "$file" 2>/dev/null
  done
}
# Log names have no blanks, and only ls sorts by time everywhere.
# shellcheck disable=SC2012
newest() { ls -t "$@" 2>/dev/null | head -n 2; }

run uname -a
show /etc/os-release /proc/meminfo
run free -b
if has lscpu; then run lscpu; else show /proc/cpuinfo; fi
run nproc
run sysctl -a
show /etc/sysctl.conf /run/sysctl.d/*.conf /etc/sysctl.d/*.conf
show /proc/net/sockstat /proc/net/sockstat6 /proc/net/netstat /proc/net/snmp
if has ss; then run ss -s; run ss -ltn; else run netstat -ltn; fi
show /etc/security/limits.conf /etc/security/limits.d/*.conf
show /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.events /sys/fs/cgroup/cpu.max
run tuned-adm active
if has systemctl; then
  for unit in postgresql pgbouncer; do
    run systemctl show "$unit" -p Id -p LimitNOFILE -p LimitNPROC -p MemoryMax -p MemoryHigh -p TasksMax
  done
fi
show /etc/systemd/system/postgresql*.d/*.conf /etc/systemd/system/pgbouncer*.d/*.conf

# The servers that run here: their limits, and where their data is.
for process in /proc/[0-9]*; do
  name=$(cat "$process/comm" 2>/dev/null) || continue
  case $name in postgres|postmaster|pgbouncer) ;; *) continue ;; esac
  parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$process/status" 2>/dev/null)
  case $(cat "/proc/$parent/comm" 2>/dev/null) in postgres|postmaster) continue ;; esac
  show "$process/limits"
  data=$({ tr '\000' '\n' <"$process/cmdline" | sed -n '/^-D$/{n;p;}; s/^-D\(.\)/\1/p' | head -n 1; } 2>/dev/null)
  [ -n "$data" ] && show "$data/postgresql.conf" "$data/postgresql.auto.conf" "$data/pg_hba.conf"
done
show /etc/postgresql/*/*/postgresql.conf /etc/postgresql/*/*/conf.d/*.conf /etc/postgresql/*/*/pg_hba.conf
show /var/lib/postgresql/*/*/postgresql.auto.conf
show /var/lib/pgsql/data/postgresql.conf /var/lib/pgsql/*/data/postgresql.conf
show /etc/pgbouncer/pgbouncer.ini

# What the server says of itself, where this user may ask it without a password. No text of a query is asked for.
ask() { run psql -X -w -d "${PGDATABASE:-postgres}" -c "$1"; }
if has psql; then
  if psql -X -w -d "${PGDATABASE:-postgres}" -c 'SELECT 1' >/dev/null 2>&1 </dev/null; then
    ask 'SELECT version()'
    ask 'SELECT name, setting, unit, source, sourcefile, pending_restart FROM pg_settings ORDER BY name'
    ask 'SELECT state, count(*) FROM pg_stat_activity GROUP BY state'
    ask 'SELECT datname, numbackends, deadlocks, temp_files, temp_bytes FROM pg_stat_database'
  else
    unseen="$unseen psql(run_this_as_postgres)"
  fi
fi

for log in $(newest /var/log/postgresql/*.log) $(newest /var/log/pgbouncer/*.log); do last "$log"; done
if has dmesg; then
  if dmesg >/dev/null 2>&1; then
    heading dmesg
    dmesg 2>/dev/null | tail -n 500
  else
    unseen="$unseen dmesg"
  fi
fi
if [ -n "$unseen" ]; then
  printf '\n# Not seen as %s; root would add:%s\n' "$(id -un 2>/dev/null)" "$unseen" >&2
fi
)
