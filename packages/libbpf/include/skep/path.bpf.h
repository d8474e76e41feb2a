// SPDX-License-Identifier: GPL-2.0
// Absolute paths of open files, as the calling task sees them from its own root: dentries and mounts walked upwards.
// bpf_d_path() does this for a few LSM and fentry hooks only, never for a tracepoint.
#ifndef SKEP_PATH_BPF_H
#define SKEP_PATH_BPF_H

#include "kernel/fs.h"

#define SKEP_PATH_MAX 4096  /* PATH_MAX: the longest path a program can pass, with its NUL */
#define SKEP_PATH_STEPS 48  /* at least 32 components and 16 mounts, for the verifier of 5.10 */
#define SKEP_AT_FDCWD (-100)

/*
 * Where a path is put together from its end, SKEP_PATH_MAX, down to `at`; what follows is room that only the verifier
 * needs. `at` lies here because a local has as many ranges as there are ways through the loop: over a million steps.
 */
struct skep_path_buffer {
	__u64 at;
	char bytes[SKEP_PATH_MAX + 256];
};
SKEP_SCRATCH(skep_paths, struct skep_path_buffer);

/* Where descriptor `fd` of the calling task, or its working directory, points to; false when it is not open. */
static __always_inline bool skep_path_of_fd(int fd, struct path *path)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table;
	struct file *file = NULL;

	if (fd == SKEP_AT_FDCWD) {
		path->mnt = BPF_CORE_READ(task, fs, pwd.mnt);
		path->dentry = BPF_CORE_READ(task, fs, pwd.dentry);
		return true;
	}
	table = BPF_CORE_READ(task, files, fdt);
	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return false;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	path->mnt = BPF_CORE_READ(file, f_path.mnt);
	path->dentry = BPF_CORE_READ(file, f_path.dentry);
	return file;
}

/* Put `name` and a slash before what is there; false when not even `/...` would fit as well. */
static __always_inline bool skep_path_prepend(struct skep_path_buffer *buffer, const unsigned char *name, __u32 length)
{
	__u64 at = buffer->at - length - 1;

	if (at < 4 || at >= SKEP_PATH_MAX)
		return false;
	barrier_var(at); /* or clang derives the second address from what was not checked: refused by 6.1 */
	buffer->at = at;
	buffer->bytes[at] = '/';
	bpf_probe_read_kernel(&buffer->bytes[at + 1], length, name);
	return true;
}

/*
 * Write the absolute path into `to`, which has room for 2 * SKEP_PATH_MAX bytes, without a NUL. Returns its length;
 * 0 when it has none, as pipes, sockets and detached mounts. A path too deep begins with `...`, and `*cut` is set.
 */
static __always_inline long skep_path_text(struct path path, char *to, bool *cut)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct vfsmount *root_mnt = BPF_CORE_READ(task, fs, root.mnt), *mnt = path.mnt;
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry), *dentry = path.dentry;
	struct skep_path_buffer *buffer = skep_scratch(skep_paths);
	bool whole = false;
	__u64 at, length;

	if (!buffer)
		return 0;
	buffer->at = SKEP_PATH_MAX;
	for (int i = 0; i < SKEP_PATH_STEPS && !whole; i++) {
		struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == root && mnt == root_mnt) {
			whole = true;
		} else if (dentry == parent || dentry == BPF_CORE_READ(mnt, mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			whole = above == mount; /* outside of the task's root: as far as there is a name */
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
		} else {
			if (!skep_path_prepend(buffer, BPF_CORE_READ(dentry, d_name.name),
					       BPF_CORE_READ(dentry, d_name.len) & 255))
				break;
			dentry = parent;
		}
	}
	at = buffer->at;
	if (!whole && at >= 4 && at < SKEP_PATH_MAX) {
		*cut = true;
		at -= 4;
		__builtin_memcpy(&buffer->bytes[at], "/...", 4);
	}
	length = SKEP_PATH_MAX - at;
	if (length > 0 && length <= SKEP_PATH_MAX) {
		bpf_probe_read_kernel(to, length, &buffer->bytes[at & (SKEP_PATH_MAX - 1)]);
		return length;
	}
	to[0] = '/';
	return dentry == root && mnt == root_mnt;
}

#endif
