// SPDX-License-Identifier: GPL-2.0
// Probes that programs carry for tracers: SEC("usdt/<binary>:<provider>:<name>"), arguments by bpf_usdt_arg().
#ifndef SKEP_USDT_BPF_H
#define SKEP_USDT_BPF_H

#include "probe.bpf.h"
#include <bpf/usdt.bpf.h>

#endif
