// statuses_memory.c - memory that is not registered in the plain way: on demand, and the device's own.
#include "statuses.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REMOTE = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC };

// What one side tells the other of a region that is not the set-up's.
struct named {
	uint64_t start;
	uint32_t rkey;
};

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	return memory;
}

static struct ibv_wc write_to(struct side *side, struct named *place, size_t offset, struct ibv_sge *from, uint64_t id)
{
	struct ibv_send_wr write = request(IBV_WR_RDMA_WRITE, id, from, 1);
	write.wr.rdma.remote_addr = place->start + offset;
	write.wr.rdma.rkey = place->rkey;
	post_send(side, &write);
	return next_completion(side->sent);
}

// The region is registered before its memory is mapped; the mapping is replaced; then it goes away.
static void write_on_demand(struct side *side)
{
	struct named place;
	struct ibv_sge from = piece(side, 0, 600);
	fill(side, 0, 600, 1);
	hear(side, &place, sizeof(place));
	meet(side);
	for (uint64_t id = 1; id <= 2; id++) {
		REQUIRE(write_to(side, &place, 100, &from, id).status == IBV_WC_SUCCESS);
		meet(side);
		meet(side);
	}
	struct ibv_wc done = write_to(side, &place, 100, &from, 3);
	REQUIRE(done.status == IBV_WC_REM_ACCESS_ERR, "%s", ibv_wc_status_str(done.status));
	meet(side);
}

static void receive_on_demand(struct side *side)
{
	struct ibv_device_attr_ex device;
	REQUIRE(ibv_query_device_ex(side->context, NULL, &device) == 0);
	REQUIRE((device.odp_caps.general_caps & IBV_ODP_SUPPORT) && (device.odp_caps.per_transport_caps.rc_odp_caps & IBV_ODP_SUPPORT_WRITE));
	char *memory = map(4 * PAGE);
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 4 * PAGE, IBV_ACCESS_LOCAL_WRITE | REMOTE | IBV_ACCESS_ON_DEMAND);
	REQUIRE(region, "errno %d", errno);
	struct named place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	for (int round = 0; round < 2; round++) {
		REQUIRE(mmap(memory, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
		meet(side);
		meet(side);
		memcpy(side->memory, memory + 100, 600);
		expect_filled(side, 0, 600, 1);
		REQUIRE(memory[99] == 0 && memory[700] == 0);
	}
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

// Both ends of every operation are on demand; the local one goes away at last.
static void send_on_demand(struct side *side)
{
	char *memory = map(4 * PAGE);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 4 * PAGE, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	REQUIRE(region);
	struct ibv_sge own = { .addr = (uintptr_t)memory, .length = 3 * PAGE, .lkey = region->lkey };
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE, IBV_ADVISE_MR_FLAG_FLUSH, &own, 1) == 0);
	memset(memory, 7, 3 * PAGE);
	meet(side);
	static const size_t lengths[] = { 8, 400, 3 * PAGE };
	for (uint64_t i = 0; i < 3; i++) {
		own.length = lengths[i];
		struct ibv_send_wr send = request(IBV_WR_SEND, i, &own, 1);
		post_send(side, &send);
		expect(side->sent, i, IBV_WC_SUCCESS);
	}
	// What no longer exists cannot be sent: an error here, and nothing there.
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	own.length = PAGE;
	struct ibv_send_wr gone = remote(side, IBV_WR_RDMA_WRITE, 9, &own, 0);
	post_send(side, &gone);
	expect(side->sent, 9, IBV_WC_LOC_PROT_ERR);
	REQUIRE(ibv_dereg_mr(region) == 0);
	meet(side);
}

static void receive_everywhere(struct side *side)
{
	// Address 0 and all ones: one region for the whole address space.
	struct ibv_mr *region = ibv_reg_mr(side->domain, NULL, SIZE_MAX, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_ON_DEMAND);
	REQUIRE(region, "errno %d", errno);
	char *memory = map(4 * PAGE);
	struct ibv_sge into = { .addr = (uintptr_t)memory, .length = 4 * PAGE, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .sg_list = &into, .num_sge = 1 }, *bad;
	for (receive.wr_id = 1; receive.wr_id <= 3; receive.wr_id++)
		REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	for (uint64_t id = 1; id <= 3; id++)
		expect(side->received, id, IBV_WC_SUCCESS);
	for (size_t i = 0; i < 4 * PAGE; i++)
		REQUIRE(memory[i] == (i < 3 * PAGE ? 7 : 0), "byte %zu", i);
	meet(side);
	expect_untouched(side, 0, PAGE);
	REQUIRE(ibv_dereg_mr(region) == 0 && munmap(memory, 4 * PAGE) == 0);
}

