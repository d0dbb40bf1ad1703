// statuses_fork.c - registered memory that is kept from forked children (VERBENA_FORK_PROTECTION=dontfork): exactly while it
// is registered, and nothing beside it. What counts is what the kernel says (VmFlags in smaps), and what a child finds.
#define _GNU_SOURCE
#include "statuses.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 8, BYTES = PAGES * PAGE };

static unsigned char *map(size_t bytes, int flags)
{
	unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	return memory;
}

static struct ibv_mr *hold(struct side *side, void *memory, size_t bytes)
{
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, bytes, ALL_ACCESS);
	REQUIRE(region, "errno %d", errno);
	return region;
}

static void let_go(struct ibv_mr *region) { REQUIRE(ibv_dereg_mr(region) == 0); }

// One letter a page: 'd' where forks leave it out, '-' where they do not, '.' where nothing is mapped.
static const char *marks(const void *memory, size_t pages)
{
	static char text[2 * PAGES + 1];
	unsigned long start = 0, end = 0, low, high, first = (uintptr_t)memory;
	char line[512];
	FILE *file = fopen("/proc/self/smaps", "re");
	REQUIRE(file && pages < sizeof(text));
	memset(text, '.', pages);
	text[pages] = 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &low, &high) == 2) {
			start = low;
			end = high;
		}
		if (strncmp(line, "VmFlags:", 8) != 0)
			continue;
		for (size_t i = 0; i < pages; i++) {
			if (first + i * PAGE >= start && first + i * PAGE < end)
				text[i] = strstr(line, " dc") ? 'd' : '-';
		}
	}
	fclose(file);
	return text;
}

#define EXPECT_MARKS(memory, expected)                                                             \
	do {                                                                                       \
		const char *seen = marks(memory, strlen(expected));                                \
		REQUIRE(strcmp(seen, expected) == 0, "%s, not %s", seen, expected);                \
	} while (0)

// Into how many areas the kernel has cut a range; 0 is the whole process.
static size_t area_count(const void *memory, size_t bytes)
{
	unsigned long start, end, first = (uintptr_t)memory;
	size_t count = 0;
	char line[4352];
	FILE *file = fopen("/proc/self/maps", "re");
	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		count += sscanf(line, "%lx-%lx ", &start, &end) == 2 && (!bytes || (start < first + bytes && end > first));
	fclose(file);
	return count;
}

