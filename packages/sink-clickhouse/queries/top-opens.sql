-- Files that are opened most, and by which program
-- tools: opensnoop
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  path,
  count() AS opens,
  countIf(err != 0) AS failed,
  uniq(pid) AS processes,
  anyHeavy(comm) AS mostly_by,
  max(ts) AS last
FROM opensnoop_opens
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY path
ORDER BY opens DESC, path
LIMIT {limit:UInt32}
