// statuses_queue.c - queues: flushing, overrunning, refusing requests, wrong states, busy objects.
#include "statuses.h"
#include <errno.h>
#include <pthread.h>

static void nothing(struct side *side) { (void)side; }

static void post_receives(struct side *side, uint64_t first, uint64_t last)
{
	for (uint64_t id = first; id <= last; id++)
		post_receive(side, id, 0, 64);
}

static void to_error(struct side *side)
{
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_ERR };
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	expect_state(side, IBV_QPS_ERR);
}

// Everything that is posted before or after the error comes back, once and in order.
static void flush(struct side *side)
{
	post_receives(side, 1, 5);
	to_error(side);
	struct ibv_sge from = piece(side, 0, 8);
	struct ibv_send_wr first = remote(side, IBV_WR_RDMA_WRITE, 11, &from, 0), second = request(IBV_WR_SEND, 12, NULL, 0);
	// What asks for no completion gets one all the same when it fails.
	second.send_flags = 0;
	first.next = &second;
	post_send(side, &first);
	post_receives(side, 6, 7);
	for (uint64_t id = 1; id <= 7; id++)
		expect(side->received, id, IBV_WC_WR_FLUSH_ERR);
	expect(side->sent, 11, IBV_WC_WR_FLUSH_ERR);
	expect(side->sent, 12, IBV_WC_WR_FLUSH_ERR);
	expect_nothing(side->received);
	expect_nothing(side->sent);
	meet(side);
}

static void stay_whole(struct side *side)
{
	meet(side);
	expect_untouched(side, 0, PAGE);
	expect_state(side, IBV_QPS_RTS);
}

// A queue pair that was in error and was reset works again, with nothing left over.
static void reset_and_reconnect(struct side *side)
{
	post_receives(side, 1, 3);
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_RESET };
	to_error(side);
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	while (ibv_poll_cq(side->received, 1, &(struct ibv_wc){ 0 }) > 0)
		;
	meet(side);
	to_initialized(side);
	post_receive(side, 9, 64, 64);
	to_ready(side, side->peer.queue_pair);
	meet(side);
	struct ibv_sge from = piece(side, 0, 32);
	fill(side, 0, 32, side->initiator);
	struct ibv_send_wr send = request(IBV_WR_SEND, 10, &from, 1);
	post_send(side, &send);
	expect(side->sent, 10, IBV_WC_SUCCESS);
	expect(side->received, 9, IBV_WC_SUCCESS);
	expect_filled(side, 64, 32, !side->initiator);
	expect_nothing(side->received);
	expect_nothing(side->sent);
}

// The first refused request of a list is named; those before it happen, those behind it do not.
static void post_list_with_bad(struct side *side)
{
	struct ibv_sge from[64];
	for (int i = 0; i < 64; i++)
		from[i] = piece(side, 0, 8);
	struct ibv_send_wr list[3], *bad = NULL;
	for (int i = 0; i < 3; i++) {
		list[i] = remote(side, IBV_WR_RDMA_WRITE, i, from, 100 * i);
		list[i].next = i < 2 ? &list[i + 1] : NULL;
	}
	fill(side, 0, 8, 1);
	list[1].num_sge = 64;
	int result = ibv_post_send(side->pair, list, &bad);
	REQUIRE(result == EINVAL || result == ENOMEM, "%d", result);
	REQUIRE(bad == &list[1], "request %td", bad - list);
	expect(side->sent, 0, IBV_WC_SUCCESS);
	expect_nothing(side->sent);
	expect_state(side, IBV_QPS_RTS);
	meet(side);
}

static void see_only_the_first(struct side *side)
{
	meet(side);
	expect_filled(side, 0, 8, 1);
	expect_untouched(side, 8, PAGE - 8);
}

static void post_receive_list_with_bad(struct side *side)
{
	struct ibv_sge buffers[64];
	for (int i = 0; i < 64; i++)
		buffers[i] = piece(side, 0, 8);
	struct ibv_recv_wr second = { .wr_id = 2, .sg_list = buffers, .num_sge = 64 };
	struct ibv_recv_wr first = { .wr_id = 1, .sg_list = buffers, .num_sge = 1, .next = &second }, *bad = NULL;
	int result = ibv_post_recv(side->pair, &first, &bad);
	REQUIRE((result == EINVAL || result == ENOMEM) && bad == &second, "%d", result);
	to_error(side);
	expect(side->received, 1, IBV_WC_WR_FLUSH_ERR);
	expect_nothing(side->received);
}

// A queue takes as many requests as it said, and then says that it is full.
static void fill_queues(struct side *side)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr granted;
	REQUIRE(ibv_query_qp(side->pair, &attributes, IBV_QP_CAP, &granted) == 0);
	post_receives(side, 1, granted.cap.max_recv_wr);
	struct ibv_sge buffer = piece(side, 0, 8);
	struct ibv_recv_wr receive = { .sg_list = &buffer, .num_sge = 1 }, *bad_receive = NULL;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad_receive) == ENOMEM && bad_receive == &receive);
	// Nobody polls: a send request holds its place until its completion is polled.
	for (uint32_t i = 0; i < granted.cap.max_send_wr; i++) {
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, i, &buffer, 0);
		post_send(side, &write);
	}
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 0, &buffer, 0);
	REQUIRE(try_send(side, &write) == ENOMEM);
	expect(side->sent, 0, IBV_WC_SUCCESS);
	write.wr_id = 99;
	post_send(side, &write);
	meet(side);
}

static void be_written(struct side *side) { meet(side); }

