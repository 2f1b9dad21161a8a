#!/bin/bash
[ -f /run/lockstep-root-app.pid ] || exit 0
kill "$(cat /run/lockstep-root-app.pid)"
rm -f /run/lockstep-root-app.pid
