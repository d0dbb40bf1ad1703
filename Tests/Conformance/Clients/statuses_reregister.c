// statuses_reregister.c - registrations that change, and the one that stands for no memory.
#include "statuses.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REMOTE = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC, LENGTHS = 3 };

// Each travels in its own way.
static const size_t lengths[LENGTHS] = { 24, 900, 3 * PAGE };

struct named {
	uint64_t start;
	uint32_t rkey;
};

static void show(struct side *side, struct ibv_mr *region)
{
	struct named place = { (uintptr_t)region->addr, region->rkey };
	tell(side, &place, sizeof(place));
}

// One operation on what the target has shown; a queue pair that is refused ends there.
static void use(struct side *side, struct named *place, enum ibv_wr_opcode opcode, size_t bytes, enum ibv_wc_status status)
{
	struct ibv_sge own = piece(side, 0, bytes);
	struct ibv_send_wr wr = request(opcode, 5, &own, 1);
	wr.wr.rdma.remote_addr = place->start;
	wr.wr.rdma.rkey = place->rkey;
	post_send(side, &wr);
	expect(side->sent, 5, status);
}

static struct ibv_mr *own_region(struct side *side, int access)
{
	unsigned char *memory = aligned_alloc(PAGE, 4 * PAGE);
	REQUIRE(memory);
	memset(memory, 'm', 4 * PAGE);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 4 * PAGE, access);
	REQUIRE(region, "errno %d", errno);
	return region;
}

static void drop(struct ibv_mr *region)
{
	void *memory = region->addr;
	REQUIRE(ibv_dereg_mr(region) == 0);
	free(memory);
}

