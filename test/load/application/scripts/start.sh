#!/bin/sh
# As little as a load balancer takes for a healthy application.
set -eu
mkdir -p "${DESTDIR:-}/var/run"
node -e "require('node:http').createServer((_, response) => response.end('ok')).listen(${PORT:-8080}, '127.0.0.1')" \
  >/dev/null 2>&1 </dev/null &
echo $! >"${DESTDIR:-}/var/run/load.pid"
