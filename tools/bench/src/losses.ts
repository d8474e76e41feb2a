/**
 * Events a subject says it lost, in what it wrote to its standard output and error.
 *
 * Seen on each: bpftrace 0.17 `Lost 48107 events` (on standard output), libbpf-tools 0.26 `Lost 49210 events on CPU #0!`, BCC 0.26
 * `Possibly lost 35306 samples`, one line per gap and CPU; skep `opens: 9 attempted = 7 delivered + 2 lost (2 ring full)` at its end.
 */
export function reportedLosses(text: string): number {
  let sum = 0;
  for (const [, before, after] of text.matchAll(/\blost (\d+) (?:events|samples)|delivered \+ (\d+) lost\b/gi)) {
    sum += Number(before ?? after);
  }
  return sum;
}
