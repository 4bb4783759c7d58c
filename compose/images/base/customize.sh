#!/bin/sh
# The last step of the base image: take out what belongs to the machine that built it.
# $1 is the new system's root, $2 this folder.
set -eu
rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap
rm -f "$1"/etc/apt/auth.conf "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -rf "$1"/var/log/* "$1"/var/cache/debconf/*-old "$1"/var/cache/ldconfig/*
cp "$2/debian.sources" "$1/etc/apt/sources.list.d/debian.sources"
cp "$2/dpkg.cfg" "$1/etc/dpkg/dpkg.cfg.d/tracelab"
# packages installed on top must not try to start services
printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
chmod 0755 "$1/usr/sbin/policy-rc.d"
chmod 0644 "$1/etc/apt/sources.list.d/debian.sources" "$1/etc/dpkg/dpkg.cfg.d/tracelab"
