-- Where TCP sessions went, what they carried, how long they lasted
-- tools: tcplife
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  raddr_text AS address,
  rport AS port,
  count() AS sessions,
  sum(tx_bytes) AS sent_bytes,
  sum(rx_bytes) AS received_bytes,
  sum(retransmits) AS retransmitted,
  round(avg(duration_ns) / 1e6, 3) AS avg_ms,
  round(max(duration_ns) / 1e6, 3) AS max_ms
FROM tcplife_sessions
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY raddr_text, rport
ORDER BY sessions DESC, address, port
LIMIT {limit:UInt32}
