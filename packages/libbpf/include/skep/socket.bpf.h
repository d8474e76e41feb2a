// SPDX-License-Identifier: GPL-2.0
// Sockets as tools show them: addresses in one column for both families, ports, and the socket behind a descriptor.
#ifndef SKEP_SOCKET_BPF_H
#define SKEP_SOCKET_BPF_H

#include "kernel/fs.h"
#include "kernel/net.h"

#define SKEP_PORTS 32 /* most ports in a list; an option that gives more is refused */

/* For `const volatile __u16 opt_x[SKEP_PORTS]`, unused places 0: `port` is in the list, or the list is empty. */
static __always_inline bool skep_port_allowed(const volatile __u16 *ports, __u16 port)
{
	bool found = !ports[0];

	for (int i = 0; i < SKEP_PORTS && !found && ports[i]; i++)
		found = ports[i] == port;
	return found;
}

static __always_inline void skep_ip_from_v4(__u8 *ip, __be32 address)
{
	__builtin_memset(ip, 0, 10);
	ip[10] = ip[11] = 0xff;
	__builtin_memcpy(ip + 12, &address, 4);
}

/* IPv4 mapped into IPv6 (::ffff:a.b.c.d): on the wire it is IPv4, whatever the family of the socket. */
static __always_inline bool skep_ip_is_v4(const __u8 *ip)
{
	__u32 words[3];

	__builtin_memcpy(words, ip, sizeof(words));
	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* Both addresses of a socket; the result is the IP version that it speaks, 4 or 6. */
static __always_inline __u32 skep_sock_addresses(struct sock *sk, __u8 *local, __u8 *remote)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		skep_ip_from_v4(local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		skep_ip_from_v4(remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
		return 4;
	}
	bpf_core_read(local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_core_read(remote, 16, &sk->__sk_common.skc_v6_daddr);
	return skep_ip_is_v4(remote) ? 4 : 6;
}

/*
 * The socket behind descriptor `fd` of the calling task; NULL when there is none. The file is not checked to be a
 * socket: use the result only as a key to look up, or after a system call has said that it is one.
 */
static __always_inline struct sock *skep_sock_of_fd(int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;
	struct socket *socket;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

#endif
