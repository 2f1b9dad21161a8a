#!/bin/bash
set -euo pipefail
nohup python3 /opt/lockstep-root-app/server.py >> /var/log/lockstep-root-app.log 2>&1 < /dev/null &
echo $! > /run/lockstep-root-app.pid
