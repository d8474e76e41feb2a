-- Is an hour complete: watched all of it, nothing lost, every row there?
-- table = opensnoop_opens: the stream, by its table
-- host =: only this host
-- hour =: such as 2026-01-31 14:00, in the time zone of the store; nothing: the last full one
SELECT
  host,
  source,
  sum(watched_s) AS watched_seconds,
  sum(numbered) AS rows_numbered,
  sum(present) AS rows_present,
  sum(lost) AS events_lost,
  sum(skipped) AS runs_skipped,
  if(watched_seconds >= 3600 AND rows_present = rows_numbered AND events_lost = 0 AND runs_skipped = 0, 'yes', 'no') AS complete,
  multiIf(
    watched_seconds < 3600, 'no agent watched all of it',
    events_lost > 0, 'events were lost',
    runs_skipped > 0, 'the kernel skipped runs of the programs: what they would have counted is not known',
    rows_present != rows_numbered, 'rows are missing: in the spool of the agent, or dropped',
    ''
  ) AS why
FROM
(
  SELECT
    host, boot, source,
    sum(watched) AS watched_s,
    max(next_seq) - min(first_seq) AS numbered,
    sum(ring_full + map_full + sink_failed) AS lost,
    sum(skipped_runs) AS skipped
  FROM
  (
    SELECT
      host, boot, source, first_seq, next_seq, ring_full, map_full, sink_failed, skipped_runs,
      least(toUInt32(toDateTime(ts)), toUInt32(if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String})))) + 3600) - greatest(toUInt32(toDateTime(since)), toUInt32(if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))))) AS watched
    FROM skep_losses
    WHERE stream_table = {table:String} AND ts > if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) AND since < if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) + 3600 AND ({host:String} = '' OR host = {host:String})
  )
  GROUP BY host, boot, source
) AS ledger
ANY LEFT JOIN
(
  SELECT host, boot, source, uniqExact(seq) AS present
  FROM
  (
    SELECT host, boot, source, seq
    FROM {table:Identifier}
    WHERE ts >= if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) - 600 AND ts < if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) + 4200 AND ({host:String} = '' OR host = {host:String})
  ) AS stored
  ALL INNER JOIN
  (
    SELECT host, boot, source, min(first_seq) AS first, max(next_seq) AS next
    FROM skep_losses
    WHERE stream_table = {table:String} AND ts > if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) AND since < if({hour:String} = '', toStartOfHour(now() - 3600), toStartOfHour(parseDateTimeBestEffortOrZero({hour:String}))) + 3600
    GROUP BY host, boot, source
  ) AS bounds USING (host, boot, source)
  WHERE seq >= first AND seq < next
  GROUP BY host, boot, source
) AS found USING (host, boot, source)
GROUP BY host, source
ORDER BY host, source