static void advise(struct side *side)
{
	char *memory = map(4 * PAGE);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 4 * PAGE, IBV_ACCESS_ON_DEMAND);
	REQUIRE(region);
	struct ibv_pd *stranger = ibv_alloc_pd(side->context);
	REQUIRE(stranger);
	struct ibv_sge good = { .addr = (uintptr_t)memory, .length = 4 * PAGE, .lkey = region->lkey }, bad = good;
	for (int advice = IBV_ADVISE_MR_ADVICE_PREFETCH; advice <= IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT; advice += 2)
		REQUIRE(ibv_advise_mr(side->domain, advice, 0, &good, 1) == 0);
	unsigned char there[4];
	REQUIRE(mincore(memory, 4 * PAGE, there) == 0 && (there[0] & there[3] & 1));
	// The region is for reading.
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE, 0, &good, 1) == EPERM);
	REQUIRE(ibv_advise_mr(stranger, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &good, 1) == EPERM);
	bad.lkey ^= 0x55;
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &bad, 1) == ENOENT);
	// A region that is not on demand has its pages already.
	bad = piece(side, 0, 8);
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &bad, 1) == ENOENT);
	bad = good;
	bad.length++;
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &bad, 1) == EFAULT);
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 1 << 7, &good, 1) == EINVAL);
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &good, 0) == EINVAL);
	REQUIRE(ibv_advise_mr(side->domain, 77, 0, &good, 1) == EOPNOTSUPP);
	REQUIRE(munmap(memory, 4 * PAGE) == 0);
	REQUIRE(ibv_advise_mr(side->domain, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &good, 1) == EFAULT);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_dealloc_pd(stranger) == 0);
	errno = 0;
	REQUIRE(ibv_reg_mr(side->domain, memory, 0, IBV_ACCESS_ON_DEMAND) == NULL && errno == EINVAL);
	errno = 0;
	REQUIRE(ibv_reg_mr(side->domain, memory, SIZE_MAX, IBV_ACCESS_ON_DEMAND) == NULL && errno == EOVERFLOW, "errno %d", errno);
	meet(side);
}

static void nothing(struct side *side) { meet(side); }

enum { DEVICE_BYTES = 4096, OFFSET = 512 };

static struct ibv_dm *device_memory(struct side *side)
{
	struct ibv_alloc_dm_attr attributes = { .length = DEVICE_BYTES, .log_align_req = 6 };
	struct ibv_dm *memory = ibv_alloc_dm(side->context, &attributes);
	REQUIRE(memory, "alloc_dm: errno %d", errno);
	return memory;
}

static struct ibv_mr *register_device_memory(struct side *side, struct ibv_dm *memory)
{
	struct ibv_mr *region = ibv_reg_dm_mr(side->domain, memory, OFFSET, 1024, ALL_ACCESS | IBV_ACCESS_ZERO_BASED);
	REQUIRE(region && region->length == 1024 && region->addr == NULL, "reg_dm_mr: errno %d", errno);
	return region;
}

// From device memory to device memory, by every way that moves bytes.
static void send_device_memory(struct side *side)
{
	struct ibv_dm *memory = device_memory(side);
	struct ibv_mr *region = register_device_memory(side, memory);
	struct named place;
	fill(side, 0, 1024, 2);
	REQUIRE(ibv_memcpy_to_dm(memory, OFFSET, side->memory, 1024) == 0);
	hear(side, &place, sizeof(place));
	struct ibv_sge from = { .addr = 0, .length = 300, .lkey = region->lkey };
	REQUIRE(write_to(side, &place, 0, &from, 1).status == IBV_WC_SUCCESS);
	from.addr = 300;
	from.length = 200;
	struct ibv_send_wr send = request(IBV_WR_SEND, 2, &from, 1);
	post_send(side, &send);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	struct ibv_sge result = { .addr = 1016, .length = 8, .lkey = region->lkey };
	struct ibv_send_wr add = request(IBV_WR_ATOMIC_FETCH_AND_ADD, 3, &result, 1);
	add.wr.atomic.remote_addr = place.start + 1016;
	add.wr.atomic.rkey = place.rkey;
	add.wr.atomic.compare_add = 5;
	post_send(side, &add);
	expect(side->sent, 3, IBV_WC_SUCCESS);
	uint64_t before;
	REQUIRE(ibv_memcpy_from_dm(&before, memory, OFFSET + 1016, 8) == 0 && before == 100, "%lu", before);
	meet(side);
	// One byte beyond the part that is registered there.
	from.addr = 0;
	from.length = 2;
	REQUIRE(write_to(side, &place, 1023, &from, 4).status == IBV_WC_REM_ACCESS_ERR);
	REQUIRE(ibv_free_dm(memory) == EBUSY);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_free_dm(memory) == 0);
	meet(side);
}

