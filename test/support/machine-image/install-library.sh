#!/bin/bash
# Makes a package repository on this machine, without a network, with two versions of a library; installs the one that is named.
set -euo pipefail
repository=/srv/repository
mkdir -p "$repository"
for version in 1.0 "$1"; do
  root=$(mktemp -d)
  mkdir -p "$root/DEBIAN" "$root/usr/share/shop-lib"
  printf 'Package: shop-lib\nVersion: %s\nArchitecture: all\nMaintainer: Shop <shop@example.com>\nDescription: What the shop needs\n' \
    "$version" > "$root/DEBIAN/control"
  echo "$version" > "$root/usr/share/shop-lib/version"
  chmod -R u=rwX,go=rX "$root"
  package=shop-lib_$version.deb
  dpkg-deb --root-owner-group --build "$root" "$repository/$package"
  {
    dpkg-deb --field "$repository/$package"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$package" "$(stat -c %s "$repository/$package")" \
      "$(sha256sum "$repository/$package" | cut -d ' ' -f 1)"
  } >> "$repository/Packages"
done
chmod -R a+rX "$repository"
echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list
dpkg -i "$repository/shop-lib_$1.deb"
