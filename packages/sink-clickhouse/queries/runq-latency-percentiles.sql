-- Percentiles of the wait for a CPU, as upper ends of their buckets
-- tools: runqlat
-- minutes = 60: how far back
-- host =: only this host
-- step = 300: seconds of a row
SELECT
  toDateTime(intDiv(toUInt32(toDateTime(ts)), {step:UInt32}) * {step:UInt32}) AS time,
  unit,
  sum(count) AS waits,
  quantileExactWeighted(0.5)(lat_high, count) AS p50,
  quantileExactWeighted(0.9)(lat_high, count) AS p90,
  quantileExactWeighted(0.99)(lat_high, count) AS p99,
  max(lat_high) AS most
FROM runqlat_latency
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY time, unit
ORDER BY time, unit
