// SPDX-License-Identifier: GPL-2.0
// Registers at a kprobe or uprobe. x86-64: arch/x86/include/asm/ptrace.h; arm64 uses user_pt_regs of its user API.
#ifndef SKEP_KERNEL_PTRACE_H
#define SKEP_KERNEL_PTRACE_H

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
} __attribute__((preserve_access_index));
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31], sp, pc, pstate;
} __attribute__((preserve_access_index));
struct pt_regs {
	struct user_pt_regs user_regs;
	__u64 orig_x0;
} __attribute__((preserve_access_index));
#endif

#endif