// How a child ends that reads and writes one byte: 0, or the signal.
static int child_touches(volatile unsigned char *byte)
{
	int status;
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		*byte = (unsigned char)(*byte + 1);
		_exit(0);
	}
	REQUIRE(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void overlaps(struct side *side)
{
	REQUIRE(ibv_is_fork_initialized() == IBV_FORK_ENABLED && ibv_fork_init() == 0);
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	EXPECT_MARKS(memory, "--------");
	struct ibv_mr *first = hold(side, memory + PAGE, 3 * PAGE), *second = hold(side, memory + 2 * PAGE, 4 * PAGE);
	EXPECT_MARKS(memory, "-ddddd--");
	struct ibv_mr *third = hold(side, memory + 2 * PAGE, PAGE);
	let_go(first);
	EXPECT_MARKS(memory, "--dddd--");
	let_go(second);
	EXPECT_MARKS(memory, "--d-----");
	REQUIRE(child_touches(memory + 2 * PAGE) == SIGSEGV && child_touches(memory + 3 * PAGE) == 0);
	REQUIRE(ibv_rereg_mr(third, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory + 5 * PAGE, 2 * PAGE, 0) == 0);
	EXPECT_MARKS(memory, "-----dd-");
	let_go(third);
	EXPECT_MARKS(memory, "--------");
	REQUIRE(child_touches(memory + 2 * PAGE) == 0 && munmap(memory, BYTES) == 0);
}

// Bytes beside what is registered belong to somebody else, who may be a child.
static void partial_pages(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	memset(memory, 1, BYTES);
	struct ibv_mr *region = hold(side, memory + PAGE + 100, 3 * PAGE);
	EXPECT_MARKS(memory, "--dd----");
	REQUIRE(child_touches(memory + PAGE) == 0 && child_touches(memory + 4 * PAGE + 100) == 0);
	REQUIRE(child_touches(memory + 3 * PAGE) == SIGSEGV);
	struct ibv_mr *small = hold(side, memory + 6 * PAGE + 8, 64);
	EXPECT_MARKS(memory, "--dd----");
	let_go(region);
	let_go(small);
	EXPECT_MARKS(memory, "--------");
	// Half of the stack's page: the child could not even return.
	unsigned char local[PAGE / 2];
	region = hold(side, local, sizeof(local));
	REQUIRE(child_touches(local) == 0);
	let_go(region);
	REQUIRE(munmap(memory, BYTES) == 0);
}

static void other_memory(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_SHARED), *code = map(BYTES, MAP_PRIVATE);
	REQUIRE(mprotect(code, BYTES, PROT_READ) == 0);
	struct ibv_mr *region = hold(side, memory, BYTES), *constant = ibv_reg_mr(side->domain, code, BYTES, IBV_ACCESS_REMOTE_READ);
	struct ibv_mr *demand = ibv_reg_mr(side->domain, NULL, SIZE_MAX, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	REQUIRE(constant && demand);
	EXPECT_MARKS(memory, "--------");
	EXPECT_MARKS(code, "--------");
	REQUIRE(child_touches(memory + 5) == 0 && memory[5] == 1);
	let_go(region);
	let_go(constant);
	let_go(demand);
	EXPECT_MARKS(memory, "--------");
	REQUIRE(munmap(memory, BYTES) == 0 && munmap(code, BYTES) == 0);
}

// What the program itself keeps from children stays so, before and after.
static void own_wish(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	REQUIRE(madvise(memory + 2 * PAGE, 2 * PAGE, MADV_DONTFORK) == 0);
	struct ibv_mr *region = hold(side, memory + PAGE, 4 * PAGE);
	EXPECT_MARKS(memory, "-dddd---");
	let_go(region);
	EXPECT_MARKS(memory, "--dd----");
	REQUIRE(madvise(memory + 2 * PAGE, 2 * PAGE, MADV_DOFORK) == 0);
	EXPECT_MARKS(memory, "--------");
	// The same while it is registered.
	region = hold(side, memory + PAGE, 4 * PAGE);
	REQUIRE(madvise(memory + 3 * PAGE, 4 * PAGE, MADV_DONTFORK) == 0);
	EXPECT_MARKS(memory, "-dddddd-");
	let_go(region);
	EXPECT_MARKS(memory, "---dddd-");
	region = hold(side, memory + PAGE, 4 * PAGE);
	REQUIRE(madvise(memory, BYTES, MADV_DOFORK) == 0);
	EXPECT_MARKS(memory, "-dddd---");
	let_go(region);
	EXPECT_MARKS(memory, "--------");
	REQUIRE(munmap(memory, BYTES) == 0);
}

// What is moved is still registered by frame; its mapping is what it was before, also where it was cut for a registration.
static void moved(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_PRIVATE), *elsewhere = map(2 * BYTES, MAP_PRIVATE);
	memset(memory, 1, BYTES);
	struct ibv_mr *region = hold(side, memory + 2 * PAGE, 2 * PAGE);
	REQUIRE(mremap(memory, BYTES, 2 * BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) == elsewhere, "errno %d", errno);
	EXPECT_MARKS(memory, "........");
	EXPECT_MARKS(elsewhere, "--dd------------");
	REQUIRE(mmap(memory, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	EXPECT_MARKS(memory, "--------");
	let_go(region);
	EXPECT_MARKS(elsewhere, "----------------");
	// The last page: what is added behind it was not registered.
	region = hold(side, elsewhere + 2 * BYTES - PAGE, PAGE);
	REQUIRE(mremap(elsewhere, 2 * BYTES, BYTES + PAGE, 0) == elsewhere);
	EXPECT_MARKS(elsewhere, "---------.......");
	let_go(region);
	region = hold(side, elsewhere + BYTES, PAGE);
	REQUIRE(mremap(elsewhere + BYTES, PAGE, 2 * PAGE, 0) == elsewhere + BYTES, "errno %d", errno);
	EXPECT_MARKS(elsewhere, "--------d-......");
	let_go(region);
	EXPECT_MARKS(elsewhere, "----------......");
	REQUIRE(munmap(memory, BYTES) == 0 && munmap(elsewhere, BYTES + 2 * PAGE) == 0);
}

// A range with a hole cannot be registered; nothing of it stays changed.
static void failures(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	REQUIRE(munmap(memory + 5 * PAGE, PAGE) == 0);
	REQUIRE(ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS) == NULL && errno == EFAULT);
	EXPECT_MARKS(memory, "-----.--");
	struct ibv_mr *region = hold(side, memory + PAGE, 2 * PAGE);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory, BYTES, 0) != 0);
	EXPECT_MARKS(memory, "-dd--.--");
	let_go(region);
	EXPECT_MARKS(memory, "-----.--");
	REQUIRE(area_count(memory, BYTES) == 2);
	REQUIRE(munmap(memory, BYTES) == 0);
}

