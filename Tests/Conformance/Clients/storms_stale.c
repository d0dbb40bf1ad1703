// storms_stale.c - registrations that end with their memory, under threads that unmap, drop, move and free it by every way there is,
// register it anew and reach for each other's. Nobody waits for ever; who changed memory finds its key dead at once.
//
// Some changes are by name, and ended by the thread that makes them; some only the kernel sees: where it does not tell, those
// are made by name too.
#define _GNU_SOURCE
#include "storms.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 5, AREA_PAGES = 16, PAGE = 4096, PLACES = 32, BLOCK = 1 << 20, ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ };

// What anybody may reach for: dead or not.
struct offer {
	_Atomic uint64_t address;
	_Atomic uint32_t key;
};

static struct end end;
static struct offer offers[PLACES];
static _Atomic int successes, refusals;
static bool kernel_tells;
static int steps;
static uint64_t seed;

static bool ask_kernel(void)
{
	int teller = syscall(SYS_userfaultfd, O_CLOEXEC | 1);
	if (teller < 0)
		return false;
	struct uffdio_api wish = { .api = UFFD_API,
		.features = UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | UFFD_FEATURE_EVENT_UNMAP };
	bool tells = ioctl(teller, UFFDIO_API, &wish) == 0 && (wish.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	close(teller);
	return tells;
}

struct thread {
	struct lane lane;
	uint64_t numbers;
	int window;
};

// The status of a read of eight bytes. What fails breaks the lane: another takes its place.
static enum ibv_wc_status reach(struct thread *self, uint64_t address, uint32_t key)
{
	struct ibv_sge own = { (uintptr_t)self->lane.window, 8, end.region->lkey };
	struct ibv_send_wr request = { .opcode = IBV_WR_RDMA_READ, .sg_list = &own, .num_sge = 1,
		.wr.rdma = { .remote_addr = address, .rkey = key } }, *bad;
	struct ibv_wc done;
	int found;
	REQUIRE(ibv_post_send(self->lane.pair, &request, &bad) == 0);
	while ((found = ibv_poll_cq(self->lane.queue, 1, &done)) == 0) {}
	REQUIRE_VALUE(found == 1 && (done.status == IBV_WC_SUCCESS || done.status == IBV_WC_REM_ACCESS_ERR), done.status);
	if (done.status != IBV_WC_SUCCESS) {
		close_lane(&self->lane);
		open_loop(&self->lane, &end, self->window);
	}
	atomic_fetch_add(done.status == IBV_WC_SUCCESS ? &successes : &refusals, 1);
	return done.status;
}

// Each leaves a hole in the page's place, or other memory. What has been a hole is anybody's.
static bool unmap(unsigned char *page, bool by_name)
{
	REQUIRE(by_name ? munmap(page, PAGE) == 0 : syscall(SYS_munmap, page, PAGE) == 0);
	return true;
}

static bool move(unsigned char *page, bool by_name)
{
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	unsigned char *place = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *moved = by_name ? mremap(page, PAGE, PAGE, flags, place) : (void *)syscall(SYS_mremap, page, PAGE, PAGE, flags, place);
	REQUIRE(moved == place && munmap(place, PAGE) == 0);
	return true;
}

static bool drop(unsigned char *page, bool by_name)
{
	REQUIRE(by_name ? madvise(page, PAGE, MADV_DONTNEED) == 0 : syscall(SYS_madvise, page, PAGE, MADV_DONTNEED) == 0);
	return false;
}

static bool map_over(unsigned char *page, bool by_name)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, rights = PROT_READ | PROT_WRITE;
	void *placed = by_name ? mmap(page, PAGE, rights, flags, -1, 0) : (void *)syscall(SYS_mmap, page, PAGE, rights, flags, -1, 0);
	REQUIRE(placed == page);
	return false;
}

static bool (*const changes[])(unsigned char *, bool) = { unmap, drop, map_over, move };

