// SPDX-License-Identifier: GPL-2.0
// Keeps every allocation until it is freed, with the stack that made it: of one process by probes on the functions of its
// allocator, of the kernel by tracepoints.
//
// What an allocator calls inside a call of its own (mmap for a large malloc, malloc for a calloc) is no allocation of the
// program: a thread is inside the outermost call until that returns, which the address of its stack tells.
#include <skep/probe.bpf.h>
#include <skep/stack.bpf.h>

#include "calls.bpf.h"
#include "kmem.bpf.h"
