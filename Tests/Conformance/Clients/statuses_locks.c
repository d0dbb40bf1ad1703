// statuses_locks.c - registrations that lock their pages in memory (VERBENA_PIN=mlock), beside the application's own locks. The
// judge is the kernel: VmLck, and Locked of smaps.
#define _GNU_SOURCE
#include "statuses.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 32, BYTES = PAGES * PAGE };

static unsigned char *map(size_t pages)
{
	unsigned char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED && madvise(memory, pages * PAGE, MADV_NOHUGEPAGE) == 0);
	return memory;
}

static long locked_kilobytes(void)
{
	char line[256];
	long kilobytes = -1;
	FILE *text = fopen("/proc/self/status", "re");
	REQUIRE(text);
	while (fgets(line, sizeof(line), text) && sscanf(line, "VmLck: %ld", &kilobytes) != 1)
		;
	fclose(text);
	return kilobytes;
}

// Pages that are in memory, by the kernel's page map.
static size_t present_pages(unsigned long start, unsigned long end)
{
	uint64_t entry;
	size_t sum = 0;
	int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	REQUIRE(map >= 0);
	for (; start < end; start += PAGE) {
		REQUIRE(pread(map, &entry, 8, (off_t)(start / PAGE * 8)) == 8);
		sum += entry >> 63;
	}
	close(map);
	return sum;
}

// Pages of a range that are locked and in memory: in mappings with the flag "lo", of which as much is "Locked".
static size_t locked_pages(const void *memory, size_t pages)
{
	char line[512];
	unsigned long first = (unsigned long)memory, last = first + pages * PAGE, start = 0, end = 0;
	long kilobytes = 0;
	size_t sum = 0;
	FILE *text = fopen("/proc/self/smaps", "re");
	REQUIRE(text);
	while (fgets(line, sizeof(line), text)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
			start = from;
			end = to;
		}
		sscanf(line, "Locked: %ld kB", &kilobytes);
		if (strncmp(line, "VmFlags:", 8) != 0 || start >= last || end <= first || !strstr(line, " lo"))
			continue;
		REQUIRE(kilobytes * 1024 / PAGE == (long)present_pages(start, end), "%ld KiB are locked", kilobytes);
		sum += present_pages(start < first ? first : start, end > last ? last : end);
	}
	fclose(text);
	return sum;
}

#define LOCKED(memory, pages, wanted) \
	REQUIRE(locked_pages(memory, pages) == (wanted), "%zu pages are locked, not %d", locked_pages(memory, pages), (int)(wanted))

static struct ibv_mr *add(struct side *side, unsigned char *memory, size_t first, size_t pages)
{
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory + first * PAGE, pages * PAGE, ALL_ACCESS);
	REQUIRE(region, "errno %d", errno);
	return region;
}

static void end(struct ibv_mr *region) { REQUIRE(ibv_dereg_mr(region) == 0); }

// Locked from the first registration of a page to its last, whatever their order; untouched pages too.
static void nest(struct side *side)
{
	unsigned char *memory = map(PAGES);
	long before = locked_kilobytes();
	struct ibv_mr *outer = add(side, memory, 0, 16);
	LOCKED(memory, PAGES, 16);
	struct ibv_mr *inner = add(side, memory, 4, 4), *beside = add(side, memory, 12, 12);
	LOCKED(memory, PAGES, 24);
	REQUIRE(locked_kilobytes() == before + 24 * 4);
	end(outer);
	LOCKED(memory, PAGES, 16);
	LOCKED(memory + 4 * PAGE, 4, 4);
	end(inner);
	LOCKED(memory, PAGES, 12);
	// Bytes within a page lock the page.
	struct ibv_mr *part = ibv_reg_mr(side->domain, memory + 100, PAGE, ALL_ACCESS);
	REQUIRE(part);
	LOCKED(memory, 4, 2);
	end(part);
	end(beside);
	LOCKED(memory, PAGES, 0);
	REQUIRE(locked_kilobytes() == before && munmap(memory, BYTES) == 0);
}

