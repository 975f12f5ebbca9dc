#!/bin/sh
# macOS: prints what confmend can use. It reads only: nothing is written, sent or asked for.
(
LC_ALL=C; export LC_ALL
PGCONNECT_TIMEOUT=3; export PGCONNECT_TIMEOUT
unseen=

heading() { printf '\n==> %s <==\n' "$1"; }
run() {
  said=$("$@" 2>/dev/null </dev/null)
  [ -n "$said" ] || return 0
  heading "$*"
  printf '%s\n' "$said"
}
show() {
  for file do
    [ -f "$file" ] || continue
    if [ ! -r "$file" ]; then unseen="$unseen $file"; continue; fi
    [ -s "$file" ] || continue
    heading "$file"
    cat "$file" 2>/dev/null
  done
}

run uname -a
# What the form of the page would ask.
heading answers
printf 'memory = %s\ncpus = %s\n' "$(sysctl -n hw.memsize)" "$(sysctl -n hw.ncpu)"
run sysctl -a
show /etc/sysctl.conf /Library/LaunchDaemons/limit.maxfiles.plist
heading 'ulimit -a'
# shellcheck disable=SC3045  # the sh of macOS knows it
ulimit -a
run netstat -s -p tcp
for base in /opt/homebrew /usr/local; do
  show "$base"/var/postgres*/postgresql.conf "$base"/var/postgres*/postgresql.auto.conf
  show "$base"/var/postgres*/pg_hba.conf "$base"/etc/pgbouncer.ini
done
for data in "$HOME/Library/Application Support/Postgres"/var-*; do
  show "$data/postgresql.conf" "$data/postgresql.auto.conf" "$data/pg_hba.conf"
done
ask() { run psql -X -w -d "${PGDATABASE:-postgres}" -c "$1"; }
if command -v psql >/dev/null 2>&1; then
  ask 'SELECT version()'
  ask 'SELECT name, setting, unit, source, sourcefile, pending_restart FROM pg_settings ORDER BY name'
  ask 'SELECT state, count(*) FROM pg_stat_activity GROUP BY state'
fi
[ -z "$unseen" ] || printf '\n# Not seen; root would add:%s\n' "$unseen" >&2
)
