import { describe, expect, it } from 'vitest';
import { loadOrder, moduleName, parseBuiltin, parseModulesDep } from './modules-dep.js';

// As depmod writes it for Debian's 6.1.
const DEP = parseModulesDep(`kernel/fs/netfs/netfs.ko:
kernel/fs/fscache/fscache.ko: kernel/fs/netfs/netfs.ko
kernel/fs/overlayfs/overlay.ko:
kernel/fs/9p/9p.ko: kernel/net/9p/9pnet.ko kernel/fs/fscache/fscache.ko kernel/fs/netfs/netfs.ko
kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/char/virtio_console.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/net/9p/9pnet.ko:
kernel/net/9p/9pnet_virtio.ko: kernel/net/9p/9pnet.ko kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/sound/core/snd-pcm.ko: kernel/sound/core/snd-timer.ko
kernel/sound/core/snd-timer.ko:
`);
const NONE: ReadonlySet<string> = new Set();

describe('loadOrder', () => {
  it('puts every module after what it needs, and none twice', () => {
    const order = loadOrder(['9pnet_virtio', '9p', 'virtio_console'], DEP, NONE);
    for (const file of order) {
      for (const needed of DEP.get(file)!) expect(order.indexOf(needed)).toBeLessThan(order.indexOf(file));
    }
    expect(order.map(moduleName).sort()).toEqual(
      ['9p', '9pnet', '9pnet_virtio', 'fscache', 'netfs', 'virtio', 'virtio_console', 'virtio_ring'].sort(),
    );
  });

  it('takes - for _, as modprobe does', () => {
    expect(loadOrder(['snd_pcm'], DEP, NONE).map(moduleName)).toEqual(['snd_timer', 'snd_pcm']);
  });

  it('passes over what is built in, and names what is nowhere', () => {
    const builtin = parseBuiltin('kernel/drivers/virtio/virtio_pci.ko\nkernel/net/unix/unix.ko\n');
    expect(loadOrder(['virtio_pci', 'overlay'], DEP, builtin)).toEqual(['kernel/fs/overlayfs/overlay.ko']);
    expect(() => loadOrder(['virtio_gpu'], DEP, builtin)).toThrow('no module virtio_gpu in this kernel');
  });
});

describe('moduleName', () => {
  it.each([
    ['kernel/fs/9p/9p.ko', '9p'],
    ['kernel/drivers/block/null_blk/null_blk.ko.xz', 'null_blk'],
    ['kernel/sound/core/snd-pcm.ko.zst', 'snd_pcm'],
  ])('%s is %s', (file, name) => {
    expect(moduleName(file)).toBe(name);
  });
});
