// SPDX-License-Identifier: GPL-2.0
// Sockets: include/net/sock.h, inet_sock.h, include/linux/net.h, tcp.h: only what skep reads.
#ifndef SKEP_KERNEL_NET_H
#define SKEP_KERNEL_NET_H

enum {
	AF_INET = 2,
	AF_INET6 = 10,
};
enum {
	IPPROTO_TCP = 6,
};
/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE = 7,
	TCP_LAST_ACK = 9,
};
/* enum sock_flags: bits of skc_flags */
enum {
	SOCK_DONE = 1, /* the peer's FIN has come */
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num; /* local port, host order; 0 once the port is given back */
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol; /* a bit field before 5.6 */
};

struct socket {
	struct sock *sk;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport; /* local port, network order; stays when the port is given back */
};

/* A tcp_sock begins with its sock. */
struct tcp_sock {
	__u64 bytes_received; /* sequence numbers: the peer's FIN counts as one */
	__u64 bytes_sent;     /* payload, every time it is sent */
	__u64 bytes_acked;    /* sequence numbers: SYN and FIN count as one each */
	__u64 bytes_retrans;
	__u32 total_retrans;
	__u32 srtt_us; /* times 8 */
};

#pragma clang attribute pop

#endif
