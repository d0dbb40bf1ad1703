// statuses_stale.c - registrations that end with their memory (VERBENA_STALE=strict): at the first unmap, remap, move or drop of a
// part of it, and only then. The target's standard error says once what happened.
#define _GNU_SOURCE
#include "statuses_stale.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static unsigned char *map(void)
{
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED && madvise(memory, BYTES, MADV_NOHUGEPAGE) == 0);
	memset(memory, 'a', BYTES);
	return memory;
}

void read_one(struct side *side, uint64_t start, uint32_t key, enum ibv_wc_status status)
{
	struct ibv_sge own = piece(side, 0, 8);
	struct ibv_send_wr wr = request(IBV_WR_RDMA_READ, start, &own, 1);
	wr.wr.rdma.remote_addr = start;
	wr.wr.rdma.rkey = key;
	post_send(side, &wr);
	expect(side->sent, start, status);
}

void read_before_and_after(struct side *side)
{
	struct offer offer;
	hear(side, &offer, sizeof(offer));
	read_one(side, offer.start, offer.key, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "aaaaaaaa", 8) == 0);
	meet(side);
	meet(side);
	read_one(side, offer.beside, offer.beside_key, IBV_WC_SUCCESS);
	// Of a page that is as it was: the registration ends as a whole.
	read_one(side, offer.start, offer.key, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

int mentions(int file, uint32_t key)
{
	char text[8192] = "", name[32], *place = text;
	int count = 0;
	REQUIRE(pread(file, text, sizeof(text) - 1, 0) >= 0);
	snprintf(name, sizeof(name), "rkey 0x%x)", key);
	while ((place = strstr(place, name))) {
		place++;
		count++;
	}
	return count;
}

// The first page stays registered beside, the other regions cover pages 2 to 8; the change is one of page 4.
static void offer_until(struct side *side, void (*change)(unsigned char *), const char *fate)
{
	unsigned char *memory = map();
	struct ibv_mr *beside = ibv_reg_mr(side->domain, memory, PAGE, ALL_ACCESS);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory + 2 * PAGE, BYTES - 2 * PAGE, ALL_ACCESS);
	struct ibv_mr *demand = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	REQUIRE(beside && region && demand);
	struct offer offer = { (uintptr_t)memory, (uintptr_t)memory + 2 * PAGE, beside->rkey, region->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	int saved = dup(2), file = memfd_create("errors", MFD_CLOEXEC);
	char text[8192] = "";
	REQUIRE(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
	// What touches no registered page ends nothing.
	REQUIRE(madvise(memory + PAGE, PAGE, MADV_DONTNEED) == 0 && mentions(file, region->rkey) == 0);
	change(memory + 4 * PAGE);
	REQUIRE(madvise(memory + 7 * PAGE, PAGE, MADV_DONTNEED) == 0);
	dup2(saved, 2);
	REQUIRE(mentions(file, region->rkey) == 1 && mentions(file, beside->rkey) == 0 && mentions(file, demand->rkey) == 0);
	REQUIRE(pread(file, text, sizeof(text) - 1, 0) > 0 && strstr(text, fate), "%s", text);
	meet(side);
	meet(side);
	// The key stays taken until it is deregistered; memory that is mapped can be registered anew.
	struct ibv_mr *again = ibv_reg_mr(side->domain, memory + 2 * PAGE, PAGE, ALL_ACCESS);
	REQUIRE(again && again->rkey != region->rkey && again->rkey >> 8 != region->rkey >> 8);
	REQUIRE(ibv_dereg_mr(again) == 0 && ibv_dereg_mr(region) == 0 && ibv_dereg_mr(beside) == 0 && ibv_dereg_mr(demand) == 0);
	REQUIRE(munmap(memory, BYTES) == 0);
}

static void unmap(unsigned char *page) { REQUIRE(munmap(page, PAGE) == 0); }

static void map_over(unsigned char *page)
{
	REQUIRE(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
}

static void move(unsigned char *page)
{
	void *place = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place && munmap(place, PAGE) == 0);
}

static void move_over(unsigned char *page)
{
	void *other = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page);
}

static void shrink(unsigned char *page) { REQUIRE(mremap(page - 4 * PAGE, BYTES, 4 * PAGE, 0) == page - 4 * PAGE
	&& mmap(page, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page); }
static void drop(unsigned char *page) { REQUIRE(madvise(page, PAGE, MADV_DONTNEED) == 0 && *page == 0); }

// A segment of System V in place of the page.
static void attach_over(unsigned char *page)
{
	int segment = shmget(IPC_PRIVATE, PAGE, 0600);
	REQUIRE(segment >= 0 && shmat(segment, page, SHM_REMAP) == page && shmctl(segment, IPC_RMID, NULL) == 0);
}

// The region is of a segment: detached, it is gone.
static void offer_segment(struct side *side)
{
	int segment = shmget(IPC_PRIVATE, BYTES, 0600);
	unsigned char *memory = shmat(segment, NULL, 0);
	REQUIRE(segment >= 0 && memory != (void *)-1 && shmctl(segment, IPC_RMID, NULL) == 0);
	memset(memory, 'a', BYTES);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory + PAGE, BYTES - PAGE, ALL_ACCESS);
	REQUIRE(region);
	struct offer offer = { (uintptr_t)side->memory, (uintptr_t)memory + PAGE, side->region->rkey, region->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	REQUIRE(shmdt(memory) == 0);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void offer_unmapped(struct side *side) { offer_until(side, unmap, "unmapped"); }
static void offer_mapped_over(struct side *side) { offer_until(side, map_over, "mapped over"); }
static void offer_moved(struct side *side) { offer_until(side, move, "moved from"); }
static void offer_moved_over(struct side *side) { offer_until(side, move_over, "mapped over"); }
static void offer_shrunk(struct side *side) { offer_until(side, shrink, "unmapped"); }
static void offer_dropped(struct side *side) { offer_until(side, drop, "dropped"); }
static void offer_attached_over(struct side *side) { offer_until(side, attach_over, "mapped over"); }

// Memory beside what is registered grows with it: an area that the library has cut is the program's to resize as before.
static void offer_grown(struct side *side)
{
	unsigned char *memory = map();
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory + 2 * PAGE, PAGE, ALL_ACCESS);
	REQUIRE(region);
	// Room behind: nothing moves.
	unsigned char *end = mmap(NULL, 2 * BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(end != MAP_FAILED && mremap(memory, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, end) == end);
	REQUIRE(munmap(end + BYTES, BYTES) == 0);
	struct ibv_mr *again = ibv_reg_mr(side->domain, end + 2 * PAGE, PAGE, ALL_ACCESS);
	REQUIRE(again && mremap(end, BYTES, 2 * BYTES, 0) == end && end[BYTES] == 0);
	struct offer offer = { (uintptr_t)end + 2 * PAGE, (uintptr_t)memory + 2 * PAGE, again->rkey, region->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	meet(side);
	REQUIRE(munmap(end, 2 * BYTES) == 0 && ibv_dereg_mr(region) == 0 && ibv_dereg_mr(again) == 0);
}

static void read_what_grew(struct side *side)
{
	struct offer offer;
	hear(side, &offer, sizeof(offer));
	meet(side);
	read_one(side, offer.beside, offer.beside_key, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "aaaaaaaa", 8) == 0);
	read_one(side, offer.start, offer.key, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

// The sender's own memory: its request fails, whoever maps something there.
static void send_stale(struct side *side)
{
	unsigned char *memory = map();
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	REQUIRE(region);
	struct ibv_mr *changed = ibv_reg_mr(side->domain, memory, BYTES, ALL_ACCESS);
	// New memory of a registration is watched instead of the old.
	REQUIRE(changed && ibv_rereg_mr(changed, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, side->memory, PAGE, 0) == 0);
	map_over(memory);
	struct ibv_sge fresh = { .addr = (uintptr_t)side->memory, .length = 8, .lkey = changed->lkey };
	struct ibv_send_wr wr = remote(side, IBV_WR_RDMA_WRITE, 1, &fresh, 0);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	struct ibv_sge own = { .addr = (uintptr_t)memory + PAGE, .length = 8, .lkey = region->lkey };
	wr = remote(side, IBV_WR_RDMA_WRITE, 2, &own, 0);
	post_send(side, &wr);
	expect(side->sent, 2, IBV_WC_LOC_PROT_ERR);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_dereg_mr(changed) == 0 && munmap(memory, BYTES) == 0);
	meet(side);
}

static void wait_for_initiator(struct side *side) { meet(side); }

static void write_through(struct side *side, uint64_t address, uint32_t key, enum ibv_wc_status status)
{
	struct ibv_sge own = piece(side, 0, 8);
	struct ibv_send_wr wr = request(IBV_WR_RDMA_WRITE, 3, &own, 1);
	wr.wr.rdma.remote_addr = address;
	wr.wr.rdma.rkey = key;
	post_send(side, &wr);
	expect(side->sent, 3, status);
}

static void write_before_and_after(struct side *side)
{
	struct offer offer;
	hear(side, &offer, sizeof(offer));
	write_through(side, offer.start, offer.key, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	// Of a page that is as it was, and so is the window.
	write_through(side, offer.start, offer.key, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

// A window reaches nothing once the registration under it has ended.
static void offer_window(struct side *side)
{
	unsigned char *memory = map();
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND);
	struct ibv_mw *window = ibv_alloc_mw(side->domain, IBV_MW_TYPE_1);
	REQUIRE(region && window);
	struct ibv_mw_bind bind = { .wr_id = 4, .send_flags = IBV_SEND_SIGNALED, .bind_info = {
		.mr = region, .addr = (uintptr_t)memory, .length = 2 * PAGE, .mw_access_flags = IBV_ACCESS_REMOTE_WRITE } };
	REQUIRE(ibv_bind_mw(side->pair, window, &bind) == 0);
	expect(side->sent, 4, IBV_WC_SUCCESS);
	struct offer offer = { .start = (uintptr_t)memory, .key = window->rkey };
	tell(side, &offer, sizeof(offer));
	meet(side);
	REQUIRE(memory[0] != 'a' && memory[8] == 'a');
	memset(memory, 'a', 8);
	unmap(memory + 4 * PAGE);
	meet(side);
	meet(side);
	REQUIRE(memory[0] == 'a');
	REQUIRE(ibv_dealloc_mw(window) == 0 && ibv_dereg_mr(region) == 0 && munmap(memory, BYTES) == 0);
}

#define STRICT { .strict = true, .bytes = BYTES }

const struct scenario stale_scenarios[] = {
	{ "stale-unmapped", STRICT, read_before_and_after, offer_unmapped },
	{ "stale-mapped-over", STRICT, read_before_and_after, offer_mapped_over },
	{ "stale-moved", STRICT, read_before_and_after, offer_moved },
	{ "stale-moved-over", STRICT, read_before_and_after, offer_moved_over },
	{ "stale-shrunk", STRICT, read_before_and_after, offer_shrunk },
	{ "stale-dropped", STRICT, read_before_and_after, offer_dropped },
	{ "stale-attached-over", STRICT, read_before_and_after, offer_attached_over },
	{ "stale-detached", STRICT, read_before_and_after, offer_segment },
	{ "stale-grown", STRICT, read_what_grew, offer_grown },
	{ "stale-window", STRICT, write_before_and_after, offer_window },
	{ "stale-local", STRICT, send_stale, wait_for_initiator },
	{ 0 },
};
