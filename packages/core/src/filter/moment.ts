const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Nanoseconds since the epoch of an ISO 8601 moment: `2026-01-31`, `2026-01-31T10:00:00.000000001Z`, `... 10:00+02:00`.
 * Without a zone it is UTC. Undefined when it is not a moment, or one that no calendar has.
 */
export function parseMoment(text: string): bigint | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, date, clock = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const local = `${date}T${clock}:${seconds}`;
  const utc = Date.parse(`${local}Z`);
  const ms = Date.parse(`${local}${zone}`);
  // Date.parse turns 30 February into 2 March; what is printed again tells.
  if (Number.isNaN(ms) || !new Date(utc).toISOString().startsWith(local)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
