-- Agents: where, which version and configuration, since when
-- minutes = 1440: how far back
SELECT
  host,
  argMax(version, ts) AS skep,
  argMax(kernel, ts) AS linux,
  argMax(config, ts) AS configuration,
  uniq(boot) AS starts,
  max(started) AS latest_start,
  max(ts) AS seen
FROM skep_agents
WHERE ts >= now() - INTERVAL {minutes:UInt32} MINUTE
GROUP BY host
ORDER BY host