// The application's locks, made before and while memory is registered, outlive the registration; its unlocks do not undo it.
static void both(struct side *side)
{
	unsigned char *memory = map(PAGES);
	REQUIRE(mlock(memory, 4 * PAGE) == 0);
	struct ibv_mr *region = add(side, memory, 2, 12);
	LOCKED(memory, PAGES, 14);
	REQUIRE(mlock(memory + 8 * PAGE, 2 * PAGE) == 0 && mlock2(memory + 12 * PAGE, 8 * PAGE, MLOCK_ONFAULT) == 0);
	REQUIRE(munlock(memory + 3 * PAGE, PAGE) == 0);
	LOCKED(memory, 14, 14);
	end(region);
	LOCKED(memory, 3, 3);
	LOCKED(memory + 3 * PAGE, 5, 0);
	LOCKED(memory + 8 * PAGE, 2, 2);
	LOCKED(memory + 10 * PAGE, 2, 0);
	LOCKED(memory + 12 * PAGE, 2, 2);
	memory[19 * PAGE] = memory[20 * PAGE] = 1;
	LOCKED(memory + 14 * PAGE, 18, 1);
	region = add(side, memory, 0, PAGES);
	REQUIRE(munlock(memory, BYTES) == 0);
	LOCKED(memory, PAGES, PAGES);
	end(region);
	LOCKED(memory, PAGES, 0);
	// Errors are the kernel's.
	region = add(side, memory, 0, PAGES);
	REQUIRE(munlock(memory, (size_t)-1) == -1 && errno == EINVAL, "errno %d", errno);
	REQUIRE(munlock(memory, 0) == 0);
	REQUIRE(munmap(memory + 30 * PAGE, PAGE) == 0 && munlock(memory + 28 * PAGE, 4 * PAGE) == -1 && errno == ENOMEM);
	LOCKED(memory, 30, 30);
	end(region);
	REQUIRE(munmap(memory, BYTES) == 0);
}

// Whether the limit binds: root of a user namespace of its own has no right to exceed it.
static bool is_limited(void)
{
	unsigned first = 0, mapped = 0, count = 0;
	FILE *map_file = fopen("/proc/self/uid_map", "r");
	bool known = map_file && fscanf(map_file, "%u %u %u", &first, &mapped, &count) == 3;
	if (map_file)
		fclose(map_file);
	return geteuid() != 0 || !known || count != 4294967295u;
}

// Everything at once. It wants either the right to lock or a limit above all that is mapped. Only what is touched: the tables
// that processes share take gigabytes of addresses.
static void all(struct side *side)
{
	unsigned char *memory = map(PAGES);
	struct ibv_mr *region = add(side, memory, 0, 8);
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) == 0) {
		end(region);
		LOCKED(memory, 8, 8);
		region = add(side, memory, 0, 8);
	} else {
		REQUIRE(errno == ENOMEM && is_limited(), "errno %d", errno);
	}
	REQUIRE(munlockall() == 0);
	LOCKED(memory, PAGES, 8);
	end(region);
	REQUIRE(locked_kilobytes() == (long)side->region->length / 1024, "%ld KiB", locked_kilobytes());
	// What is locked as it is mapped stays locked.
	if (mlockall(MCL_FUTURE | MCL_ONFAULT) == 0) {
		unsigned char *later = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (later != MAP_FAILED) {
			memset(later, 1, 4 * PAGE);
			region = add(side, later, 1, 2);
			end(region);
			LOCKED(later, 4, 4);
			REQUIRE(munmap(later, 4 * PAGE) == 0);
		}
		REQUIRE(munlockall() == 0);
	}
	REQUIRE(munmap(memory, BYTES) == 0);
}

