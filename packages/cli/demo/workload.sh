#!/bin/sh
# A small machine at work, for the recording of `skep demo`: a web server, its visitors, a nightly job. Run as root in
# a guest, where nothing else happens.
set -e
export LC_ALL=C
site=$(mktemp -d)
chmod 755 "$site"
echo '<h1>It works</h1>' > "$site/index.html"
disk=$1

setpriv --reuid=nobody --clear-groups busybox httpd -f -p 127.0.0.1:8080 -h "$site" &
server=$!
as_nobody() { setpriv --reuid=nobody --clear-groups "$@"; }

sleep 1
for visit in 1 2 3; do
	as_nobody busybox wget -q -O /dev/null http://127.0.0.1:8080/index.html
	as_nobody cat "$site/index.html" /etc/passwd > /dev/null
	as_nobody ls "$site" /no/such/folder > /dev/null 2>&1 || true
	sleep 1
done
dd if=/dev/zero of="$disk" bs=64k count=64 oflag=direct conv=notrunc 2> /dev/null
as_nobody wget -q -O /dev/null http://127.0.0.1:8080/missing 2> /dev/null || true
as_nobody sh -c 'for i in 1 2 3; do date > /dev/null; done; sort /etc/services | head -1 > /dev/null'
for visit in 1 2; do
	as_nobody busybox wget -q -O /dev/null http://127.0.0.1:8080/index.html
	sleep 1
done
dd if="$disk" of=/dev/null bs=4k count=256 iflag=direct 2> /dev/null
sleep 2
kill $server
