-- Processes that read and write most
-- tools: biotop
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  comm,
  disk,
  sum(io_count) AS requests,
  sumIf(bytes, direction = 'R') AS read_bytes,
  sumIf(bytes, direction = 'W') AS written_bytes,
  uniq(pid) AS processes,
  round(sum(total_latency_ns) / sum(io_count) / 1e6, 3) AS avg_ms
FROM biotop_counts
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY comm, disk
ORDER BY sum(bytes) DESC, comm, disk
LIMIT {limit:UInt32}
