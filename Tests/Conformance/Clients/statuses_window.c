// statuses_window.c - memory windows of both types: binding, use, invalidation by either side, and what is refused.
//
// The target owns the window and tells its key; the initiator writes through it.
#include "statuses.h"
#include <errno.h>
#include <string.h>

enum { OPEN_REGION = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND, START = 256, BYTES = 128, SEED = 7 };

static struct ibv_mw_bind_info part(struct side *side, size_t offset, size_t length, unsigned access)
{
	return (struct ibv_mw_bind_info){
		.mr = side->region, .addr = (uintptr_t)side->memory + offset, .length = length, .mw_access_flags = access,
	};
}

static struct ibv_mw *allocate(struct side *side, enum ibv_mw_type type)
{
	struct ibv_mw *window = ibv_alloc_mw(side->domain, type);
	REQUIRE(window && window->type == type && window->pd == side->domain, "errno %d", errno);
	return window;
}

// Binds a type 1 window; the status of the bind.
static void bind_by_call(struct side *side, struct ibv_mw *window, struct ibv_mw_bind_info what, enum ibv_wc_status status)
{
	struct ibv_mw_bind bind = { .wr_id = 70, .send_flags = IBV_SEND_SIGNALED, .bind_info = what };
	uint32_t before = window->rkey;
	int result = ibv_bind_mw(side->pair, window, &bind);
	REQUIRE(result == 0, "%d", result);
	REQUIRE(window->rkey != before && window->rkey >> 8 == before >> 8);
	struct ibv_wc done = expect(side->sent, 70, status);
	REQUIRE(status != IBV_WC_SUCCESS || done.opcode == IBV_WC_BIND_MW);
}

static uint32_t bind_by_request(struct side *side, struct ibv_mw *window, struct ibv_mw_bind_info what, enum ibv_wc_status status)
{
	uint32_t key = ibv_inc_rkey(window->rkey);
	struct ibv_send_wr bind = request(IBV_WR_BIND_MW, 71, NULL, 0);
	bind.bind_mw.mw = window;
	bind.bind_mw.rkey = key;
	bind.bind_mw.bind_info = what;
	post_send(side, &bind);
	expect(side->sent, 71, status);
	if (status == IBV_WC_SUCCESS)
		window->rkey = key;
	return key;
}

static void invalidate(struct side *side, uint32_t key, enum ibv_wc_status status)
{
	struct ibv_send_wr away = request(IBV_WR_LOCAL_INV, 72, NULL, 0);
	away.invalidate_rkey = key;
	post_send(side, &away);
	expect(side->sent, 72, status);
}

static void write_through(struct side *side, uint32_t key, uint64_t address, enum ibv_wc_status status)
{
	struct ibv_sge from = piece(side, 0, BYTES);
	struct ibv_send_wr write = request(IBV_WR_RDMA_WRITE, 1, &from, 1);
	write.wr.rdma.remote_addr = address;
	write.wr.rdma.rkey = key;
	fill(side, 0, BYTES, SEED);
	post_send(side, &write);
	expect(side->sent, 1, status);
}

static void tell_key(struct side *side, uint32_t key) { tell(side, &key, sizeof(key)); }

static uint32_t hear_key(struct side *side)
{
	uint32_t key;
	hear(side, &key, sizeof(key));
	return key;
}

// The initiator of most scenarios: one write through the key it is told, with the outcome it is told, until the key is 0.
static void write_as_told(struct side *side)
{
	for (;;) {
		uint32_t key = hear_key(side);
		if (key == 0)
			return;
		uint32_t status = hear_key(side), zero_based = hear_key(side);
		write_through(side, key, zero_based ? 0 : side->peer.start + START, (enum ibv_wc_status)status);
		meet(side);
	}
}

static void have_written(struct side *side, uint32_t key, enum ibv_wc_status status, int zero_based)
{
	tell_key(side, key);
	tell_key(side, status);
	tell_key(side, zero_based);
	meet(side);
}

