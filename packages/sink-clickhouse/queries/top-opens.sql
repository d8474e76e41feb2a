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
  -- Counting by a hash of the path first takes half the time: most paths are in no answer.
  AND cityHash64(path) IN
  (
    SELECT hash
    FROM
    (
      SELECT cityHash64(path) AS hash, count() AS n
      FROM opensnoop_opens
      WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE AND ({host:String} = '' OR host = {host:String})
      GROUP BY hash
      ORDER BY n DESC, hash
      LIMIT {limit:UInt32}
    )
  )
GROUP BY path
ORDER BY opens DESC, path
LIMIT {limit:UInt32}
