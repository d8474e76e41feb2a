// What the tracers are compared on: waits for a line, makes a known number of calls, says "done", waits for the end of input.
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sdt.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *volatile kept;

static void send_some(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	bind(listener, (struct sockaddr *)&address, sizeof(address));
	listen(listener, 1);
	getsockname(listener, (struct sockaddr *)&address, &length);
	if (connect(client, (struct sockaddr *)&address, sizeof(address)) == 0)
		for (int i = 0; i < 5; i++)
			send(client, "0123456789", 10, 0);
	close(client);
	close(listener);
}

static void *nothing(void *argument)
{
	return argument;
}

__attribute__((noinline)) static void parse_address(void)
{
	struct in_addr address;

	inet_pton(AF_INET, "127.0.0.1", &address);
	kept = NULL; /* no tail call */
}

int main(void)
{
	static char buffer[65536];
	struct timespec rest = { .tv_nsec = 1234567 };
	pthread_t thread;

	write(3, "ready\n", 6);
	read(0, buffer, 16);
	for (int i = 0; i < 7; i++)
		close(open("/etc/hostname", O_RDONLY));
	int file = open("/etc/hostname", O_RDONLY);
	for (int i = 0; i < 2; i++)
		read(file, buffer, 8);
	close(file);
	read(-1, buffer, 8);
	int zero = open("/dev/zero", O_RDONLY);
	for (int i = 0; i < 3; i++)
		read(zero, buffer, 30000 + i);
	for (int i = 0; i < 4; i++)
		read(zero, buffer, 100);
	close(zero);
	for (int i = 0; i < 11; i++) {
		kept = malloc(16);
		free(kept);
	}
	for (int i = 0; i < 5; i++) {
		kept = malloc(1000 + i);
		free(kept);
	}
	for (int i = 0; i < 6; i++)
		write(1, "six times\n", 10);
	write(1, "once and longer\n", 16);
	write(2, "to standard error\n", 18);
	for (int i = 0; i < 3; i++)
		syscall(SYS_nanosleep, &rest, NULL);
	for (int i = 0; i < 2; i++) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
	sleep(1);
	for (int i = 0; i < 9; i++)
		DTRACE_PROBE1(work, gc__start, i);
	DTRACE_PROBE(work, gc__done);
	DTRACE_PROBE4(work, pthread_create, &thread, NULL, nothing, NULL);
	pthread_create(&thread, NULL, nothing, NULL);
	pthread_join(thread, NULL);
	parse_address();
	send_some();
	write(3, "done\n", 5);
	while (read(0, buffer, 16) > 0)
		;
	return 0;
}
