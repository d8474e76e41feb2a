-- Time in software interrupts, by vector
-- tools: softirqs
-- minutes = 60: how far back
-- host =: only this host
SELECT
  vec_name AS vector,
  sum(count) AS handlers,
  round(sum(total_ns) / 1e6, 3) AS total_ms,
  round(sum(total_ns) / sum(count) / 1e3, 3) AS avg_us,
  round(max(max_ns) / 1e3, 3) AS max_us
FROM softirqs_totals
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY vec_name
ORDER BY sum(total_ns) DESC, vector
