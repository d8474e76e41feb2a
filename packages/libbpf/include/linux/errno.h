// SPDX-License-Identifier: GPL-2.0
// In place of the C library's header, which needs the machine's own asm/ folder: libbpf's usdt.bpf.h asks for it.
// The numbers are the same on x86-64 and arm64.
#ifndef SKEP_LINUX_ERRNO_H
#define SKEP_LINUX_ERRNO_H

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define E2BIG 7
#define EFAULT 14
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28

#endif
