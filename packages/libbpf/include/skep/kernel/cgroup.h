// SPDX-License-Identifier: GPL-2.0
// cgroup v2: include/linux/cgroup-defs.h, kernfs.h.
#ifndef SKEP_KERNEL_CGROUP_H
#define SKEP_KERNEL_CGROUP_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id; /* inode of the directory */
};

struct cgroup {
	int level; /* 0: the root */
	struct kernfs_node *kn;
	struct cgroup *ancestors[1]; /* level + 1 of them, itself last; since 6.1, see skep_cgroup_ancestor() */
};

struct cgroup___before_6_1 {
	__u64 ancestor_ids[1];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

#pragma clang attribute pop

#endif
