#!/bin/bash
set -euo pipefail
id -u shop >/dev/null 2>&1 || useradd --system --user-group shop
cd "$(dirname "$0")/.."
chmod -R g-s,a+rX tools
chmod 755 tools/DEBIAN tools/usr/bin/shop-tool
dpkg-deb --root-owner-group --build tools /tmp/shop-tools.deb
dpkg -i /tmp/shop-tools.deb
echo prepared > /etc/lockstep-machine-app