static void receive_device_memory(struct side *side)
{
	struct ibv_dm *memory = device_memory(side);
	struct ibv_mr *region = register_device_memory(side, memory);
	uint64_t word = 100;
	REQUIRE(ibv_memcpy_to_dm(memory, OFFSET + 1016, &word, 8) == 0);
	struct ibv_sge into = { .addr = 300, .length = 200, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &into, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	struct named place = { 0, region->rkey };
	tell(side, &place, sizeof(place));
	REQUIRE(expect(side->received, 1, IBV_WC_SUCCESS).byte_len == 200);
	meet(side);
	REQUIRE(ibv_memcpy_from_dm(side->memory, memory, OFFSET, 1024) == 0);
	expect_filled(side, 0, 500, 2);
	memcpy(&word, side->memory + 1016, 8);
	REQUIRE(word == 105);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_free_dm(memory) == 0);
}

static void refuse_memory(struct side *side, struct ibv_alloc_dm_attr attributes, int expected)
{
	errno = 0;
	REQUIRE(ibv_alloc_dm(side->context, &attributes) == NULL && errno == expected, "errno %d, not %d", errno, expected);
}

static void refuse_registration(struct side *side, struct ibv_dm *memory, uint64_t offset, size_t length, unsigned access)
{
	errno = 0;
	REQUIRE(ibv_reg_dm_mr(side->domain, memory, offset, length, access) == NULL && errno == EINVAL, "errno %d", errno);
}

static void keep_the_rules_of_device_memory(struct side *side)
{
	struct ibv_device_attr_ex device;
	REQUIRE(ibv_query_device_ex(side->context, NULL, &device) == 0 && device.max_dm_size >= DEVICE_BYTES);
	refuse_memory(side, (struct ibv_alloc_dm_attr){ .length = 0 }, EINVAL);
	refuse_memory(side, (struct ibv_alloc_dm_attr){ .length = device.max_dm_size + 1 }, EINVAL);
	refuse_memory(side, (struct ibv_alloc_dm_attr){ .length = 64, .log_align_req = 40 }, EINVAL);
	refuse_memory(side, (struct ibv_alloc_dm_attr){ .length = 64, .comp_mask = 1 }, EINVAL);
	struct ibv_alloc_dm_attr all = { .length = device.max_dm_size };
	struct ibv_dm *memory = ibv_alloc_dm(side->context, &all);
	REQUIRE(memory);
	refuse_memory(side, (struct ibv_alloc_dm_attr){ .length = 1 }, ENOMEM);
	REQUIRE(ibv_free_dm(memory) == 0);
	memory = device_memory(side);
	REQUIRE(ibv_memcpy_to_dm(memory, 1, side->memory, DEVICE_BYTES) == EFAULT);
	REQUIRE(ibv_memcpy_from_dm(side->memory, memory, UINT64_MAX, 2) == EFAULT);
	REQUIRE(ibv_memcpy_to_dm(memory, 0, (void *)8, 8) == EFAULT);
	expect_untouched(side, 0, PAGE);
	const unsigned access = ALL_ACCESS | IBV_ACCESS_ZERO_BASED;
	refuse_registration(side, memory, 0, DEVICE_BYTES + 1, access);
	refuse_registration(side, memory, DEVICE_BYTES, 1, access);
	refuse_registration(side, memory, UINT64_MAX, 2, access);
	refuse_registration(side, memory, 0, 0, access);
	refuse_registration(side, memory, 0, 64, ALL_ACCESS);
	refuse_registration(side, memory, 0, 64, access | IBV_ACCESS_ON_DEMAND);
	refuse_registration(side, memory, 0, 64, IBV_ACCESS_ZERO_BASED | IBV_ACCESS_REMOTE_WRITE);
	struct ibv_mr *region = register_device_memory(side, memory);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, IBV_ACCESS_LOCAL_WRITE) != 0 && errno == EINVAL);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_free_dm(memory) == 0);
	meet(side);
}

const struct scenario memory_scenarios[] = {
	{ "on-demand-target", { 0 }, write_on_demand, receive_on_demand },
	{ "on-demand-messages", { 0 }, send_on_demand, receive_everywhere },
	{ "on-demand-advice", { 0 }, advise, nothing },
	{ "device-memory", { 0 }, send_device_memory, receive_device_memory },
	{ "device-memory-rules", { 0 }, keep_the_rules_of_device_memory, nothing },
	{ 0 },
};
