// statuses_told.c - registrations that end with their memory (VERBENA_STALE=strict), by changes that only the kernel sees: the C
// library's own, and calls by syscall(2). Where the kernel does not tell this user of them, no scenario of these is played.
#define _GNU_SOURCE
#include "statuses_stale.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, ROUNDS = 100 };

// The features of linux/userfaultfd.h by the kernel's numbers: the installed header may be older.
enum { ONLY_USER_FAULTS = 1, TELLS_OF_SHARED = 1 << 12 };
static const uint64_t TELLS = UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP;

const char *not_granted(const struct scenario *scenario)
{
	static char reason[100];
	if (scenario->set_up.told == HEARD_BY_NAME)
		return NULL;
	int teller = syscall(SYS_userfaultfd, O_CLOEXEC | ONLY_USER_FAULTS);
	if (teller < 0 && errno == EINVAL)
		teller = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api wish = { .api = UFFD_API, .features = TELLS };
	int result = teller < 0 ? -1 : ioctl(teller, UFFDIO_API, &wish);
	snprintf(reason, sizeof(reason), "userfaultfd: %s", strerror(errno));
	if (teller >= 0)
		close(teller);
	if (result < 0)
		return reason;
	if (!(wish.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP))
		return "userfaultfd: it would make faults wait too";
	if (scenario->set_up.told == TOLD_OF_SHARED && !(wish.features & TELLS_OF_SHARED))
		return "userfaultfd: nothing is told of shared memory";
	return NULL;
}

// The library has said once what became of a registration, a moment after it happened.
static void expect_mention(int file, uint32_t key, const char *fate)
{
	char text[8192] = "";
	for (int wait = 0; wait < 2000 && mentions(file, key) == 0; wait++)
		usleep(5000);
	REQUIRE(mentions(file, key) == 1 && pread(file, text, sizeof(text) - 1, 0) > 0 && strstr(text, fate), "%s", text);
}

