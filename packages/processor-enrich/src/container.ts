/** The last folder of a cgroup path says which runtime made it. */
const FOLDERS: readonly (readonly [RegExp, string])[] = [
  [/^docker-([0-9a-f]{64})\.scope$/, 'docker'],
  [/^cri-containerd-([0-9a-f]{64})\.scope$/, 'containerd'],
  [/^crio-([0-9a-f]{64})(?:\.scope)?$/, 'cri-o'],
  [/^libpod-([0-9a-f]{64})\.scope$/, 'podman'],
  [/^lxc\.payload\.(.{1,64})$/, 'lxc'],
];
const BARE = /^([0-9a-f]{64})$/;
/** systemd's driver writes the dashes of a pod's uid as underscores. */
const POD = /(?:^|[/-])pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?(?=\/|$)/;

/** What the text of /proc/PID/cgroup says of the container that a process runs in; texts are '' when there is none. */
export function containerOf(cgroups: string): { containerId: string; containerRuntime: string; podUid: string } {
  for (const line of cgroups.split('\n')) {
    // hierarchy:controllers:path
    const path = line.split(':').slice(2).join(':');
    const podUid = POD.exec(path)?.[1]?.replaceAll('_', '-') ?? '';
    // A container may have cgroups of its own below.
    for (const folder of path.split('/').reverse()) {
      for (const [pattern, runtime] of FOLDERS) {
        const id = pattern.exec(folder)?.[1];
        if (id !== undefined) return { containerId: id.slice(0, 12), containerRuntime: runtime, podUid };
      }
      const bare = BARE.exec(folder)?.[1];
      if (bare !== undefined) {
        const containerRuntime = path.includes('/docker/') ? 'docker' : podUid === '' ? '' : 'containerd';
        return { containerId: bare.slice(0, 12), containerRuntime, podUid };
      }
    }
    if (podUid !== '') return { containerId: '', containerRuntime: '', podUid };
  }
  return { containerId: '', containerRuntime: '', podUid: '' };
}