static void refuse_inline(struct side *side)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr granted;
	REQUIRE(ibv_query_qp(side->pair, &attributes, IBV_QP_CAP, &granted) == 0);
	struct ibv_sge from = piece(side, 0, granted.cap.max_inline_data + 1);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 0);
	write.send_flags |= IBV_SEND_INLINE;
	int result = try_send(side, &write);
	REQUIRE(result == EINVAL || result == ENOMEM, "%d", result);
	struct ibv_send_wr read = remote(side, IBV_WR_RDMA_READ, 2, &from, 0);
	from.length = 8;
	read.send_flags |= IBV_SEND_INLINE;
	REQUIRE(try_send(side, &read) != 0);
	expect_nothing(side->sent);
}

// What may be posted in which state, and which transitions there are.
static void walk_states(struct side *side)
{
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, NULL, 0);
	struct ibv_sge buffer = piece(side, 0, 8);
	struct ibv_recv_wr receive = { .sg_list = &buffer, .num_sge = 1 }, *bad;
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_RTS };

	expect_state(side, IBV_QPS_RESET);
	REQUIRE(try_send(side, &send) == EINVAL);
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == EINVAL);
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == EINVAL);
	attributes.qp_state = IBV_QPS_INIT;
	// Attributes that the transition needs are missing.
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == EINVAL);
	expect_state(side, IBV_QPS_RESET);
	to_initialized(side);
	REQUIRE(try_send(side, &send) == EINVAL);
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	attributes.qp_state = IBV_QPS_RTR;
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == EINVAL);
	expect_state(side, IBV_QPS_INIT);
	attributes.qp_state = IBV_QPS_ERR;
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
	expect(side->received, 0, IBV_WC_WR_FLUSH_ERR);
	attributes.qp_state = IBV_QPS_INIT;
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == EINVAL);
}

// More completions than the queue holds: the queue is lost and says so; nothing is overwritten.
static void overrun_own(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 8);
	int room = side->sent->cqe;
	for (int i = 0; i <= room; i++) {
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, i, &from, 0);
		if (try_send(side, &write) != 0)
			break;
	}
	// The queue pair that could not complete is lost too: its event may come first.
	struct ibv_async_event event;
	do {
		REQUIRE(ibv_get_async_event(side->context, &event) == 0);
		REQUIRE(event.event_type == IBV_EVENT_CQ_ERR || event.event_type == IBV_EVENT_QP_FATAL);
		ibv_ack_async_event(&event);
	} while (event.event_type != IBV_EVENT_CQ_ERR);
	REQUIRE(event.element.cq == side->sent);
	meet(side);
}

// An object that others use cannot be destroyed.
static void destroy_busy(struct side *side)
{
	REQUIRE(ibv_dealloc_pd(side->domain) == EBUSY);
	REQUIRE(ibv_destroy_cq(side->sent) == EBUSY);
	REQUIRE(ibv_destroy_cq(side->received) == EBUSY);
	REQUIRE(ibv_destroy_comp_channel(side->channel) == EBUSY);
}

static void refuse_too_much(struct side *side)
{
	struct ibv_device_attr limits;
	REQUIRE(ibv_query_device(side->context, &limits) == 0);
	REQUIRE(!ibv_create_cq(side->context, limits.max_cqe + 1, NULL, NULL, 0));
	REQUIRE(!ibv_create_cq(side->context, 1, NULL, NULL, side->context->num_comp_vectors));
	struct ibv_qp_init_attr attributes = {
		.send_cq = side->sent, .recv_cq = side->received, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1, .max_inline_data = 1 << 20 },
	};
	REQUIRE(!ibv_create_qp(side->domain, &attributes));
	attributes.cap.max_inline_data = 0;
	attributes.cap.max_send_wr = limits.max_qp_wr + 1;
	REQUIRE(!ibv_create_qp(side->domain, &attributes));
	attributes.cap.max_send_wr = 1;
	attributes.cap.max_send_sge = limits.max_sge + 1;
	REQUIRE(!ibv_create_qp(side->domain, &attributes));
	// The right to write from afar without the right to write at home is no right at all.
	REQUIRE(!ibv_reg_mr(side->domain, side->memory, PAGE, IBV_ACCESS_REMOTE_WRITE));
	REQUIRE(!ibv_reg_mr(side->domain, side->memory, PAGE, IBV_ACCESS_REMOTE_ATOMIC));
}

// Memory that is not there cannot be registered.
static void register_nothing(struct side *side)
{
	errno = 0;
	REQUIRE(!ibv_reg_mr(side->domain, (void *)(uintptr_t)PAGE, PAGE, IBV_ACCESS_LOCAL_WRITE));
	REQUIRE(errno == EFAULT || errno == ENOMEM, "errno %d", errno);
	static const char constant[PAGE] __attribute__((aligned(4096))) = "read only";
	REQUIRE(!ibv_reg_mr(side->domain, (void *)(uintptr_t)constant, PAGE, IBV_ACCESS_LOCAL_WRITE));
	REQUIRE(errno == EFAULT, "errno %d", errno);
}

const struct scenario queue_scenarios[] = {
	{ "flush", { .unsignalled = true }, flush, stay_whole },
	{ "reset", { 0 }, reset_and_reconnect, reset_and_reconnect },
	{ "bad-send-request", { 0 }, post_list_with_bad, see_only_the_first },
	{ "bad-receive-request", { 0 }, post_receive_list_with_bad, nothing },
	{ "full-queues", { .sends = 16, .receives = 16 }, fill_queues, be_written },
	{ "inline-too-long", { 0 }, refuse_inline, nothing },
	{ "states", { .alone = true }, walk_states, walk_states },
	{ "overrun", { .completions = 4, .sends = 1024 }, overrun_own, be_written },
	{ "busy", { .with_channel = true }, destroy_busy, destroy_busy },
	{ "limits", { 0 }, refuse_too_much, refuse_too_much },
	{ "unmapped-memory", { 0 }, register_nothing, nothing },
	{ 0 },
};
