// SPDX-License-Identifier: Apache-2.0
// A storm of opens: `--count` times openat() and close() of one path, at `--rate` per second (0: as fast as it goes).
//
// It writes `pid N` first, waits for a line on standard input when asked to (`--wait`), and ends with one line of JSON: exact
// counts, the time the loop took and the CPU the process used. It stops by itself after `--limit` seconds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, TICK_NS = 1000000 }; // paced: a burst per millisecond, asleep in between

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static uint64_t cpu_ns(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_usec * 1000;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' }, { "rate", required_argument, NULL, 'r' },
		{ "path", required_argument, NULL, 'p' },  { "cpu", required_argument, NULL, 'c' },
		{ "limit", required_argument, NULL, 'l' }, { "wait", no_argument, NULL, 'w' },
		{ 0 },
	};
	uint64_t count = 1000000, rate = 0, limit_s = 60, opened = 0, failed = 0, start, end, behind = 0;
	const char *path = "/etc/passwd";
	struct rusage before, after;
	int c, cpu = -1, wait = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n': count = strtoull(optarg, NULL, 10); break;
		case 'r': rate = strtoull(optarg, NULL, 10); break;
		case 'p': path = optarg; break;
		case 'c': cpu = atoi(optarg); break;
		case 'l': limit_s = strtoull(optarg, NULL, 10); break;
		case 'w': wait = 1; break;
		default: return 2;
		}
	}
	if (cpu >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	prctl(PR_SET_TIMERSLACK, 1);
	printf("pid %d\n", getpid());
	fflush(stdout);
	if (wait && getchar() == EOF)
		return 1;

	getrusage(RUSAGE_SELF, &before);
	start = now_ns();
	for (uint64_t done = 0; done < count;) {
		uint64_t elapsed = now_ns() - start, due = count;

		if (elapsed > limit_s * NS_PER_S)
			break;
		if (rate) {
			due = (elapsed / TICK_NS + 1) * rate / (NS_PER_S / TICK_NS);
			if (due > count)
				due = count;
		} else if (due - done > 1000) {
			due = done + 1000; // look at the clock now and then
		}
		for (; done < due; done++) {
			int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

			if (fd < 0) {
				failed++;
				continue;
			}
			opened++;
			syscall(SYS_close, fd);
		}
		if (rate && done < count) {
			uint64_t next = start + (elapsed / TICK_NS + 1) * TICK_NS;

			if (now_ns() < next)
				sleep_until(next);
			else
				behind++; // a tick without sleep: the rate asked for is more than this machine has
		}
	}
	end = now_ns();
	getrusage(RUSAGE_SELF, &after);
	printf("{\"opened\":%llu,\"failed\":%llu,\"elapsedNs\":%llu,\"userNs\":%llu,\"systemNs\":%llu,\"behind\":%llu}\n",
	       (unsigned long long)opened, (unsigned long long)failed, (unsigned long long)(end - start),
	       (unsigned long long)(cpu_ns(&after.ru_utime) - cpu_ns(&before.ru_utime)),
	       (unsigned long long)(cpu_ns(&after.ru_stime) - cpu_ns(&before.ru_stime)), (unsigned long long)behind);
	return 0;
}