static void use_twice(struct side *side, enum ibv_wc_status second)
{
	struct named place;
	hear(side, &place, sizeof(place));
	use(side, &place, IBV_WR_RDMA_WRITE, 3 * PAGE, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	use(side, &place, IBV_WR_RDMA_WRITE, 3 * PAGE, second);
	meet(side);
}

static void write_then_refused(struct side *side) { use_twice(side, IBV_WC_REM_ACCESS_ERR); }
static void write_twice(struct side *side) { use_twice(side, IBV_WC_SUCCESS); }

// The target of the two above: shows a region, changes it, and keeps its keys.
static struct ibv_mr *show_and_change(struct side *side, int flags, struct ibv_pd *domain, int access)
{
	struct ibv_mr *region = own_region(side, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	uint32_t lkey = region->lkey, rkey = region->rkey;
	show(side, region);
	meet(side);
	REQUIRE(ibv_rereg_mr(region, flags, domain, NULL, 0, access) == 0, "errno %d", errno);
	REQUIRE(region->lkey == lkey && region->rkey == rkey);
	meet(side);
	meet(side);
	return region;
}

static void take_rights(struct side *side)
{
	drop(show_and_change(side, IBV_REREG_MR_CHANGE_ACCESS, NULL, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ));
}

static void keep_rights(struct side *side)
{
	drop(show_and_change(side, IBV_REREG_MR_CHANGE_ACCESS, NULL, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE));
}

static void leave_domain(struct side *side)
{
	struct ibv_pd *other = ibv_alloc_pd(side->context);
	REQUIRE(other);
	struct ibv_mr *region = show_and_change(side, IBV_REREG_MR_CHANGE_PD, other, 0);
	REQUIRE(region->pd == other && ibv_dealloc_pd(other) == EBUSY);
	drop(region);
	REQUIRE(ibv_dealloc_pd(other) == 0);
}

// The region moves to other memory: its old key leads nowhere, its new one to all of the new memory.
static void use_moved(struct side *side)
{
	struct named place, moved;
	hear(side, &place, sizeof(place));
	use(side, &place, IBV_WR_RDMA_WRITE, 100, IBV_WC_SUCCESS);
	meet(side);
	hear(side, &moved, sizeof(moved));
	REQUIRE(moved.rkey != place.rkey);
	memset(side->memory, 'w', 3 * PAGE);
	use(side, &moved, IBV_WR_RDMA_WRITE, 3 * PAGE, IBV_WC_SUCCESS);
	moved.rkey = place.rkey;
	use(side, &moved, IBV_WR_RDMA_WRITE, 8, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void move(struct side *side)
{
	struct ibv_mr *region = own_region(side, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	void *before = region->addr;
	unsigned char *memory = aligned_alloc(PAGE, 8 * PAGE);
	show(side, region);
	meet(side);
	memset(memory, 'm', 8 * PAGE);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory + 3, 7 * PAGE, 0) == 0, "errno %d", errno);
	REQUIRE(region->addr == memory + 3 && region->length == 7 * PAGE);
	free(before);
	show(side, region);
	meet(side);
	for (size_t i = 0; i < 8 * PAGE; i++)
		REQUIRE(memory[i] == (i >= 3 && i < 3 + 3 * PAGE ? 'w' : 'm'), "byte %zu", i);
	REQUIRE(ibv_dereg_mr(region) == 0);
	free(memory);
}

// What is refused changes nothing, and says who refused it.
static void refuse(struct side *side)
{
	struct ibv_mr *region = own_region(side, IBV_ACCESS_REMOTE_READ);
	struct ibv_mr before = *region;
	const struct {
		int flags;
		void *address;
		size_t length;
		int access, code, error;
	} cases[] = {
		{ 0, NULL, 0, 0, IBV_REREG_MR_ERR_CMD, EINVAL },
		{ 8, NULL, 0, 0, IBV_REREG_MR_ERR_INPUT, EINVAL },
		{ IBV_REREG_MR_CHANGE_TRANSLATION, NULL, PAGE, 0, IBV_REREG_MR_ERR_INPUT, EINVAL },
		{ IBV_REREG_MR_CHANGE_TRANSLATION, region->addr, 0, 0, IBV_REREG_MR_ERR_INPUT, EINVAL },
		{ IBV_REREG_MR_CHANGE_TRANSLATION, (void *)(PAGE * 3), PAGE, 0, IBV_REREG_MR_ERR_CMD, EFAULT },
		{ IBV_REREG_MR_CHANGE_PD, NULL, 0, 1, IBV_REREG_MR_ERR_INPUT, EINVAL },
		{ IBV_REREG_MR_CHANGE_PD, NULL, 0, 0, IBV_REREG_MR_ERR_CMD, EINVAL },
		{ IBV_REREG_MR_CHANGE_ACCESS, NULL, 0, IBV_ACCESS_REMOTE_WRITE, IBV_REREG_MR_ERR_CMD, EINVAL },
		// What is held for reading cannot be made writable: the memory may not be the program's to write.
		{ IBV_REREG_MR_CHANGE_ACCESS, NULL, 0, IBV_ACCESS_LOCAL_WRITE, IBV_REREG_MR_ERR_CMD, EACCES },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		errno = 0;
		int code = ibv_rereg_mr(region, cases[i].flags, NULL, cases[i].address, cases[i].length, cases[i].access);
		REQUIRE(code == cases[i].code && errno == cases[i].error, "case %zu: %d, errno %d", i, code, errno);
	}
	REQUIRE(region->lkey == before.lkey && region->addr == before.addr && region->length == before.length);
	// With new memory it can.
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION | IBV_REREG_MR_CHANGE_ACCESS, NULL, region->addr, 4 * PAGE, IBV_ACCESS_LOCAL_WRITE) == 0);
	drop(region);
	meet(side);
}

static void idle(struct side *side) { meet(side); }

// A message that was sent before the change is in the old memory, and the next one goes by the new key only.
static void send_two(struct side *side)
{
	for (uint64_t i = 0; i < 2; i++) {
		meet(side);
		struct ibv_sge own = piece(side, 0, 200);
		memset(side->memory, 'a' + (int)i, 200);
		struct ibv_send_wr send = request(IBV_WR_SEND, i, &own, 1);
		post_send(side, &send);
		expect(side->sent, i, i == 0 ? IBV_WC_SUCCESS : IBV_WC_REM_OP_ERR);
		meet(side);
	}
}

static void receive_two(struct side *side)
{
	struct ibv_mr *region = own_region(side, IBV_ACCESS_LOCAL_WRITE);
	unsigned char *old = region->addr, *fresh = aligned_alloc(PAGE, 4 * PAGE);
	struct ibv_sge into = { .addr = (uintptr_t)old, .length = 200, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &into, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0 && ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	meet(side);
	// Sent, and not yet polled.
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, fresh, 4 * PAGE, 0) == 0);
	for (int i = 0; i < 200; i++)
		REQUIRE(old[i] == 'a');
	memset(old, 'o', 4 * PAGE);
	meet(side);
	expect(side->received, 1, IBV_WC_SUCCESS);
	expect(side->received, 1, IBV_WC_LOC_PROT_ERR);
	meet(side);
	for (int i = 0; i < 4 * PAGE; i++)
		REQUIRE(old[i] == 'o');
	REQUIRE(ibv_dereg_mr(region) == 0);
	free(old);
	free(fresh);
}

static struct ibv_sge nothing(struct ibv_mr *null, size_t length)
{
	return (struct ibv_sge){ .addr = 0x123456789abcULL * (length + 1), .length = length, .lkey = null->lkey };
}