// A lock goes with its mapping. What comes after is not ours to lock or unlock; what moved away is unlocked where it is.
static void remap(struct side *side)
{
	unsigned char *memory = map(PAGES), *elsewhere;
	long before = locked_kilobytes();
	struct ibv_mr *region = add(side, memory, 0, 16);
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	REQUIRE(mmap(memory + 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE, flags | MAP_LOCKED, -1, 0) == memory + 4 * PAGE);
	LOCKED(memory + 4 * PAGE, 12, 12);
	elsewhere = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mremap(memory + 8 * PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) == elsewhere);
	LOCKED(elsewhere, 4, 0);
	// Two pages of the first hole are another mapping now; the next registration of them locks them.
	REQUIRE(mmap(memory, 2 * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == memory);
	memory[0] = 1;
	LOCKED(memory, 2, 0);
	struct ibv_mr *next = add(side, memory, 0, 1);
	LOCKED(memory, 2, 1);
	end(region);
	LOCKED(memory, 2, 1);
	end(next);
	LOCKED(memory, 2, 0);
	LOCKED(memory + 4 * PAGE, 12, 4);
	REQUIRE(munmap(memory, BYTES) == 0 && munmap(elsewhere, 4 * PAGE) == 0);
	// Without the C library nobody tells; deregistering holds all the same.
	memory = map(PAGES);
	region = add(side, memory, 0, 16);
	REQUIRE(syscall(SYS_munmap, memory + 4 * PAGE, 4 * PAGE) == 0);
	end(region);
	LOCKED(memory, PAGES, 0);
	REQUIRE(locked_kilobytes() == before && munmap(memory, BYTES) == 0);
}

// What grows is not locked, what shrinks loses its lock; what is dropped may be dropped, unless the application locked it.
static void resize(struct side *side)
{
	unsigned char *memory = map(2 * PAGES);
	REQUIRE(munmap(memory + BYTES, BYTES) == 0);
	struct ibv_mr *region = add(side, memory, 0, PAGES);
	REQUIRE(mremap(memory, BYTES, 2 * BYTES, 0) == memory);
	memset(memory, 1, 2 * BYTES);
	LOCKED(memory, PAGES, PAGES);
	LOCKED(memory + BYTES, PAGES, 0);
	REQUIRE(mremap(memory, 2 * BYTES, BYTES / 2, 0) == memory);
	LOCKED(memory, PAGES / 2, PAGES / 2);
	REQUIRE(madvise(memory, 2 * PAGE, MADV_DONTNEED) == 0 && memory[PAGE] == 0 && memory[2 * PAGE] == 1);
	REQUIRE(mlock(memory + 4 * PAGE, PAGE) == 0);
	REQUIRE(madvise(memory + 3 * PAGE, 3 * PAGE, MADV_DONTNEED) == -1 && errno == EINVAL && memory[4 * PAGE] == 1);
	end(region);
	LOCKED(memory, PAGES / 2, 1);
	REQUIRE(munmap(memory, BYTES / 2) == 0);
}

// A change of memory holds the old and the new for a moment, and one that fails leaves all as it was.
static void change(struct side *side)
{
	unsigned char *memory = map(PAGES);
	struct ibv_mr *region = add(side, memory, 0, 8);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory + 4 * PAGE, 8 * PAGE, 0) == 0);
	LOCKED(memory, 4, 0);
	LOCKED(memory + 4 * PAGE, 8, 8);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, IBV_ACCESS_REMOTE_READ) == 0);
	LOCKED(memory, PAGES, 8);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, (void *)PAGE, PAGE, 0) != 0 && errno == EFAULT);
	LOCKED(memory, PAGES, 8);
	end(region);
	// On demand and GIFT hold no page.
	region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ | 1 << 30);
	REQUIRE(region);
	LOCKED(memory, PAGES, 0);
	end(region);
	region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	REQUIRE(region);
	LOCKED(memory, PAGES, 0);
	end(region);
	REQUIRE(munmap(memory, BYTES) == 0);
}

