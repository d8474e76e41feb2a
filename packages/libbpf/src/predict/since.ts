import type { Feature } from './features.js';
import { type Answer, YES } from './kernel.js';

/** `6.1.0-56-amd64` is at least `5.18`. */
export function isSince(release: string, version: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = version.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Whether a kernel of this version has a feature, as long as it was not configured away. */
export function versionAnswer({ title, since }: Feature, release: string): Answer {
  return isSince(release, since) ? YES : { state: 'no', reason: `no ${title} before Linux ${since}` };
}
