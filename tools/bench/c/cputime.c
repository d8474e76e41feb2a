// SPDX-License-Identifier: Apache-2.0
// CPU nanoseconds used so far by each process named, all its threads, ended ones too. /proc/PID/stat counts in ticks of 10 ms,
// which is as much as the cheapest subject uses for 50,000 events.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct timespec t = { 0 };
		clockid_t clock;

		if (!clock_getcpuclockid(atoi(argv[i]), &clock) && !clock_gettime(clock, &t))
			printf("%s %lld\n", argv[i], t.tv_sec * 1000000000ll + t.tv_nsec);
	}
	return 0;
}
