// A stand-in for a database server: the probes or the function of one, by its first argument, around queries that take
// 20 ms ("slow") or no time ("fast"). Waits for a line before it begins and for the end of input before it ends.
#include <stdio.h>
#include <string.h>
#include <sys/sdt.h>
#include <unistd.h>

static void serve(const char *query)
{
	if (strncmp(query, "slow", 4) == 0)
		usleep(20000);
}

#ifdef WITH_MARIA
/* Weak: the compiler must pass all arguments, whether they are used or not. */
__attribute__((noinline, weak)) int maria(int command, void *thd, char *packet, unsigned length, int more)
	__asm__("_Z16dispatch_command19enum_server_commandP3THDPcjb");
int maria(int command, void *thd, char *packet, unsigned length, int more)
{
	serve(packet);
	/* The buffer is used again before the function returns. */
	memset(packet, 'x', length);
	return more;
}
#endif

struct data {
	const char *query;
	unsigned length;
};
__attribute__((noinline, weak)) int mysql(void *thd, const struct data *data, int command)
	__asm__("_Z16dispatch_commandP3THDPK8COM_DATA19enum_server_command");
int mysql(void *thd, const struct data *data, int command)
{
	serve(data->query);
	return command;
}

static void query(char kind, const char *text)
{
	char packet[64];
	struct data data = { text, strlen(text) };

	strcpy(packet, text);
	strcat(packet, "garbage");
	if (kind == 'u') {
#ifdef WITH_PROBES
		DTRACE_PROBE5(mysql, query__start, text, 7L, "shop", "root", "localhost");
		serve(text);
		DTRACE_PROBE1(mysql, query__done, 0);
#endif
	} else if (kind == 'm') {
#ifdef WITH_MARIA
		maria(3, packet, packet, strlen(text), 0);
		maria(1, packet, packet, strlen(text), 0);
#endif
	} else {
		mysql(packet, &data, 3);
		mysql(packet, &data, 23);
	}
}

int main(int argc, char **argv)
{
	char line[16], text[32];
	char kind = argc > 1 ? argv[1][0] : 'u';

	if (read(0, line, sizeof(line)) <= 0)
		return 1;
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "slow %d", i);
		query(kind, text);
		snprintf(text, sizeof(text), "fast %d", i);
		query(kind, text);
	}
	write(1, "done\n", 5);
	while (read(0, line, sizeof(line)) > 0)
		;
	return 0;
}
