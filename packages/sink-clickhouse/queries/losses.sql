-- What became of the events of each stream: delivered, left out, lost
-- minutes = 60: how far back
-- host =: only this host
SELECT
  host,
  source,
  stream,
  sum(attempted) AS events,
  sum(filtered) AS left_out,
  sum(stored) AS stored_rows,
  sum(ring_full) AS ring_was_full,
  sum(map_full) AS map_was_full,
  sum(sink_failed) AS sink_refused,
  sum(dropped) AS dropped_rows,
  sum(quarantined) AS set_aside_rows,
  sum(skipped_runs) AS runs_skipped,
  max(ts) AS last
FROM skep_losses
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY host, source, stream
ORDER BY host, source, stream
