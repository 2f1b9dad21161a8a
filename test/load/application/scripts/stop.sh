#!/bin/sh
# What an earlier deployment started here.
pid_file="${DESTDIR:-}/var/run/load.pid"
[ ! -f "$pid_file" ] || kill "$(cat "$pid_file")" 2>/dev/null
rm -f "$pid_file"
