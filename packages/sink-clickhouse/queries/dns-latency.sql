-- How long name lookups take, by name
-- tools: gethostlatency
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  gethostlatency_host AS name,
  count() AS lookups,
  countIf(ret != 0) AS failed,
  round(quantile(0.5)(lat_ns) / 1e6, 3) AS p50_ms,
  round(quantile(0.99)(lat_ns) / 1e6, 3) AS p99_ms,
  round(max(lat_ns) / 1e6, 3) AS max_ms
FROM gethostlatency_lookups
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY gethostlatency_host
ORDER BY lookups DESC, name
LIMIT {limit:UInt32}
