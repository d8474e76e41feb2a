-- Heat map of disk latency: a line per step of time, darker is more
-- tools: biolatency
-- minutes = 60: how far back
-- host =: only this host
-- step = 300: seconds of a line
SELECT
  slot AS time,
  unit,
  sum(n) AS requests,
  arrayStringConcat(groupArray(substring(' .:-=+*#%@', toUInt8(least(10, 1 + ceil(log2(1 + n) / 2))), 1))) AS heat
FROM
(
  SELECT slot, unit, column, sum(if(bucket = column, in_bucket, 0)) AS n
  FROM
  (
    SELECT
      toDateTime(intDiv(toUInt32(toDateTime(ts)), {step:UInt32}) * {step:UInt32}) AS slot,
      unit,
      toUInt8(log2(greatest(interval_start, 1))) AS bucket,
      sum(count) AS in_bucket
    FROM biolatency_latency
    WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
    GROUP BY slot, unit, bucket
  )
  ARRAY JOIN range(24) AS column
  GROUP BY slot, unit, column
  ORDER BY slot, unit, column
)
GROUP BY slot, unit
ORDER BY time, unit