static void publish(struct thread *self, const struct ibv_mr *region)
{
	struct offer *offer = &offers[below(&self->numbers, PLACES)];
	atomic_store(&offer->address, (uintptr_t)region->addr);
	atomic_store(&offer->key, region->rkey);
}

static void reach_for_some(struct thread *self)
{
	struct offer *offer = &offers[below(&self->numbers, PLACES)];
	uint64_t address = atomic_load(&offer->address);
	if (address)
		reach(self, address, atomic_load(&offer->key));
}

// Two registrations that may overlap; a change of one page ends those that cover it, and no other.
static void change_registered(struct thread *self)
{
	struct ibv_mr *regions[2];
	unsigned first[2], count[2];
	unsigned char *area = mmap(NULL, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(area != MAP_FAILED);
	for (int i = 0; i < 2; i++) {
		first[i] = below(&self->numbers, AREA_PAGES);
		count[i] = 1 + below(&self->numbers, AREA_PAGES - first[i]);
		regions[i] = ibv_reg_mr(end.domain, area + first[i] * PAGE, count[i] * PAGE, ACCESS);
		REQUIRE(regions[i]);
		publish(self, regions[i]);
	}
	for (unsigned i = below(&self->numbers, 3); i > 0; i--)
		reach_for_some(self);
	unsigned page = below(&self->numbers, AREA_PAGES), way = below(&self->numbers, sizeof(changes) / sizeof(*changes));
	bool is_hole = changes[way](area + page * PAGE, !kernel_tells || below(&self->numbers, 2));
	for (int i = 0; i < 2; i++) {
		bool is_dead = page >= first[i] && page < first[i] + count[i];
		enum ibv_wc_status status = reach(self, (uintptr_t)regions[i]->addr, regions[i]->rkey);
		REQUIRE_VALUE(status == (is_dead ? IBV_WC_REM_ACCESS_ERR : IBV_WC_SUCCESS), way);
		REQUIRE(ibv_dereg_mr(regions[i]) == 0);
	}
	REQUIRE(page == 0 || munmap(area, page * PAGE) == 0);
	REQUIRE(is_hole || munmap(area + page * PAGE, PAGE) == 0);
	REQUIRE(page == AREA_PAGES - 1 || munmap(area + (page + 1) * PAGE, (AREA_PAGES - 1 - page) * PAGE) == 0);
}

// What malloc gives back to the kernel while it is registered.
static void free_registered(struct thread *self)
{
	unsigned char *block = malloc(BLOCK);
	REQUIRE(block);
	memset(block, 1, BLOCK);
	struct ibv_mr *region = ibv_reg_mr(end.domain, block + PAGE, BLOCK / 2, ACCESS);
	REQUIRE(region);
	publish(self, region);
	reach_for_some(self);
	free(block);
	enum ibv_wc_status status = reach(self, (uintptr_t)region->addr, region->rkey);
	REQUIRE(!kernel_tells || status == IBV_WC_REM_ACCESS_ERR);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void *work(void *argument)
{
	struct thread self = { .window = (int)(intptr_t)argument };
	self.numbers = 0x9e3779b97f4a7c15 * (uint64_t)(self.window + 1) ^ seed;
	open_loop(&self.lane, &end, self.window);
	for (int step = 0; step < steps; step++) {
		if (below(&self.numbers, 8) == 0)
			free_registered(&self);
		else
			change_registered(&self);
	}
	close_lane(&self.lane);
	return NULL;
}

void storm_of_stale(struct storm storm)
{
	pthread_t threads[THREADS];
	steps = storm.count;
	seed = storm.seed;
	kernel_tells = ask_kernel();
	REQUIRE(setenv("VERBENA_STALE", "strict", 1) == 0 && mallopt(M_MMAP_THRESHOLD, BLOCK / 2) == 1);
	open_end(&end, THREADS);
	for (intptr_t i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	REQUIRE_VALUE(atomic_load(&successes) > 0 && atomic_load(&refusals) > steps, atomic_load(&successes));
	close_end(&end);
}
