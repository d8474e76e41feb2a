// Carries probes for tracers, some functions, and a name that is given twice. Build: clang -O2 -o shop shop.c
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

__extension__ unsigned short shop_order_semaphore __attribute__((unused)) __attribute__((section(".probes")));
__extension__ unsigned short shop_close_semaphore __attribute__((unused)) __attribute__((section(".probes")));

static const char item[] = "honey";

__attribute__((noinline)) long shop_add(long price, int tax)
{
	DTRACE_PROBE3(shop, order, price, tax, item);
	return price + tax;
}

__attribute__((noinline, alias("shop_add"))) long shop_plus(long price, int tax);

__attribute__((noinline)) long shop_depth(long n)
{
	return n <= 0 ? 0 : 1 + shop_depth(n - 1) + (n & 1 ? 0 : shop_add(0, 0));
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 3, sum = 0;

	/* A page that nobody has touched is not in memory, and a probe cannot read it. */
	(void)*(volatile const char *)item;
	for (long i = 0; i < n; i++)
		sum = shop_add(sum, i);
	sum += shop_depth(argc > 2 ? atol(argv[2]) : 0);
	DTRACE_PROBE1(shop, close, sum);
	printf("%ld\n", sum);
	/* A process is named while it lives. */
	sleep(argc > 3 ? atoi(argv[3]) : 0);
	return 0;
}
