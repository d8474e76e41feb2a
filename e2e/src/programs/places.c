// SPDX-License-Identifier: GPL-2.0
// Burns time, sleeps and opens a file that is not there, each in a function of its own, again and again.
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define KEPT __attribute__((noinline)) void
#define NO_TAIL_CALL __asm__ volatile("" ::: "memory")

static volatile unsigned long total;

KEPT burns_here(void)
{
	for (long i = 0; i < 10000000; i++)
		total += i;
	NO_TAIL_CALL;
}

/* Functions of a C library without frame pointers hide the one that calls them: here these, and not their callers. */
KEPT asleep(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, 0);
	NO_TAIL_CALL;
}

KEPT opening(void)
{
	syscall(SYS_openat, AT_FDCWD, "/skep-e2e/no/such/file", O_RDONLY);
	NO_TAIL_CALL;
}

KEPT sleeps_here(void)
{
	asleep();
	NO_TAIL_CALL;
}

KEPT opens_here(void)
{
	opening();
	NO_TAIL_CALL;
}

int main(void)
{
	for (;;) {
		burns_here();
		sleeps_here();
		opens_here();
	}
}
