-- Programs that are started most, and who starts them
-- tools: execsnoop
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  pcomm AS parent,
  comm AS program,
  count() AS starts,
  countIf(ret != 0) AS failed,
  arrayStringConcat(argMax(args, ts), ' ') AS latest,
  max(ts) AS last
FROM execsnoop_execs
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY pcomm, comm
ORDER BY starts DESC, parent, program
LIMIT {limit:UInt32}
