#!/bin/sh
# Install Debian packages when run as root on a system that has apt; otherwise name them and fail.
# Usage: ci/system_packages.sh PACKAGE...
set -eu

[ $# -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@"
else
    echo "System packages are missing. On Debian and Ubuntu: sudo apt-get install $*" >&2
    exit 1
fi