// A mapping that comes in the place of a registered one was not registered; one that is registered again is.
static void replaced(struct side *side)
{
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	memset(memory, 1, BYTES);
	struct ibv_mr *stale = hold(side, memory, BYTES);
	REQUIRE(munmap(memory, BYTES) == 0);
	EXPECT_MARKS(memory, "........");
	REQUIRE(mmap(memory, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	EXPECT_MARKS(memory, "--------");
	struct ibv_mr *fresh = hold(side, memory + PAGE, 2 * PAGE);
	EXPECT_MARKS(memory, "-dd-----");
	let_go(stale);
	EXPECT_MARKS(memory, "-dd-----");
	let_go(fresh);
	EXPECT_MARKS(memory, "--------");
	REQUIRE(munmap(memory, BYTES) == 0);
	// The same under the C library's own calls.
	memory = malloc(1 << 20);
	REQUIRE(memory);
	unsigned char *page = memory + (PAGE - (uintptr_t)memory % PAGE);
	stale = hold(side, page, BYTES);
	EXPECT_MARKS(page, "dddddddd");
	free(memory);
	let_go(stale);
	memory = malloc(1 << 20);
	EXPECT_MARKS(memory - (uintptr_t)memory % PAGE, "--------");
	free(memory);
}

// Registering for ever, touched and untouched memory, grows nothing.
static void cycles(struct side *side)
{
	enum { ROUNDS = 400 };
	for (int touched = 0; touched < 2; touched++) {
		unsigned char *memory = map(2 * BYTES, MAP_PRIVATE);
		if (touched)
			memset(memory, 1, 2 * BYTES);
		REQUIRE(area_count(memory, 2 * BYTES) == 1);
		for (int i = 0; i < ROUNDS; i++) {
			size_t from = (size_t)(i * 7 % PAGES) * PAGE;
			struct ibv_mr *one = hold(side, memory + from, 3 * PAGE), *two = hold(side, memory + from + PAGE, 4 * PAGE);
			memory[from + 2 * PAGE] = 1;
			let_go(i % 2 ? one : two);
			memory[from] = 1;
			let_go(i % 2 ? two : one);
		}
		REQUIRE(area_count(memory, 2 * BYTES) == 1, "%zu areas", area_count(memory, 2 * BYTES));
		EXPECT_MARKS(memory, "----------------");
		REQUIRE(munmap(memory, 2 * BYTES) == 0);
	}
}

// Areas of one page each, until the kernel gives no more.
static unsigned char *take_all_areas(size_t *bytes)
{
	size_t maximum = 0;
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	REQUIRE(file && fscanf(file, "%zu", &maximum) == 1 && fclose(file) == 0);
	*bytes = maximum * PAGE;
	unsigned char *memory = mmap(NULL, *bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	for (size_t i = 1; i < maximum; i += 2) {
		if (mprotect(memory + i * PAGE, PAGE, PROT_READ) != 0)
			return memory;
	}
	REQUIRE(false, "%zu areas are not enough", area_count(NULL, 0));
}

// What is written on standard error meanwhile; the rest of the program's goes where it went.
static int saved_errors = -1, errors = -1;

static void begin_errors(void)
{
	int ends[2];
	REQUIRE(pipe(ends) == 0);
	saved_errors = dup(2);
	errors = ends[0];
	REQUIRE(dup2(ends[1], 2) == 2 && close(ends[1]) == 0);
}

static void expect_error(const char *words)
{
	char text[4096];
	REQUIRE(dup2(saved_errors, 2) == 2 && close(saved_errors) == 0);
	ssize_t count = read(errors, text, sizeof(text) - 1);
	REQUIRE(count >= 0 && close(errors) == 0);
	text[count] = 0;
	REQUIRE(strstr(text, words), "\"%s\"", text);
}

// Where the process has no areas left, a registration fails, and says so; what could not be given back is, later.
static void no_areas_left(struct side *side)
{
	size_t bytes;
	unsigned char *memory = map(BYTES, MAP_PRIVATE);
	memset(memory, 1, BYTES);
	struct ibv_mr *whole = hold(side, memory, BYTES), *part = hold(side, memory + 2 * PAGE, 2 * PAGE);
	unsigned char *own = map(BYTES, MAP_PRIVATE), *many = take_all_areas(&bytes);
	begin_errors();
	struct ibv_mr *other = ibv_reg_mr(side->domain, own + PAGE, PAGE, ALL_ACCESS);
	int number = errno;
	expect_error("vm.max_map_count");
	REQUIRE(other == NULL && number == ENOMEM, "errno %d", number);
	EXPECT_MARKS(own, "--------");
	let_go(whole);
	// The rest is not, or not yet, for children again.
	EXPECT_MARKS(memory + 2 * PAGE, "dd");
	REQUIRE(munmap(many, bytes) == 0);
	other = hold(side, own + PAGE, PAGE);
	EXPECT_MARKS(memory, "--dd----");
	let_go(part);
	let_go(other);
	EXPECT_MARKS(memory, "--------");
	EXPECT_MARKS(own, "--------");
	REQUIRE(munmap(memory, BYTES) == 0 && munmap(own, BYTES) == 0);
}

static void idle(struct side *side) { (void)side; }

#define KEPT .kept_from_children = true

const struct scenario fork_scenarios[] = {
	{ "forks-overlaps", { KEPT }, idle, overlaps },
	{ "forks-partial-pages", { KEPT }, idle, partial_pages },
	{ "forks-other-memory", { KEPT }, idle, other_memory },
	{ "forks-own-wish", { KEPT }, idle, own_wish },
	{ "forks-moved", { KEPT }, idle, moved },
	{ "forks-failures", { KEPT }, idle, failures },
	{ "forks-replaced", { KEPT }, idle, replaced },
	{ "forks-cycles", { KEPT }, idle, cycles },
	{ "forks-no-areas-left", { KEPT }, idle, no_areas_left },
	{ 0 },
};
