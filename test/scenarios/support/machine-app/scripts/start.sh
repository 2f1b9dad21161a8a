#!/bin/bash
set -euo pipefail
systemctl daemon-reload
systemctl enable shop
systemctl restart shop
