// vma.c - how many memory areas a process has after registering and deregistering very often: vma PATTERN WAY CYCLES
//
// Patterns: one (the same pages, touched), buffers (500 separate ones, first touched while a part of them is registered),
// overlapping (two that overlap, let go in turn), sliding (from one end of an untouched mapping to the other), heap (of malloc).
// Ways: verbs (ibv_reg_mr, with whatever fork protection the device has), pairs (MADV_DONTFORK, the pages are touched,
// MADV_DOFORK: what a library does that counts nothing and looks at nothing).
// Prints the areas before, the most seen, the areas at the end, and after how many cycles a call failed (or "-").
#define _GNU_SOURCE
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, POOL_PAGES = 1 << 13, PAGES = 4, BUFFERS = 500, BUFFER_PAGES = 3 * PAGES };

static struct ibv_pd *domain;
static unsigned char *pool;
static int first_failure = -1, cycle;

struct held {
	unsigned char *memory;
	size_t bytes;
	struct ibv_mr *region;
};

_Noreturn static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int area_count(void)
{
	char buffer[4096];
	int count = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	if (!maps)
		fail("/proc/self/maps");
	for (size_t got; (got = fread(buffer, 1, sizeof(buffer), maps)) > 0;)
		for (size_t i = 0; i < got; i++)
			count += buffer[i] == '\n';
	fclose(maps);
	return count;
}

static void note_failure(void)
{
	if (first_failure < 0)
		first_failure = cycle;
}

// The device's own pages are brought by holding them; here the first touch brings them, as a pin would.
static struct held hold(unsigned char *memory, size_t bytes)
{
	struct held held = { memory, bytes, NULL };
	if (domain) {
		held.region = ibv_reg_mr(domain, memory, bytes, IBV_ACCESS_LOCAL_WRITE);
		if (!held.region)
			note_failure();
	} else if (madvise(memory, bytes, MADV_DONTFORK) != 0) {
		note_failure();
	}
	for (size_t i = 0; i < bytes; i += PAGE)
		memory[i] = 1;
	return held;
}

static void let_go(struct held held)
{
	if (held.region ? ibv_dereg_mr(held.region) != 0 : !domain && madvise(held.memory, held.bytes, MADV_DOFORK) != 0)
		note_failure();
}

static unsigned char *pages(size_t first) { return pool + first % (POOL_PAGES - 2 * PAGES) * PAGE; }

static void one(void) { let_go(hold(pages(100), PAGES * PAGE)); }

// The middle is registered; the program goes on with all of it. A page that nobody may touch keeps them apart.
static void buffers(void)
{
	unsigned char *buffer = pool + (size_t)(cycle % BUFFERS) * (BUFFER_PAGES + 1) * PAGE;
	struct held held = hold(buffer + PAGES * PAGE, PAGES * PAGE);
	for (size_t i = 0; i < BUFFER_PAGES; i++)
		buffer[i * PAGE] = 1;
	let_go(held);
}

static void overlapping(void)
{
	size_t first = (size_t)cycle * 3;
	struct held a = hold(pages(first), PAGES * PAGE), b = hold(pages(first) + PAGES / 2 * PAGE, PAGES * PAGE);
	let_go(cycle % 2 ? a : b);
	let_go(cycle % 2 ? b : a);
}

static struct held window[8];

static void sliding(void)
{
	struct held *oldest = &window[cycle % 8];
	if (oldest->memory)
		let_go(*oldest);
	*oldest = hold(pages((size_t)cycle * PAGES), PAGES * PAGE);
}

static void heap(void)
{
	unsigned char *memory = aligned_alloc(PAGE, PAGES * PAGE), *between = malloc(64 + (size_t)cycle % 1000);
	if (!memory || !between)
		fail("malloc");
	let_go(hold(memory, PAGES * PAGE));
	free(memory);
	free(between);
}

static const struct pattern {
	const char *name;
	void (*cycle)(void);
	bool touched;
} patterns[] = {
	{ "one", one, true }, { "buffers", buffers, false }, { "overlapping", overlapping, true }, { "sliding", sliding, false },
	{ "heap", heap, false },
};

static void open_domain(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = devices && devices[0] ? ibv_open_device(devices[0]) : NULL;
	domain = context ? ibv_alloc_pd(context) : NULL;
	if (!domain)
		fail("ibv_open_device");
}

static void run(const struct pattern *pattern, int cycles)
{
	pool = mmap(NULL, (size_t)POOL_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED || madvise(pool, (size_t)POOL_PAGES * PAGE, MADV_NOHUGEPAGE) != 0)
		fail("mmap");
	if (pattern->touched)
		memset(pool, 1, (size_t)POOL_PAGES * PAGE);
	for (size_t i = 1; pattern->cycle == buffers && i <= BUFFERS; i++) {
		if (mprotect(pool + (i * (BUFFER_PAGES + 1) - 1) * PAGE, PAGE, PROT_NONE) != 0)
			fail("mprotect");
	}
	// What is made once, such as buffers of the C library, is there before.
	pattern->cycle();
	int before = area_count(), most = before;
	for (cycle = 0; cycle < cycles; cycle++) {
		pattern->cycle();
		if (cycle % 1000 == 0) {
			int count = area_count();
			most = count > most ? count : most;
		}
	}
	for (int i = 0; i < 8; i++)
		if (window[i].memory)
			let_go(window[i]);
	int after = area_count();
	printf("%d %d %d ", before, after > most ? after : most, after);
	printf(first_failure < 0 ? "-\n" : "%d\n", first_failure);
}

int main(int argc, char **argv)
{
	int cycles = argc == 4 ? atoi(argv[3]) : 0;
	for (size_t i = 0; cycles > 0 && i < sizeof(patterns) / sizeof(*patterns); i++) {
		if (strcmp(argv[1], patterns[i].name) != 0)
			continue;
		if (strcmp(argv[2], "verbs") == 0)
			open_domain();
		run(&patterns[i], cycles);
		return 0;
	}
	fprintf(stderr, "usage: vma one|buffers|overlapping|sliding|heap verbs|pairs CYCLES\n");
	return 2;
}
