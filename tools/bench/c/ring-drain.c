// SPDX-License-Identifier: Apache-2.0
// ring-drain OBJECT: the least a consumer can do. Loads OBJECT (ring-storm.bpf.o), maps its ring, and every 20 ms copies the members
// of what is there into column arrays: numbers as they are, texts as one buffer and end positions. Writes the program's id first;
// a line on standard input starts its counts and its clock anew; when the input ends, it drains once more and writes them.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef __u64 skep_ktime_t;
typedef char skep_comm_t[16];
typedef char skep_path_t;
#include "ring-storm.h"

enum { PERIOD_MS = 20, ROOM = 8192, HEADER = 8, COMM_BYTES = 16, PATH_BYTES = 256 };

static struct {
	uint64_t time[ROOM];
	uint32_t uid[ROOM], pid[ROOM], tid[ROOM], err[ROOM], flags[ROOM], mode[ROOM], comm_end[ROOM], path_end[ROOM];
	int32_t fd[ROOM];
	char comm[ROOM * COMM_BYTES], path[ROOM * PATH_BYTES];
} batch;

static struct {
	volatile unsigned long *consumer, *producer;
	char *data;
	unsigned long mask;
} ring;

static uint64_t events, batches, bytes, drain_ns;

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int open_ring(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "events");
	size_t page = sysconf(_SC_PAGESIZE), size;
	int fd;

	if (!map)
		return -1;
	fd = bpf_map__fd(map);
	size = bpf_map__max_entries(map);
	ring.mask = size - 1;
	ring.consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ring.producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, page);
	if (ring.consumer == MAP_FAILED || ring.producer == MAP_FAILED)
		return -1;
	ring.data = (char *)ring.producer + page;
	return 0;
}

// One batch: at most ROOM rows, the columns overwritten each time.
static uint32_t drain_batch(void)
{
	unsigned long at = *ring.consumer, end = __atomic_load_n(ring.producer, __ATOMIC_ACQUIRE);
	uint32_t row = 0, comm_end = 0, path_end = 0;

	while (at < end && row < ROOM) {
		char *record = ring.data + (at & ring.mask);
		uint32_t header = __atomic_load_n((uint32_t *)record, __ATOMIC_ACQUIRE);
		uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT), text;
		const struct open_event *e = (const void *)(record + HEADER);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		at += (HEADER + length + 7) & ~7ul;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		batch.time[row] = e->time;
		batch.uid[row] = e->uid;
		batch.pid[row] = e->pid;
		batch.tid[row] = e->tid;
		batch.fd[row] = e->fd;
		batch.err[row] = e->err;
		batch.flags[row] = e->flags;
		batch.mode[row] = e->mode;
		text = strnlen(e->comm, COMM_BYTES);
		memcpy(batch.comm + comm_end, e->comm, text);
		batch.comm_end[row] = comm_end += text;
		text = strnlen(e->path, length - offsetof(struct open_event, path));
		memcpy(batch.path + path_end, e->path, text);
		batch.path_end[row] = path_end += text;
		row++;
	}
	__atomic_store_n(ring.consumer, at, __ATOMIC_RELEASE);
	if (row) {
		events += row;
		batches++;
		bytes += comm_end + path_end;
	}
	return row;
}

static void drain(void)
{
	uint64_t start = cpu_ns();

	while (drain_batch())
		;
	drain_ns += cpu_ns() - start;
}

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct bpf_prog_info info = { 0 };
	uint64_t start = cpu_ns();
	struct bpf_object *object;
	struct bpf_program *program;
	uint32_t size = sizeof(info);
	char line[64];

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	if (argc != 2 || !(object = bpf_object__open_file(argv[1], NULL)) || bpf_object__load(object) || open_ring(object))
		return 1;
	program = bpf_object__next_program(object, NULL);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 1;
	memset(&batch, 1, sizeof(batch)); // touch the pages before the clock runs
	printf("program %u\n", info.id);
	fflush(stdout);

	for (;;) {
		int is_told = poll(&input, 1, PERIOD_MS);

		drain();
		if (!is_told)
			continue;
		if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
			break;
		events = batches = bytes = drain_ns = 0;
		start = cpu_ns();
		puts("started");
		fflush(stdout);
	}
	drain();
	printf("{\"events\":%llu,\"batches\":%llu,\"bytes\":%llu,\"drainNs\":%llu,\"cpuNs\":%llu}\n",
	       (unsigned long long)events, (unsigned long long)batches, (unsigned long long)bytes,
	       (unsigned long long)drain_ns, (unsigned long long)(cpu_ns() - start));
	bpf_object__close(object);
	return 0;
}
