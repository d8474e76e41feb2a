-- What is stored: rows, days and bytes on disk of each table
SELECT
  table,
  sum(rows) AS stored_rows,
  sum(bytes_on_disk) AS disk_bytes,
  round(sum(bytes_on_disk) / sum(rows), 1) AS bytes_per_row,
  uniqIf(partition, partition != 'tuple()') AS days,
  replaceOne(min(partition), 'tuple()', '') AS first_day -- without one where a table is not divided by day
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY disk_bytes DESC, table
