-- Files that could not be opened, why, and by which program
-- tools: opensnoop
-- minutes = 60: how far back
-- host =: only this host
-- limit = 20: most rows
SELECT
  path,
  err AS errno,
  comm,
  count() AS opens,
  uniq(pid) AS processes,
  max(ts) AS last
FROM opensnoop_opens
WHERE err != 0 AND ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
GROUP BY path, err, comm
ORDER BY opens DESC, path, comm
LIMIT {limit:UInt32}
