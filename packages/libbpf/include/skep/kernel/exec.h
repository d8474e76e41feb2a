// SPDX-License-Identifier: GPL-2.0
// Program execution: include/linux/binfmts.h.
#ifndef SKEP_KERNEL_EXEC_H
#define SKEP_KERNEL_EXEC_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct linux_binprm {
	const char *filename; /* as passed; /dev/fd/N for fexecve(3) */
	const char *interp;   /* the same pointer, unless a script or binfmt_misc put an interpreter before it */
};

#pragma clang attribute pop

#endif
