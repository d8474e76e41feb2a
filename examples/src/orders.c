// A shop that carries a probe for tracers: shop:order(number, item, amount). The semaphore tells it whether anybody looks.
// Build: clang -O2 -o orders orders.c   (needs systemtap-sdt-dev)
#include <stdio.h>
#include <stdlib.h>
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

__extension__ unsigned short shop_order_semaphore __attribute__((unused)) __attribute__((section(".probes")));

static const char *const items[] = { "honey", "wax", "propolis" };

int main(int argc, char **argv)
{
	long orders = argc > 1 ? atol(argv[1]) : 10, traced = 0;

	for (long n = 1; n <= orders; n++) {
		if (!shop_order_semaphore)
			continue;
		DTRACE_PROBE3(shop, order, n, items[n % 3], (int)(n * 10));
		traced++;
	}
	printf("%ld of %ld orders traced\n", traced, orders);
	return 0;
}
