// registration_sizes.c - register and deregister, from one page to 1 GiB, beside what the kernel takes for less.
//
// "query" is the cheapest system call that tells whether a range is mapped with given rights: PROCMAP_QUERY on a descriptor
// kept open (Linux 6.11). The others hold the memory: io_uring's fixed buffers, mlock, and vmsplice into a pipe (up to what
// one pipe takes). Each number is the median of the rounds, each round one call and its undoing, in microseconds.
#define _GNU_SOURCE
#include "registration.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 41, PIPE_BYTES = 1 << 20 };

// struct procmap_query of linux/fs.h, which older headers do not have.
struct area_query {
	__u64 size, flags, address, start, end, area_flags, page_bytes, offset, inode;
	__u32 major, minor, name_bytes, build_bytes;
	__u64 name, build;
};
#define QUERY _IOWR('f', 17, struct area_query)
enum { READABLE = 1, WRITABLE = 2 };

static struct ibv_pd *domain;
static struct io_uring ring;
static int maps, ends[2];

static int by_verbs(char *memory, size_t bytes)
{
	struct ibv_mr *region = ibv_reg_mr(domain, memory, bytes, ACCESS);
	return region ? ibv_dereg_mr(region) : errno;
}

static int by_query(char *memory, size_t bytes)
{
	char *place = memory;
	while (place < memory + bytes) {
		struct area_query query = { .size = sizeof(query), .flags = READABLE | WRITABLE, .address = (uintptr_t)place };
		if (ioctl(maps, QUERY, &query) != 0)
			return errno;
		place = (char *)(uintptr_t)query.end;
	}
	return 0;
}

static int by_ring(char *memory, size_t bytes)
{
	struct iovec range = { memory, bytes };
	int result = io_uring_register_buffers(&ring, &range, 1);
	return result < 0 ? -result : -io_uring_unregister_buffers(&ring);
}

static int by_lock(char *memory, size_t bytes)
{
	return mlock(memory, bytes) == 0 && munlock(memory, bytes) == 0 ? 0 : errno;
}

static int by_pipe(char *memory, size_t bytes)
{
	struct iovec range = { memory, bytes };
	if (bytes > PIPE_BYTES)
		return E2BIG;
	if (vmsplice(ends[1], &range, 1, 0) != (ssize_t)bytes)
		return EIO;
	static int nowhere = -1;
	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY);
	for (size_t left = bytes; left > 0;) {
		ssize_t gone = splice(ends[0], NULL, nowhere, NULL, left, 0);
		if (gone <= 0)
			return EIO;
		left -= gone;
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

// Untouched memory is mapped afresh each round: what holds it touches it.
static void measure(int (*way)(char *, size_t), size_t bytes, int touched)
{
	double times[ROUNDS];
	char *memory = touched ? map(bytes, 1) : NULL;
	int rounds = bytes > 1 << 26 ? 5 : ROUNDS, error = 0;
	for (int round = 0; round < rounds && !error; round++) {
		char *place = touched ? memory : map(bytes, 0);
		double start = nanoseconds();
		error = way(place, bytes);
		times[round] = (nanoseconds() - start) / 1000;
		if (!touched)
			munmap(place, bytes);
	}
	if (touched)
		munmap(memory, bytes);
	qsort(times, rounds, sizeof(*times), compare);
	if (error)
		printf(" %12s", strerrorname_np(error));
	else
		printf(" %12.2f", times[rounds / 2]);
}

// One page, again and again: the two in turn, so that whatever else the machine does meets both.
static void measure_repeated(void)
{
	enum { CYCLES = 5000 };
	double times[2][ROUNDS];
	char *memory = map(PAGE, 1);
	for (int round = 0; round < ROUNDS; round++) {
		for (int way = 0; way < 2; way++) {
			double start = nanoseconds();
			for (int i = 0; i < CYCLES; i++)
				if ((way == 0 ? by_verbs : by_query)(memory, PAGE) != 0)
					fail("registration");
			times[way][round] = (nanoseconds() - start) / CYCLES;
		}
	}
	for (int way = 0; way < 2; way++)
		qsort(times[way], ROUNDS, sizeof(double), compare);
	printf("one page again and again: verbs %.0f ns, query %.0f ns, ratio %.2f\n", times[0][ROUNDS / 2], times[1][ROUNDS / 2],
		times[0][ROUNDS / 2] / times[1][ROUNDS / 2]);
	munmap(memory, PAGE);
}

void measure_sizes(void)
{
	static int (*const ways[])(char *, size_t) = { by_verbs, by_query, by_ring, by_lock, by_pipe };
	domain = ibv_alloc_pd(open_device());
	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (!domain || maps < 0 || pipe(ends) != 0 || io_uring_queue_init(1, &ring, 0) != 0)
		fail("set-up");
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	printf("%10s %10s %12s %12s %12s %12s %12s\n", "KiB", "", "verbs", "query", "io_uring", "mlock", "vmsplice");
	for (int touched = 1; touched >= 0; touched--) {
		for (size_t bytes = PAGE; bytes <= 1 << 30; bytes *= 8) {
			printf("%10zu %10s", bytes / 1024, touched ? "touched" : "untouched");
			for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
				measure(ways[i], bytes, touched);
			putchar('\n');
			fflush(stdout);
		}
	}
	measure_repeated();
}
