// Opens argv[1]/0, argv[1]/1, argv[1]/2, ... without end, argv[2] of them each millisecond.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct timespec tick = { .tv_nsec = 1000000 };
	long burst = argc == 3 ? atol(argv[2]) : 1;
	char path[256];

	for (unsigned long n = 0;;) {
		for (long i = 0; i < burst; i++) {
			snprintf(path, sizeof(path), "%s/%lu", argv[1], n++);
			int fd = openat(AT_FDCWD, path, O_RDONLY);

			if (fd >= 0)
				close(fd);
		}
		nanosleep(&tick, NULL);
	}
}