// The kernel's limit, where ours does not bind: nothing stays locked of what failed. A page that is none is EFAULT.
static void refuse(struct side *side)
{
	unsigned char *memory = map(PAGES);
	long before = locked_kilobytes();
	int file = memfd_create("short", MFD_CLOEXEC);
	REQUIRE(file >= 0 && ftruncate(file, 4 * PAGE) == 0);
	void *beyond = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	REQUIRE(beyond != MAP_FAILED && close(file) == 0);
	REQUIRE(ibv_reg_mr(side->domain, beyond, 8 * PAGE, ALL_ACCESS) == NULL && errno == EFAULT, "errno %d", errno);
	REQUIRE(locked_kilobytes() == before && munmap(beyond, 8 * PAGE) == 0);
	if (geteuid() != 0) {
		struct rlimit limit = { (before + 8 * 4) * 1024, (before + 8 * 4) * 1024 };
		REQUIRE(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
		struct ibv_mr *region = add(side, memory, 0, 8);
		REQUIRE(mlock(memory + 2 * PAGE, PAGE) == 0);
		REQUIRE(ibv_reg_mr(side->domain, memory, 9 * PAGE, ALL_ACCESS) == NULL && errno == ENOMEM, "errno %d", errno);
		LOCKED(memory, PAGES, 8);
		end(region);
		LOCKED(memory, PAGES, 1);
		REQUIRE(munlock(memory, BYTES) == 0);
		limit.rlim_cur = 0;
		REQUIRE(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
		REQUIRE(ibv_reg_mr(side->domain, memory, PAGE, ALL_ACCESS) == NULL && errno == EPERM, "errno %d", errno);
	}
	REQUIRE(locked_kilobytes() == before && munmap(memory, BYTES) == 0);
}

// A child has no locks, and its calls change nothing of its parent's; what it registers of its own, it locks.
static void fork_off(struct side *side)
{
	unsigned char *memory = map(PAGES);
	int status;
	struct ibv_mr *region = add(side, memory, 0, 8);
	pid_t child = fork();
	if (child == 0) {
		LOCKED(memory, PAGES, 0);
		REQUIRE(mlock(memory, PAGE) == 0 && munlock(memory, BYTES) == 0);
		LOCKED(memory, PAGES, 0);
		int count;
		struct ibv_device **devices = ibv_get_device_list(&count);
		REQUIRE(devices && count > 0);
		struct ibv_context *context = ibv_open_device(devices[0]);
		struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;
		REQUIRE(domain);
		struct ibv_mr *own = ibv_reg_mr(domain, memory, 4 * PAGE, ALL_ACCESS);
		REQUIRE(own && munlock(memory, BYTES) == 0);
		LOCKED(memory, PAGES, 4);
		REQUIRE(ibv_dereg_mr(own) == 0);
		LOCKED(memory, PAGES, 0);
		_exit(0);
	}
	REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child: %#x", status);
	LOCKED(memory, PAGES, 8);
	end(region);
	LOCKED(memory, PAGES, 0);
	REQUIRE(munmap(memory, BYTES) == 0);
}

// What each page must be, kept page by page.
struct page {
	int holds;
	bool ours, applications;
};

struct range {
	size_t first, count;
};

static struct range any_range(unsigned *seed)
{
	size_t first = (size_t)rand_r(seed) % PAGES;
	return (struct range){ first, 1 + (size_t)rand_r(seed) % (PAGES - first) };
}

static void hold_pages(struct page *pages, struct range range)
{
	for (size_t i = range.first; i < range.first + range.count; i++) {
		pages[i].holds++;
		pages[i].ours = true;
	}
}

static void release_pages(struct page *pages, struct range range)
{
	for (size_t i = range.first; i < range.first + range.count; i++)
		if (--pages[i].holds == 0)
			pages[i].ours = false;
}

// The program's calls: they may be refused where it locked and drops, and then change nothing that counts here.
static void change_pages(struct page *pages, unsigned char *memory, unsigned *seed)
{
	struct range range = any_range(seed);
	unsigned char *start = memory + range.first * PAGE;
	size_t bytes = range.count * PAGE;
	bool locked = false;
	int call = rand_r(seed) % 6;
	for (size_t i = range.first; i < range.first + range.count; i++) {
		locked |= pages[i].applications;
		if (call < 2)
			pages[i].applications = true;
		else if (call < 4)
			pages[i].applications = false;
		else if (call == 4)
			pages[i].ours = pages[i].applications = false;
	}
	if (call < 2)
		REQUIRE(mlock(start, bytes) == 0);
	else if (call < 4)
		REQUIRE(munlock(start, bytes) == 0);
	else if (call == 4)
		REQUIRE(mmap(start, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start);
	else
		REQUIRE((madvise(start, bytes, MADV_DONTNEED) == 0) != locked, "errno %d", errno);
	if (call >= 4)
		memset(start, 1, bytes);
}

// The same, of each page by a call that says EBUSY of locked ones: smaps takes long where gigabytes are mapped.
static void ask_pages(const struct page *pages, unsigned char *memory, int step)
{
	for (int i = 0; i < PAGES; i++) {
		bool locked = msync(memory + (size_t)i * PAGE, PAGE, MS_ASYNC | MS_INVALIDATE) != 0;
		REQUIRE(!locked || errno == EBUSY);
		REQUIRE(locked == (pages[i].ours || pages[i].applications), "step %d, page %d", step, i);
	}
	REQUIRE(present_pages((unsigned long)memory, (unsigned long)memory + BYTES) == PAGES);
}

static void compare_pages(const struct page *pages, unsigned char *memory)
{
	char line[512];
	unsigned long first = (unsigned long)memory, start = 0, end = 0, from, to;
	size_t seen = 0;
	FILE *text = fopen("/proc/self/smaps", "re");
	REQUIRE(text);
	while (fgets(line, sizeof(line), text)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
			start = from < first ? first : from;
			end = to > first + BYTES ? first + BYTES : to;
		}
		if (strncmp(line, "VmFlags:", 8) != 0)
			continue;
		for (; start < end; start += PAGE, seen++) {
			const struct page *page = &pages[(start - first) / PAGE];
			REQUIRE(!strstr(line, " lo") == !(page->ours || page->applications), "page %d", (int)((start - first) / PAGE));
		}
	}
	fclose(text);
	REQUIRE(seen == PAGES);
}

// Registrations over each other in any order, changed, ended, with the program's own locks and mappings between.
static void play_seed(struct side *side, unsigned seed)
{
	enum { REGIONS = 12, STEPS = 120 };
	struct page pages[PAGES] = { 0 };
	struct ibv_mr *regions[REGIONS] = { 0 };
	struct range ranges[REGIONS];
	unsigned char *memory = map(PAGES);
	long before = locked_kilobytes();
	memset(memory, 1, BYTES);
	for (int step = 0; step < STEPS; step++) {
		int which = rand_r(&seed) % (REGIONS * 3 / 2);
		if (which >= REGIONS) {
			change_pages(pages, memory, &seed);
		} else if (!regions[which]) {
			ranges[which] = any_range(&seed);
			regions[which] = add(side, memory, ranges[which].first, ranges[which].count);
			hold_pages(pages, ranges[which]);
		} else if (rand_r(&seed) % 2) {
			struct range next = any_range(&seed);
			REQUIRE(ibv_rereg_mr(regions[which], IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory + next.first * PAGE, next.count * PAGE, 0) == 0);
			hold_pages(pages, next);
			release_pages(pages, ranges[which]);
			ranges[which] = next;
		} else {
			end(regions[which]);
			regions[which] = NULL;
			release_pages(pages, ranges[which]);
		}
		ask_pages(pages, memory, step);
	}
	compare_pages(pages, memory);
	for (int i = 0; i < REGIONS; i++) {
		if (!regions[i])
			continue;
		end(regions[i]);
		release_pages(pages, ranges[i]);
	}
	ask_pages(pages, memory, STEPS);
	REQUIRE(munmap(memory, BYTES) == 0 && locked_kilobytes() == before);
}

static void random_calls(struct side *side)
{
	for (unsigned seed = 1; seed <= 24; seed++)
		play_seed(side, seed);
}

static void wait_for_target(struct side *side) { (void)side; }

#define LOCKING .locked = true

const struct scenario lock_scenarios[] = {
	{ "locks-nest", { LOCKING }, wait_for_target, nest },
	{ "locks-of-both", { LOCKING }, wait_for_target, both },
	{ "locks-of-all", { LOCKING }, wait_for_target, all },
	{ "locks-remapped", { LOCKING }, wait_for_target, remap },
	{ "locks-resized", { LOCKING }, wait_for_target, resize },
	{ "locks-changed", { LOCKING }, wait_for_target, change },
	{ "locks-refused", { LOCKING }, wait_for_target, refuse },
	{ "locks-random", { LOCKING }, wait_for_target, random_calls },
	{ "locks-forked", { LOCKING }, wait_for_target, fork_off },
	{ 0 },
};
