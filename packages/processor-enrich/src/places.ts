import { NamesFile } from './names-file.js';
import { Pods } from './pods.js';
import { Processes } from './processes.js';

/** Where names are looked up. */
export interface Places {
  readonly passwd: string;
  readonly group: string;
  readonly services: string;
  readonly proc: string;
  /** The kubelet's folder of logs: one folder per pod, `<namespace>_<name>_<uid>`. */
  readonly podLogs: string;
}

export const SYSTEM: Places = {
  passwd: '/etc/passwd',
  group: '/etc/group',
  services: '/etc/services',
  proc: '/proc',
  podLogs: '/var/log/pods',
};

export interface Names {
  readonly users: NamesFile;
  readonly groups: NamesFile;
  readonly services: NamesFile;
  readonly processes: Processes;
  readonly pods: Pods;
}

const shared = new Map<Places, Names>();

/** The same caches for everyone who asks about the same places. */
export function namesOf(places: Places): Names {
  let names = shared.get(places);
  if (!names) {
    names = {
      // name:password:number:...
      users: new NamesFile(places.passwd, /^([^:#\s][^:]*):[^:]*:(\d+):/),
      groups: new NamesFile(places.group, /^([^:#\s][^:]*):[^:]*:(\d+):/),
      // name  port/protocol  aliases
      services: new NamesFile(places.services, /^([^#\s]+)\s+(\d+)\/(?:tcp|udp)/),
      processes: new Processes(places.proc),
      pods: new Pods(places.podLogs),
    };
    shared.set(places, names);
  }
  return names;
}
