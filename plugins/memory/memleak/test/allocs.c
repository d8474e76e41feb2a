// Allocates in every way there is, on demand: sizes tell the calls apart. Compiled without optimisation, so that no call
// is left out.
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define HUGE (SIZE_MAX / 4)

static void *map(size_t pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

__attribute__((noinline)) void leak_here(void)
{
	for (int i = 0; i < 3; i++)
		malloc(1001);
}

static void by_malloc(void)
{
	leak_here();
	free(malloc(2001));
	free(NULL);
	malloc(HUGE);
	calloc(3, 1003);
	calloc(SIZE_MAX / 2, 3);
	malloc(500000);       // calls mmap
	free(malloc(600000)); // calls munmap
}

static void by_realloc(void)
{
	void *p = realloc(malloc(2005), 1007);

	realloc(p, 1008);
	realloc(NULL, 1009);
	realloc(malloc(1011), HUGE); // the block stays
	realloc(malloc(2013), 0);    // frees
	realloc(malloc(700000), 800000);
	reallocarray(NULL, 5, 203);
	reallocarray(malloc(1017), SIZE_MAX / 2, 3);
}

static void aligned(void)
{
	void *p;

	posix_memalign(&p, 64, 1021);
	posix_memalign(&p, 3, 2021);
	aligned_alloc(64, 1088);
	memalign(64, 1031);
	valloc(1033);
	pvalloc(1039);
}

static void by_mmap(void)
{
	void *p = map(5);

	munmap(map(3), 3 * PAGE);
	munmap(map(7), PAGE);     // 6 stay
	mmap(NULL, 0, 0, 0, -1, 0);
	munmap(p, 0);         // refused
	mremap(map(9), 9 * PAGE, 11 * PAGE, MREMAP_MAYMOVE);
	mremap(map(13), 13 * PAGE, HUGE, MREMAP_MAYMOVE);
}

/* What a child frees is not freed here. */
static void by_fork(void)
{
	void *p = malloc(1051);

	if (fork() == 0) {
		free(p);
		malloc(2051);
		_exit(0);
	}
	wait(NULL);
}

static void *many(void *ignored)
{
	for (int i = 0; i < 2000; i++) {
		void *p = malloc(1061);

		if (i % 200)
			free(p);
		else
			malloc(1063);
	}
	return ignored;
}

static void by_threads(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* An allocator of its own; the second is never returned from. */
static jmp_buf way_out;
__attribute__((noinline)) void *my_malloc(size_t size)
{
	if (size == 2069)
		longjmp(way_out, 1);
	return malloc(size);
}
__attribute__((noinline)) void my_free(void *p)
{
	free(p);
}

static void by_own(void)
{
	my_malloc(1067);
	my_free(my_malloc(2067));
	if (!setjmp(way_out))
		my_malloc(2069);
	my_malloc(1069);
}

int main(int count, char **args)
{
	char line[16];

	if (count > 1 && !strcmp(args[1], "exec")) {
		setvbuf(stdin, NULL, _IONBF, 0);
		fgets(line, sizeof(line), stdin);
		malloc(2071);
		execl("/proc/self/exe", args[0], "began", NULL);
		return 1;
	}
	if (count > 1 && !strcmp(args[1], "began")) {
		malloc(1071);
		puts("done");
		fflush(stdout);
		return getchar() == EOF;
	}
	fgets(line, sizeof(line), stdin);
	by_malloc();
	by_realloc();
	aligned();
	by_mmap();
	by_fork();
	by_threads();
	by_own();
	puts("done");
	fflush(stdout);
	return getchar();
}
