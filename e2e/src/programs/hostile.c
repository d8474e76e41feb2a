// Does what its first argument says, with bytes given in hex, for names that no shell could pass on.
//   open COMM PATH...   names itself COMM, then opens each PATH
//   name COMM...        names itself COMM and opens the path "named", for each
//   exec COMM ARG...    names itself COMM, then becomes /bin/true with these arguments; with none, with an empty argv
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char *bytes(const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *text = calloc(1, length + 1);

	for (size_t i = 0; i < length; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		text[i] = (char)strtol(pair, NULL, 16);
	}
	return text;
}

int main(int argc, char **argv)
{
	char *environment[] = { NULL };
	char *arguments[64] = { NULL };

	if (argc < 3 || argc > 60)
		return 2;
	if (strcmp(argv[1], "name") == 0) {
		for (int i = 2; i < argc; i++) {
			prctl(PR_SET_NAME, bytes(argv[i]));
			openat(AT_FDCWD, "named", O_RDONLY);
		}
		return 0;
	}
	prctl(PR_SET_NAME, bytes(argv[2]));
	for (int i = 3; i < argc; i++)
		arguments[i - 3] = bytes(argv[i]);
	if (strcmp(argv[1], "exec") == 0) {
		execve("/bin/true", arguments, environment);
		return 1;
	}
	for (int i = 0; arguments[i]; i++) {
		int fd = openat(AT_FDCWD, arguments[i], O_RDONLY);

		if (fd >= 0)
			close(fd);
	}
	return 0;
}
