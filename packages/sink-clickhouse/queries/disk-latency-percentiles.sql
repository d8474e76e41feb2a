-- Percentiles of disk latency over time, as upper ends of their buckets
-- tools: biolatency
-- minutes = 60: how far back
-- host =: only this host
-- step = 300: seconds of a row
SELECT
  toDateTime(intDiv(toUInt32(toDateTime(ts)), {step:UInt32}) * {step:UInt32}) AS time,
  unit,
  sum(count) AS requests,
  quantileExactWeighted(0.5)(interval_end, count) AS p50,
  quantileExactWeighted(0.9)(interval_end, count) AS p90,
  quantileExactWeighted(0.99)(interval_end, count) AS p99,
  max(interval_end) AS most
FROM biolatency_latency
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY time, unit
ORDER BY time, unit