// Registers four pages; when the change has been made, and the initiator hears of it at once, they are reached no more.
static void offer_until_told(struct side *side, unsigned char *memory, void (*change)(unsigned char *), const char *fate)
{
	memory = (unsigned char *)(((uintptr_t)memory + PAGE - 1) & -(uintptr_t)PAGE);
	memset(memory, 'a', 4 * PAGE);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 4 * PAGE, ALL_ACCESS);
	REQUIRE(region);
	struct offer offer = { (uintptr_t)side->memory, (uintptr_t)memory, side->region->rkey, region->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	int saved = dup(2), file = memfd_create("errors", MFD_CLOEXEC);
	REQUIRE(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
	change(memory);
	meet(side);
	expect_mention(file, region->rkey, fate);
	dup2(saved, 2);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static unsigned char *block;

static void free_block(unsigned char *memory)
{
	(void)memory;
	free(block);
}

// A block of pages of its own, which no other call of malloc has made usual.
static unsigned char *make_block(void)
{
	REQUIRE(mallopt(M_MMAP_THRESHOLD, BLOCK / 2) == 1);
	block = malloc(BLOCK);
	REQUIRE(block);
	return block;
}

static void offer_freed(struct side *side) { offer_until_told(side, make_block(), free_block, "unmapped"); }

static void grow_block(unsigned char *memory)
{
	(void)memory;
	// It cannot stay.
	unsigned char *end = (unsigned char *)(((uintptr_t)block + BLOCK + 2 * PAGE) & -(uintptr_t)PAGE);
	mmap(end, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	unsigned char *moved = realloc(block, 16 * BLOCK);
	REQUIRE(moved && moved != block);
	free(moved);
}

static void offer_reallocated(struct side *side) { offer_until_told(side, make_block(), grow_block, ""); }

static void trim(unsigned char *memory)
{
	(void)memory;
	free(block);
	REQUIRE(malloc_trim(0) == 1);
}

static void offer_trimmed(struct side *side)
{
	REQUIRE(mallopt(M_MMAP_THRESHOLD, 16 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1);
	block = malloc(BLOCK);
	// Not at the end of the heap.
	void *behind = malloc(BLOCK);
	REQUIRE(block && behind);
	offer_until_told(side, block, trim, "");
	free(behind);
}

static unsigned char *map(int flags)
{
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	return memory;
}

static void raw_unmap(unsigned char *memory) { REQUIRE(syscall(SYS_munmap, memory + PAGE, PAGE) == 0); }

static void raw_map_over(unsigned char *memory)
{
	REQUIRE(syscall(SYS_mmap, memory + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
		== (long)(memory + PAGE));
}

static void raw_move(unsigned char *memory)
{
	void *place = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(syscall(SYS_mremap, memory + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == (long)place);
	// What has moved away may change: nobody has registered it there.
	REQUIRE(syscall(SYS_munmap, place, PAGE) == 0);
}

static void raw_drop(unsigned char *memory) { REQUIRE(syscall(SYS_madvise, memory + PAGE, PAGE, MADV_DONTNEED) == 0); }

static void offer_raw_unmapped(struct side *side) { offer_until_told(side, map(MAP_PRIVATE), raw_unmap, "unmapped"); }
static void offer_raw_mapped_over(struct side *side) { offer_until_told(side, map(MAP_PRIVATE), raw_map_over, "mapped over"); }
static void offer_raw_moved(struct side *side) { offer_until_told(side, map(MAP_PRIVATE), raw_move, "moved from"); }
static void offer_raw_dropped(struct side *side) { offer_until_told(side, map(MAP_PRIVATE), raw_drop, "dropped"); }
static void offer_raw_shared(struct side *side) { offer_until_told(side, map(MAP_SHARED), raw_unmap, "unmapped"); }

// The stack of a thread, which the C library empties when the thread ends.
static pthread_barrier_t in_depth;
static unsigned char *depth;

static __attribute__((noinline)) void use_depth(void)
{
	unsigned char bytes[64 * PAGE];
	// It is meant to be used when it is gone.
	unsigned char *volatile place = bytes;
	depth = place;
	pthread_barrier_wait(&in_depth);
	pthread_barrier_wait(&in_depth);
}

static void *be_deep(void *argument)
{
	use_depth();
	return argument;
}

static pthread_t deep;

static void end_thread(unsigned char *memory)
{
	(void)memory;
	pthread_barrier_wait(&in_depth);
	REQUIRE(pthread_join(deep, NULL) == 0);
}

static void offer_stack(struct side *side)
{
	REQUIRE(pthread_barrier_init(&in_depth, NULL, 2) == 0 && pthread_create(&deep, NULL, be_deep, NULL) == 0);
	pthread_barrier_wait(&in_depth);
	offer_until_told(side, depth, end_thread, "");
}

// A child's memory is its own: what it does there ends nothing, and waits for nobody.
static void raw_unmap_in_child(unsigned char *memory)
{
	int status;
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		raw_drop(memory);
		raw_unmap(memory);
		_exit(0);
	}
	REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

static void offer_to_child(struct side *side)
{
	unsigned char *memory = map(MAP_PRIVATE);
	memset(memory, 'a', BYTES);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	REQUIRE(region);
	raw_unmap_in_child(memory);
	struct offer offer = { .start = (uintptr_t)memory, .key = region->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	raw_unmap(memory);
	REQUIRE(ibv_dereg_mr(region) == 0 && munmap(memory, BYTES) == 0);
}

static void read_once(struct side *side)
{
	struct offer offer;
	hear(side, &offer, sizeof(offer));
	read_one(side, offer.start, offer.key, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "aaaaaaaa", 8) == 0);
	meet(side);
}

// New memory in the place of old, again and again: what became of the old ends no registration of the new.
static void offer_renewed(struct side *side)
{
	unsigned char *memory = map(MAP_PRIVATE);
	for (int round = 0; round < ROUNDS; round++) {
		memset(memory, 'a', BYTES);
		struct ibv_mr *old = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
		REQUIRE(old);
		raw_map_over(memory);
		memset(memory, 'b' + round % 20, BYTES);
		struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
		REQUIRE(region);
		struct offer offer = { .start = (uintptr_t)memory + PAGE, .key = region->rkey };
		tell(side, &offer, sizeof(offer));
		meet(side);
		REQUIRE(ibv_dereg_mr(old) == 0 && ibv_dereg_mr(region) == 0);
	}
	REQUIRE(munmap(memory, BYTES) == 0);
}

static void read_renewed(struct side *side)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct offer offer;
		hear(side, &offer, sizeof(offer));
		read_one(side, offer.start, offer.key, IBV_WC_SUCCESS);
		REQUIRE(side->memory[0] == 'b' + round % 20);
		meet(side);
	}
}

static void reconnect(struct side *side)
{
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_RESET };
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	meet(side);
	to_initialized(side);
	to_ready(side, side->peer.queue_pair);
	meet(side);
}

// The initiator acts as soon as the call has returned: no moment is left in which the key still works.
static void offer_at_once(struct side *side)
{
	unsigned char *memory = map(MAP_PRIVATE);
	for (int round = 0; round < ROUNDS; round++) {
		memset(memory, 'a', BYTES);
		struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
		REQUIRE(region);
		struct offer offer = { .start = (uintptr_t)memory, .key = region->rkey };
		raw_drop(memory);
		tell(side, &offer, sizeof(offer));
		meet(side);
		REQUIRE(ibv_dereg_mr(region) == 0);
		reconnect(side);
	}
	REQUIRE(munmap(memory, BYTES) == 0);
}

static void read_at_once(struct side *side)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct offer offer;
		hear(side, &offer, sizeof(offer));
		read_one(side, offer.start, offer.key, IBV_WC_REM_ACCESS_ERR);
		meet(side);
		reconnect(side);
	}
}

#define TOLD { .strict = true, .told = TOLD_BY_KERNEL, .bytes = BYTES }
#define SHARED { .strict = true, .told = TOLD_OF_SHARED, .bytes = BYTES }

const struct scenario told_scenarios[] = {
	{ "stale-freed", TOLD, read_before_and_after, offer_freed },
	{ "stale-reallocated", TOLD, read_before_and_after, offer_reallocated },
	{ "stale-trimmed", TOLD, read_before_and_after, offer_trimmed },
	{ "stale-stack", TOLD, read_before_and_after, offer_stack },
	{ "stale-raw-unmapped", TOLD, read_before_and_after, offer_raw_unmapped },
	{ "stale-raw-mapped-over", TOLD, read_before_and_after, offer_raw_mapped_over },
	{ "stale-raw-moved", TOLD, read_before_and_after, offer_raw_moved },
	{ "stale-raw-dropped", TOLD, read_before_and_after, offer_raw_dropped },
	{ "stale-raw-shared", SHARED, read_before_and_after, offer_raw_shared },
	{ "stale-forked", TOLD, read_once, offer_to_child },
	{ "stale-renewed", TOLD, read_renewed, offer_renewed },
	{ "stale-at-once", TOLD, read_at_once, offer_at_once },
	{ 0 },
};
