#!/bin/sh
# Inside a guest: put into /vmout what a description of this kernel is made from. Arguments: modules to load first.
set -e
for module; do modprobe -q "$module" || true; done # not every kernel has every module

cd /sys/kernel/tracing
uname -r >/vmout/release
cp -r /sys/kernel/btf /vmout/btf
cp available_filter_functions /vmout/functions
cut -f2 /sys/kernel/debug/kprobes/blacklist >/vmout/blacklist
ls /sys/bus/event_source/devices >/vmout/pmus
awk 'FNR == 1 { print "event: " FILENAME } { print }' events/*/*/format >/vmout/formats