static void type_1(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_1);
	bind_by_call(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	have_written(side, window->rkey, IBV_WC_SUCCESS, 0);
	expect_filled(side, START, BYTES, SEED);
	REQUIRE(ibv_dereg_mr(side->region) == EBUSY);
	// Bound anew: the old key is void, the new one is good; then not bound at all.
	uint32_t old = window->rkey;
	bind_by_call(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	REQUIRE(old != window->rkey);
	bind_by_call(side, window, part(side, 0, 0, 0), IBV_WC_SUCCESS);
	uint32_t unbound = window->rkey;
	REQUIRE(ibv_dealloc_mw(window) == 0);
	have_written(side, unbound, IBV_WC_REM_ACCESS_ERR, 0);
	tell_key(side, 0);
}

static void type_2(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_2);
	uint32_t key = bind_by_request(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	have_written(side, key, IBV_WC_SUCCESS, 0);
	expect_filled(side, START, BYTES, SEED);
	invalidate(side, key, IBV_WC_SUCCESS);
	key = bind_by_request(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_ZERO_BASED), IBV_WC_SUCCESS);
	have_written(side, key, IBV_WC_SUCCESS, 1);
	invalidate(side, key, IBV_WC_SUCCESS);
	have_written(side, key, IBV_WC_REM_ACCESS_ERR, 1);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

// Rights, bounds and queue pair of a window are its own.
static void narrow(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_2);
	uint32_t key = bind_by_request(side, window, part(side, START, BYTES - 1, IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	have_written(side, key, IBV_WC_REM_ACCESS_ERR, 0);
	expect_untouched(side, 0, PAGE);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

static void read_only_window(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_1);
	bind_by_call(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_READ), IBV_WC_SUCCESS);
	have_written(side, window->rkey, IBV_WC_REM_ACCESS_ERR, 0);
	expect_untouched(side, 0, PAGE);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

// A key of a window is no local key.
static void local_use(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_1);
	bind_by_call(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	struct ibv_sge own = { (uintptr_t)side->memory + START, 8, window->rkey };
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 2, &own, 0);
	post_send(side, &write);
	expect(side->sent, 2, IBV_WC_LOC_PROT_ERR);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

// Each bind that is refused ends the queue pair: one scenario each.
static void bind_refused(struct side *side, enum ibv_mw_type type, struct ibv_mw_bind_info what)
{
	struct ibv_mw *window = allocate(side, type);
	if (type == IBV_MW_TYPE_1)
		bind_by_call(side, window, what, IBV_WC_MW_BIND_ERR);
	else
		bind_by_request(side, window, what, IBV_WC_MW_BIND_ERR);
	expect_state(side, IBV_QPS_ERR);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

static void bind_beyond(struct side *side) { bind_refused(side, IBV_MW_TYPE_1, part(side, PAGE - 8, 9, IBV_ACCESS_REMOTE_READ)); }

static void bind_unknown_rights(struct side *side)
{
	bind_refused(side, IBV_MW_TYPE_2, part(side, 0, 8, IBV_ACCESS_LOCAL_WRITE));
}

static void bind_without_right(struct side *side)
{
	bind_refused(side, IBV_MW_TYPE_2, part(side, 0, 8, IBV_ACCESS_REMOTE_READ));
}

static void bind_writable_over_read_only(struct side *side)
{
	bind_refused(side, IBV_MW_TYPE_1, part(side, 0, 8, IBV_ACCESS_REMOTE_WRITE));
}

static void bind_empty(struct side *side) { bind_refused(side, IBV_MW_TYPE_2, part(side, 0, 0, IBV_ACCESS_REMOTE_READ)); }

static void bind_zero_based_type_1(struct side *side)
{
	bind_refused(side, IBV_MW_TYPE_1, part(side, 0, 8, IBV_ACCESS_REMOTE_READ | IBV_ACCESS_ZERO_BASED));
}

static void bind_twice(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_2);
	bind_by_request(side, window, part(side, 0, 8, IBV_ACCESS_REMOTE_READ), IBV_WC_SUCCESS);
	bind_by_request(side, window, part(side, 0, 8, IBV_ACCESS_REMOTE_READ), IBV_WC_MW_BIND_ERR);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

static void invalidate_type_1(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_1);
	bind_by_call(side, window, part(side, 0, 8, IBV_ACCESS_REMOTE_READ), IBV_WC_SUCCESS);
	invalidate(side, window->rkey, IBV_WC_MW_BIND_ERR);
	REQUIRE(ibv_dealloc_mw(window) == 0);
	tell_key(side, 0);
}

static void invalidate_region(struct side *side)
{
	invalidate(side, side->region->rkey, IBV_WC_MW_BIND_ERR);
	tell_key(side, 0);
}

static void wrong_calls(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_2);
	struct ibv_mw_bind bind = { .bind_info = part(side, 0, 8, IBV_ACCESS_REMOTE_READ) };
	REQUIRE(ibv_bind_mw(side->pair, window, &bind) == EINVAL);
	REQUIRE(!ibv_alloc_mw(side->domain, (enum ibv_mw_type)3) && errno == EINVAL);
	struct ibv_pd *domain = ibv_alloc_pd(side->context);
	struct ibv_mw *other = ibv_alloc_mw(domain, IBV_MW_TYPE_1);
	REQUIRE(domain && other && ibv_dealloc_pd(domain) == EBUSY);
	REQUIRE(ibv_bind_mw(side->pair, other, &bind) == EPERM); // the header's own check
	REQUIRE(ibv_dealloc_mw(other) == 0 && ibv_dealloc_mw(window) == 0 && ibv_dealloc_pd(domain) == 0);
	tell_key(side, 0);
}

// The initiator's message takes the target's window away.
static void send_with_invalidate(struct side *side, uint32_t key, enum ibv_wc_status status)
{
	struct ibv_sge from = piece(side, 0, BYTES);
	struct ibv_send_wr send = request(IBV_WR_SEND_WITH_INV, 3, &from, 1);
	send.invalidate_rkey = key;
	fill(side, 0, BYTES, SEED);
	post_send(side, &send);
	expect(side->sent, 3, status);
}

static void invalidate_theirs(struct side *side)
{
	uint32_t key = hear_key(side);
	write_through(side, key, side->peer.start + START, IBV_WC_SUCCESS);
	send_with_invalidate(side, key, IBV_WC_SUCCESS);
	write_through(side, key, side->peer.start + START, IBV_WC_REM_ACCESS_ERR);
}

static void be_invalidated(struct side *side)
{
	struct ibv_mw *window = allocate(side, IBV_MW_TYPE_2);
	post_receive(side, 9, 1024, BYTES);
	uint32_t key = bind_by_request(side, window, part(side, START, BYTES, IBV_ACCESS_REMOTE_WRITE), IBV_WC_SUCCESS);
	tell_key(side, key);
	struct ibv_wc done = expect(side->received, 9, IBV_WC_SUCCESS);
	REQUIRE(done.wc_flags & IBV_WC_WITH_INV && !(done.wc_flags & IBV_WC_WITH_IMM) && done.invalidated_rkey == key);
	REQUIRE(done.byte_len == BYTES && done.opcode == IBV_WC_RECV);
	expect_filled(side, 1024, BYTES, SEED);
	// It may be bound again; the refused write has put the queue pair into the error state only afterwards.
	REQUIRE(ibv_dealloc_mw(window) == 0);
}

static void invalidate_their_region(struct side *side)
{
	send_with_invalidate(side, side->peer.rkey, IBV_WC_SUCCESS);
}

// Class J: the message was good, the receive tells what was not.
static void refuse_invalidation(struct side *side)
{
	post_receive(side, 9, 1024, BYTES);
	meet(side);
	expect(side->received, 9, IBV_WC_REM_INV_REQ_ERR);
	expect_state(side, IBV_QPS_ERR);
}

static void invalidate_after_meeting(struct side *side)
{
	meet(side);
	invalidate_their_region(side);
}

const struct scenario window_scenarios[] = {
	{ "window-type-1", .set_up = { .region_access = OPEN_REGION }, write_as_told, type_1 },
	{ "window-type-2", .set_up = { .region_access = OPEN_REGION }, write_as_told, type_2 },
	{ "window-narrow", .set_up = { .region_access = OPEN_REGION }, write_as_told, narrow },
	{ "window-read-only", .set_up = { .region_access = OPEN_REGION }, write_as_told, read_only_window },
	{ "window-local-use", .set_up = { .region_access = OPEN_REGION }, write_as_told, local_use },
	{ "window-beyond", .set_up = { .region_access = OPEN_REGION }, write_as_told, bind_beyond },
	{ "window-unknown-rights", .set_up = { .region_access = OPEN_REGION }, write_as_told, bind_unknown_rights },
	{ "window-without-right", .set_up = { .region_access = ALL_ACCESS }, write_as_told, bind_without_right },
	{ "window-writable-over-read-only", .set_up = { .region_access = IBV_ACCESS_MW_BIND }, write_as_told, bind_writable_over_read_only },
	{ "window-empty", .set_up = { .region_access = OPEN_REGION }, write_as_told, bind_empty },
	{ "window-zero-based-type-1", .set_up = { .region_access = OPEN_REGION }, write_as_told, bind_zero_based_type_1 },
	{ "window-twice", .set_up = { .region_access = OPEN_REGION }, write_as_told, bind_twice },
	{ "window-invalidate-type-1", .set_up = { .region_access = OPEN_REGION }, write_as_told, invalidate_type_1 },
	{ "window-invalidate-region", .set_up = { .region_access = OPEN_REGION }, write_as_told, invalidate_region },
	{ "window-wrong-calls", .set_up = { .region_access = OPEN_REGION }, write_as_told, wrong_calls },
	{ "send-with-invalidate", .set_up = { .region_access = OPEN_REGION }, invalidate_theirs, be_invalidated },
	{ "send-with-wrong-invalidate", .set_up = { .region_access = OPEN_REGION }, invalidate_after_meeting, refuse_invalidation },
	{ 0 },
};
