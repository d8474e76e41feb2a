// Opens argv[1] at full speed: as often as argv[2] says, or as each line of standard input says, answering each.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void storm(const char *path, long count)
{
	for (long i = 0; i < count; i++) {
		int fd = openat(AT_FDCWD, path, O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	char line[64];

	if (argc == 3) {
		storm(argv[1], atol(argv[2]));
		return 0;
	}
	while (fgets(line, sizeof(line), stdin)) {
		storm(argv[1], atol(line));
		printf("done\n");
		fflush(stdout);
	}
	return 0;
}