// Null memory as the source of messages and writes, and as what reads and atomics fill.
static void send_nothing(struct side *side)
{
	struct ibv_mr *null = ibv_alloc_null_mr(side->domain);
	REQUIRE(null, "errno %d", errno);
	REQUIRE(null->rkey == 0);
	for (uint64_t i = 0; i < LENGTHS; i++) {
		struct ibv_sge parts[2] = { nothing(null, lengths[i]), piece(side, 0, 8) };
		memset(side->memory, 'p', 8);
		struct ibv_send_wr send = request(IBV_WR_SEND, i, parts, 2);
		meet(side);
		post_send(side, &send);
		expect(side->sent, i, IBV_WC_SUCCESS);
		meet(side);
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, i, parts, 0);
		write.num_sge = 2;
		post_send(side, &write);
		expect(side->sent, i, IBV_WC_SUCCESS);
		meet(side);
		meet(side);
		// Read over it, and then it still holds nothing.
		struct ibv_send_wr read = remote(side, IBV_WR_RDMA_READ, i, parts, 0);
		read.num_sge = 2;
		post_send(side, &read);
		expect(side->sent, i, IBV_WC_SUCCESS);
	}
	struct ibv_sge word = nothing(null, 8);
	struct ibv_send_wr add = request(IBV_WR_ATOMIC_FETCH_AND_ADD, 7, &word, 1);
	add.wr.atomic.remote_addr = side->peer.start;
	add.wr.atomic.rkey = side->peer.rkey;
	add.wr.atomic.compare_add = 3;
	post_send(side, &add);
	expect(side->sent, 7, IBV_WC_SUCCESS);
	meet(side);
	REQUIRE(ibv_dereg_mr(null) == 0);
}

static void expect_nothing_but(struct side *side, size_t zeroes)
{
	for (size_t i = 0; i < zeroes; i++)
		REQUIRE(side->memory[i] == 0, "byte %zu is %d", i, side->memory[i]);
	REQUIRE(side->memory[zeroes] == 'p' && side->memory[zeroes + 8] == 't', "after %zu: %d, %d", zeroes, side->memory[zeroes], side->memory[zeroes + 8]);
}

static void receive_nothing(struct side *side)
{
	for (uint64_t i = 0; i < LENGTHS; i++) {
		memset(side->memory, 't', 4 * PAGE);
		post_receive(side, i, 0, 4 * PAGE);
		meet(side);
		REQUIRE(expect(side->received, i, IBV_WC_SUCCESS).byte_len == lengths[i] + 8);
		expect_nothing_but(side, lengths[i]);
		memset(side->memory, 't', 4 * PAGE);
		meet(side);
		meet(side);
		expect_nothing_but(side, lengths[i]);
		meet(side);
	}
	meet(side);
}

// Null memory in the middle of a receive: that part of the message is discarded.
static void send_around(struct side *side)
{
	for (uint64_t i = 0; i < LENGTHS; i++) {
		struct ibv_sge own = piece(side, 0, lengths[i] + 16);
		fill(side, 0, lengths[i] + 16, 3);
		struct ibv_send_wr send = request(IBV_WR_SEND, i, &own, 1);
		meet(side);
		post_send(side, &send);
		expect(side->sent, i, IBV_WC_SUCCESS);
		meet(side);
	}
	struct ibv_sge own = piece(side, 0, 8);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 9, &own, 0);
	hear(side, &write.wr.rdma.rkey, sizeof(write.wr.rdma.rkey));
	post_send(side, &write);
	expect(side->sent, 9, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void receive_around(struct side *side)
{
	struct ibv_mr *null = ibv_alloc_null_mr(side->domain);
	REQUIRE(null);
	for (uint64_t i = 0; i < LENGTHS; i++) {
		memset(side->memory, 't', 4 * PAGE);
		struct ibv_sge parts[3] = { piece(side, 0, 8), nothing(null, lengths[i]), piece(side, 8, 8) };
		struct ibv_recv_wr receive = { .wr_id = i, .sg_list = parts, .num_sge = 3 }, *bad;
		REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
		meet(side);
		REQUIRE(expect(side->received, i, IBV_WC_SUCCESS).byte_len == lengths[i] + 16);
		REQUIRE(side->memory[16] == 't');
		expect_filled(side, 0, 8, 3);
		meet(side);
	}
	// No peer reaches it, though its key be guessed.
	tell(side, &null->lkey, sizeof(null->lkey));
	meet(side);
	REQUIRE(ibv_dereg_mr(null) == 0);
}

#define FOUR_PAGES .bytes = 4 * PAGE, .pieces = 3

const struct scenario reregister_scenarios[] = {
	{ "rereg-takes-rights", { FOUR_PAGES }, write_then_refused, take_rights },
	{ "rereg-keeps-rights", { FOUR_PAGES }, write_twice, keep_rights },
	{ "rereg-protection-domain", { FOUR_PAGES }, write_then_refused, leave_domain },
	{ "rereg-memory", { FOUR_PAGES }, use_moved, move },
	{ "rereg-refused", { FOUR_PAGES }, idle, refuse },
	{ "rereg-under-messages", { FOUR_PAGES }, send_two, receive_two },
	{ "null-source", { FOUR_PAGES }, send_nothing, receive_nothing },
	{ "null-receive", { FOUR_PAGES }, send_around, receive_around },
	{ 0 },
};
