// SPDX-License-Identifier: GPL-2.0
// One record per TCP session that ends: who, between which endpoints, for how long, and how many bytes each way.
#include <skep/probe.bpf.h>
#include <skep/socket.bpf.h>
#include <skep/kernel/trace.h>

const volatile bool opt_ipv4 = false;                 // option `ipv4`
const volatile bool opt_ipv6 = false;                 // option `ipv6`
const volatile __u16 opt_localport[SKEP_PORTS] = {};  // option `localport`; empty: all
const volatile __u16 opt_remoteport[SKEP_PORTS] = {}; // option `remoteport`; empty: all

struct tcplife_session {
	__u64 born;
	skep_comm_t comm;
	__u32 pid; /* 0: not known yet */
	__u32 padding;
};
/* By socket, from its first state to CLOSE, which each one reaches. Sessions beyond the bound are counted as lost. */
SKEP_MAP(sessions, HASH, struct sock *, struct tcplife_session, 65536);

struct tcplife_event {
	skep_ktime_t time;
	skep_duration_ns_t duration_ns SKEP_DOC("from established to closed, or from the first SYN when it never was");
	__u64 tx_bytes SKEP_DOC("payload sent and acknowledged");
	__u64 rx_bytes SKEP_DOC("payload received in order");
	skep_ip_t laddr SKEP_DOC("local address");
	skep_ip_t raddr SKEP_DOC("remote address");
	__u32 lport SKEP_DOC("local port");
	__u32 rport SKEP_DOC("remote port");
	__u32 ip_version SKEP_DOC("4 or 6 on the wire: an IPv6 socket may speak IPv4");
	__u32 pid SKEP_DOC("process that connected, accepted or closed first; 0 when none of these was seen");
	__u32 retransmits SKEP_DOC("segments sent again");
	__u32 srtt_us SKEP_DOC("smoothed round trip time at the end");
	skep_comm_t comm;
};
SKEP_RING(events, struct tcplife_event, 1024 * 1024);

static __always_inline void identify(struct tcplife_session *session)
{
	session->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(&session->comm, sizeof(session->comm));
}

/*
 * Payload only. bytes_sent and bytes_retrans count payload, and bytes_acked, which has SYN and FIN in it, bounds them to
 * what arrived. bytes_received has the peer's FIN in it, once that came.
 */
static __always_inline void count_bytes(struct tcplife_event *e, struct tcp_sock *tp)
{
	__u64 sent = BPF_CORE_READ(tp, bytes_sent), again = BPF_CORE_READ(tp, bytes_retrans);
	__u64 acked = BPF_CORE_READ(tp, bytes_acked), received = BPF_CORE_READ(tp, bytes_received);
	bool fin = BPF_CORE_READ((struct sock *)tp, __sk_common.skc_flags) >> SOCK_DONE & 1;

	sent = sent > again ? sent - again : 0;
	e->tx_bytes = sent < acked ? sent : acked;
	e->rx_bytes = received > fin ? received - fin : 0;
}

static __always_inline void report(struct sock *sk, struct tcplife_session *session)
{
	__u32 lport = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	__u32 rport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	skep_ip_t laddr, raddr;
	struct tcplife_event *e;
	__u32 version;

	if (!skep_pid_allowed(session->pid) || !skep_port_allowed(opt_localport, lport) ||
	    !skep_port_allowed(opt_remoteport, rport))
		return;
	version = skep_sock_addresses(sk, laddr, raddr);
	if ((opt_ipv4 && version != 4) || (opt_ipv6 && version != 6))
		return;
	e = skep_reserve(events);
	if (!e)
		return;
	e->time = bpf_ktime_get_boot_ns();
	e->duration_ns = e->time > session->born ? e->time - session->born : 0;
	count_bytes(e, tp);
	__builtin_memcpy(e->laddr, laddr, sizeof(laddr));
	__builtin_memcpy(e->raddr, raddr, sizeof(raddr));
	e->lport = lport;
	e->rport = rport;
	e->ip_version = version;
	e->pid = session->pid;
	e->retransmits = BPF_CORE_READ(tp, total_retrans);
	e->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	__builtin_memcpy(e->comm, session->comm, sizeof(e->comm));
	skep_submit(events, e);
}

static __always_inline int set_state(struct sock *sk, int state)
{
	struct tcplife_session *session, fresh = {};

	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	session = bpf_map_lookup_elem(&sessions, &sk);
	if (state < TCP_FIN_WAIT1 && session) {
		session->born = bpf_ktime_get_boot_ns();
	} else if (state < TCP_FIN_WAIT1) {
		fresh.born = bpf_ktime_get_boot_ns();
		if (state == TCP_SYN_SENT)
			identify(&fresh); /* connect(2) runs in its caller; the other early states may be a packet's work */
		skep_remember(events, sessions, &sk, &fresh);
	} else if (session && !session->pid && (state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK)) {
		identify(session); /* close(2), of a socket whose accept(2) was not seen (io_uring) */
	} else if (session && state == TCP_CLOSE) {
		report(sk, session);
		bpf_map_delete_elem(&sessions, &sk);
	}
	return 0;
}

static __always_inline int accepted(long fd)
{
	struct sock *sk = skep_sock_of_fd(fd);
	struct tcplife_session *session = bpf_map_lookup_elem(&sessions, &sk);

	if (session)
		identify(session);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_btf, struct sock *sk, int old, int new) { return set_state(sk, new); }

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(state_raw, struct sock *sk, int old, int new) { return set_state(sk, new); }

SEC("kprobe/tcp_set_state")
int BPF_KPROBE(state_kprobe, struct sock *sk, int state) { return set_state(sk, state); }

SEC("tracepoint/syscalls/sys_exit_accept")
int accept_exit(struct trace_event_raw_sys_exit *ctx) { return accepted(ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept4_exit(struct trace_event_raw_sys_exit *ctx) { return accepted(ctx->ret); }
