/** What QEMU is started with. Descriptors 3 to 6 are sockets to us: the console, control lines, stdout, stderr. */
export interface Machine {
  readonly accelerator: 'kvm' | 'tcg';
  readonly cpus: number;
  readonly memoryMb: number;
  readonly image: string;
  readonly initrd: string;
  readonly append: readonly string[];
  /** The folder of the kernel's packages. */
  readonly kernelFolder: string;
  readonly outFolder: string | undefined;
  /** Raw image files, which the guest sees as /dev/vda and on. */
  readonly disks: readonly string[];
}

export const CONSOLE_FD = 3;
const PORTS = [
  { name: 'control', fd: 4 },
  { name: 'stdout', fd: 5 },
  { name: 'stderr', fd: 6 },
];

/**
 * The command line. `setpriv` makes the kernel end the machine when we end, whichever way.
 *
 * The command's output goes over virtio ports, apart from the serial console: that one mixes in what the kernel prints,
 * and its line discipline would change bytes.
 */
export function qemuCommand(machine: Machine): string[] {
  const command = ['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64'];
  command.push('-accel', machine.accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi');
  command.push('-cpu', machine.accelerator === 'kvm' ? 'host' : 'max');
  command.push('-M', 'q35', '-nodefaults', '-no-user-config', '-display', 'none', '-net', 'none', '-no-reboot');
  command.push('-m', String(machine.memoryMb), '-smp', String(machine.cpus));
  command.push('-kernel', machine.image, '-initrd', machine.initrd, '-append', kernelParameters(machine).join(' '));
  command.push('-chardev', `socket,id=console,fd=${CONSOLE_FD}`, '-serial', 'chardev:console');
  command.push('-device', 'virtio-serial-pci');
  for (const { name, fd } of PORTS) {
    command.push('-chardev', `socket,id=${name},fd=${fd}`, '-device', `virtserialport,chardev=${name},name=${name}`);
  }
  command.push(...share('host', '/', true), ...share('kernel', machine.kernelFolder, true));
  if (machine.outFolder !== undefined) command.push(...share('out', machine.outFolder, false));
  machine.disks.forEach((file, at) => {
    command.push('-drive', `if=none,id=disk${at},format=raw,file=${escapeComma(file)}`);
    command.push('-device', `virtio-blk-pci,drive=disk${at}`);
  });
  return command;
}

/** A panic reboots at once, which `-no-reboot` turns into the end of QEMU. The self-tests of crypto cost most of a second. */
function kernelParameters(machine: Machine): string[] {
  return [
    'console=ttyS0',
    'panic=-1',
    'quiet',
    'loglevel=3',
    'mitigations=off',
    'cryptomgr.notests',
    ...machine.append,
  ];
}

function share(tag: string, path: string, isReadonly: boolean): string[] {
  // Inode numbers of several host file systems are made unlike each other; files keep the host's owners.
  const options = 'security_model=none,multidevs=remap';
  return ['-virtfs', `local,mount_tag=${tag},path=${escapeComma(path)},${options}${isReadonly ? ',readonly=on' : ''}`];
}

function escapeComma(text: string): string {
  return text.replaceAll(',', ',,');
}
