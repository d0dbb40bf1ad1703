// vma_cost.c - what registering a page costs a process with many memory areas: vma_cost AREAS [advised|overlapped]
//
// The areas beside are touched, and no two of them can be one. `advised`: the program has used MADV_DONTFORK itself, so that the
// device has to look for more of it (smaps), rather than ask the kernel for one area. `overlapped`: the page is registered besides, all the time. Prints the median in nanoseconds.
#define _GNU_SOURCE
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE = 4096, ROUNDS = 101 };

_Noreturn static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static unsigned char *map(size_t pages)
{
	unsigned char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	memset(memory, 1, pages * PAGE);
	return memory;
}

int main(int argc, char **argv)
{
	size_t areas = argc > 1 ? (size_t)atoi(argv[1]) : 0;
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;
	if (!domain)
		fail("ibv_open_device");
	unsigned char *page = map(3);
	unsigned char *beside = map(areas * 2 + 2);
	for (size_t i = 0; i < areas / 2; i++)
		if (mprotect(beside + (2 * i + 1) * PAGE, PAGE, PROT_READ) != 0)
			fail("mprotect");
	if (argc > 2 && strcmp(argv[2], "advised") == 0 && (madvise(page, PAGE, MADV_DONTFORK) != 0 || madvise(page, PAGE, MADV_DOFORK) != 0))
		fail("madvise");
	if (argc > 2 && strcmp(argv[2], "overlapped") == 0 && !ibv_reg_mr(domain, page, 3 * PAGE, IBV_ACCESS_LOCAL_WRITE))
		fail("ibv_reg_mr");
	double times[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		double start = nanoseconds();
		struct ibv_mr *region = ibv_reg_mr(domain, page + PAGE, PAGE, IBV_ACCESS_LOCAL_WRITE);
		if (!region || ibv_dereg_mr(region) != 0)
			fail("ibv_reg_mr");
		times[i] = nanoseconds() - start;
	}
	qsort(times, ROUNDS, sizeof(*times), compare);
	printf("%.0f\n", times[ROUNDS / 2]);
	return 0;
}
