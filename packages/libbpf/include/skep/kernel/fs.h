// SPDX-License-Identifier: GPL-2.0
// Open files, directory entries and mounts: include/linux/fs.h, dcache.h, path.h, fdtable.h, fs_struct.h, mount.h.
#ifndef SKEP_KERNEL_FS_H
#define SKEP_KERNEL_FS_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	__u32 len; /* in a union with hash; the order differs by byte order, CO-RE finds it */
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

/* fs/mount.h; a vfsmount is its member mnt */
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	void *private_data; /* a socket's struct socket */
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

/* The argument of openat2(2); include/uapi/linux/openat2.h */
struct open_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

#pragma clang attribute pop

#endif
