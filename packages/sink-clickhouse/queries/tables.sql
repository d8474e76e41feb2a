-- What is stored: rows, days and bytes on disk of each table
SELECT
  table,
  sum(rows) AS stored_rows,
  sum(bytes_on_disk) AS disk_bytes,
  round(sum(bytes_on_disk) / sum(rows), 1) AS bytes_per_row,
  uniq(partition) AS days,
  min(partition) AS first_day
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY disk_bytes DESC, table
