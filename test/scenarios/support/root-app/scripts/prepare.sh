#!/bin/bash
set -euo pipefail
[ "$(id -u)" = 0 ]
mkdir -p /opt/lockstep-root-app /etc/lockstep-root-app /var/lib/lockstep-root-app
echo prepared > /etc/lockstep-root-app/settings
echo prepared > ~/lockstep-root-app
ln -sf /opt/lockstep-root-app/server.py /usr/local/bin/lockstep-root-app
