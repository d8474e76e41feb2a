/** skep's first set of tools, which the memory benchmark runs together. */
export const TOOLS = [
  'execsnoop',
  'opensnoop',
  'tcplife',
  'gethostlatency',
  'biolatency',
  'runqlat',
  'biotop',
  'softirqs',
] as const;

export type Tool = (typeof TOOLS)[number];
