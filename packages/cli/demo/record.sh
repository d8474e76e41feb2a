#!/bin/sh
# Records workload.sh; runs inside the guest, see README.md.
here=$(dirname "$0")
ip link set lo up
node "$here/../bin/skep.mjs" record "$here/demo.yaml" -o /vmout/demo.skeprec 2> /tmp/log &
recorder=$!
until grep -q recording /tmp/log; do sleep 1; done
sleep 1
sh "$here/workload.sh" /dev/vda
kill -INT $recorder
wait $recorder
cat /tmp/log
