// SPDX-License-Identifier: Apache-2.0
// ring-fill PROGRAM_ID EVENTS PER_TICK: runs the loaded program `fill` EVENTS times, PER_TICK of them every 20 ms, from a process of
// its own, so that one filler serves every consumer, whoever loaded the program and in whatever language.
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_NS = 20000000 };

int main(int argc, char **argv)
{
	char packet[64] = { 0 };
	const struct timespec tick = { .tv_nsec = TICK_NS };
	long long events, per_tick, done = 0;
	int program;

	if (argc != 4)
		return 2;
	events = atoll(argv[2]);
	per_tick = atoll(argv[3]);
	program = bpf_prog_get_fd_by_id(atoi(argv[1]));
	if (program < 0 || per_tick <= 0) {
		fprintf(stderr, "program %s: %s\n", argv[1], strerror(-program));
		return 1;
	}
	while (done < events) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
			    .repeat = events - done < per_tick ? events - done : per_tick);
		int error = bpf_prog_test_run_opts(program, &opts);

		if (error) {
			fprintf(stderr, "test run: %s\n", strerror(-error));
			return 1;
		}
		done += opts.repeat;
		nanosleep(&tick, NULL); // a late filler does not catch up: bursts would measure the size of the ring
	}
	printf("{\"filled\":%lld}\n", done);
	return 0;
}
