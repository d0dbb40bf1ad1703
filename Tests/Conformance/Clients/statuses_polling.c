// statuses_polling.c - extended completion queues: fields, runs, timestamps, overrun; and parent domains.
#include "statuses.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { HEADER = 40, QUEUE_KEY = 0x1ee7, SECOND = 1000000000 };

#define TIMES (IBV_WC_EX_WITH_COMPLETION_TIMESTAMP | IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK)

static struct ibv_cq_ex *extended(struct ibv_cq *queue) { return (struct ibv_cq_ex *)queue; }

// Starts a run, however long it takes until there is a completion.
static struct ibv_cq_ex *start(struct ibv_cq *queue)
{
	struct ibv_poll_cq_attr none = { 0 };
	int result;
	do {
		result = ibv_start_poll(extended(queue), &none);
	} while (result == ENOENT);
	REQUIRE(result == 0, "start_poll: %d", result);
	return extended(queue);
}

static void send_fields(struct side *side)
{
	fill(side, 0, 300, 1);
	meet(side);
	struct ibv_sge from = piece(side, 0, 300);
	struct ibv_send_wr send = request(IBV_WR_SEND_WITH_IMM, 0x1234567890abcdef, &from, 1);
	send.imm_data = htonl(0xcafe0001);
	post_send(side, &send);
	struct ibv_cq_ex *queue = start(side->sent);
	REQUIRE(queue->wr_id == 0x1234567890abcdef && queue->status == IBV_WC_SUCCESS);
	REQUIRE(ibv_wc_read_opcode(queue) == IBV_WC_SEND && ibv_wc_read_vendor_err(queue) == 0);
	REQUIRE(ibv_wc_read_qp_num(queue) == side->pair->qp_num);
	ibv_end_poll(queue);
	meet(side);
}

static void receive_fields(struct side *side)
{
	post_receive(side, 77, 100, 300);
	meet(side);
	struct ibv_cq_ex *queue = start(side->received);
	REQUIRE(queue->wr_id == 77 && queue->status == IBV_WC_SUCCESS);
	REQUIRE(ibv_wc_read_opcode(queue) == IBV_WC_RECV && ibv_wc_read_byte_len(queue) == 300);
	REQUIRE(ibv_wc_read_wc_flags(queue) == IBV_WC_WITH_IMM && ntohl(ibv_wc_read_imm_data(queue)) == 0xcafe0001);
	REQUIRE(ibv_wc_read_qp_num(queue) == side->pair->qp_num);
	REQUIRE(ibv_wc_read_sl(queue) == 0 && ibv_wc_read_dlid_path_bits(queue) == 0);
	// The payload is in place before the run ends.
	expect_filled(side, 100, 300, 1);
	REQUIRE(ibv_next_poll(queue) == ENOENT);
	ibv_end_poll(queue);
	// Nothing has begun where there is nothing: no end is due.
	struct ibv_poll_cq_attr none = { 0 }, unknown = { .comp_mask = 1 };
	REQUIRE(ibv_start_poll(queue, &none) == ENOENT && ibv_start_poll(queue, &none) == ENOENT);
	REQUIRE(ibv_start_poll(queue, &unknown) == EINVAL);
	expect_nothing(side->received);
	meet(side);
}

static void send_datagram_fields(struct side *side)
{
	struct ibv_ah_attr address = address_of_peer(side);
	struct ibv_ah *handle = ibv_create_ah(side->domain, &address);
	REQUIRE(handle);
	meet(side);
	struct ibv_sge from = piece(side, 0, 64);
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, &from, 1);
	send.wr.ud.ah = handle;
	send.wr.ud.remote_qpn = side->peer.queue_pair;
	send.wr.ud.remote_qkey = QUEUE_KEY;
	post_send(side, &send);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(ibv_destroy_ah(handle) == 0);
}

static void receive_datagram_fields(struct side *side)
{
	post_receive(side, 1, 0, 200);
	meet(side);
	struct ibv_cq_ex *queue = start(side->received);
	REQUIRE(queue->status == IBV_WC_SUCCESS && ibv_wc_read_byte_len(queue) == HEADER + 64);
	REQUIRE(ibv_wc_read_src_qp(queue) == side->peer.queue_pair);
	bool by_gid = side->link_layer == IBV_LINK_LAYER_ETHERNET;
	REQUIRE(ibv_wc_read_wc_flags(queue) == (by_gid ? IBV_WC_GRH : 0));
	REQUIRE(by_gid || ibv_wc_read_slid(queue) == side->peer.lid);
	ibv_end_poll(queue);
}

static uint64_t raw_clock(struct side *side)
{
	struct ibv_values_ex values = { .comp_mask = IBV_VALUES_MASK_RAW_CLOCK };
	REQUIRE(ibv_query_rt_values_ex(side->context, &values) == 0 && values.comp_mask == IBV_VALUES_MASK_RAW_CLOCK);
	return values.raw_clock.tv_sec * (uint64_t)SECOND + values.raw_clock.tv_nsec;
}

static uint64_t wall_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * (uint64_t)SECOND + now.tv_nsec;
}

enum { LENGTHS = 220 };

// Each length once: the time travels beside small payloads, and must not displace a byte of them.
static void send_times(struct side *side)
{
	struct ibv_device_attr_ex device;
	REQUIRE(ibv_query_device_ex(side->context, NULL, &device) == 0);
	REQUIRE(device.completion_timestamp_mask == UINT64_MAX && device.hca_core_clock == 1000000);
	fill(side, 0, LENGTHS, 5);
	uint64_t before = raw_clock(side);
	for (size_t length = 0; length < LENGTHS; length++) {
		meet(side);
		struct ibv_sge from = piece(side, 0, length);
		struct ibv_send_wr send = request(IBV_WR_SEND, length, &from, 1);
		post_send(side, &send);
		struct ibv_cq_ex *queue = start(side->sent);
		REQUIRE(queue->wr_id == length);
		uint64_t time = ibv_wc_read_completion_ts(queue);
		REQUIRE(time >= before && time <= raw_clock(side), "%lu after %lu", time, before);
		before = time;
		ibv_end_poll(queue);
	}
	meet(side);
}

static void receive_times(struct side *side)
{
	for (size_t length = 0; length < LENGTHS; length++) {
		memset(side->memory, 0xa5, PAGE);
		post_receive(side, length, 0, LENGTHS);
		uint64_t before = raw_clock(side), wall_before = wall_clock();
		meet(side);
		struct ibv_cq_ex *queue = start(side->received);
		REQUIRE(queue->wr_id == length && ibv_wc_read_byte_len(queue) == length);
		uint64_t time = ibv_wc_read_completion_ts(queue), wall = ibv_wc_read_completion_wallclock_ns(queue);
		REQUIRE(time >= before && time <= raw_clock(side));
		// A second's tolerance is for a clock that is being set.
		REQUIRE(wall + SECOND > wall_before && wall < wall_clock() + SECOND);
		ibv_end_poll(queue);
		expect_filled(side, 0, length, 5);
		expect_untouched(side, length, PAGE - length);
	}
	meet(side);
}

enum { MESSAGES = 300, POLLERS = 3 };

static void send_many(struct side *side)
{
	meet(side);
	for (uint64_t id = 0; id < MESSAGES; id++) {
		struct ibv_sge from = piece(side, 0, 8);
		struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
		post_send(side, &send);
		expect(side->sent, id, IBV_WC_SUCCESS);
	}
	meet(side);
}

struct pollers {
	struct side *side;
	unsigned seen[MESSAGES];
};

// Runs of whatever length; each receive that is polled is posted again in the middle of the run.
static void *poll_runs(void *argument)
{
	struct pollers *pollers = argument;
	struct side *side = pollers->side;
	struct ibv_poll_cq_attr none = { 0 };
	for (;;) {
		int result = ibv_start_poll(extended(side->received), &none);
		if (result == ENOENT) {
			unsigned total = 0;
			for (int i = 0; i < MESSAGES; i++)
				total += __atomic_load_n(&pollers->seen[i], __ATOMIC_RELAXED);
			if (total == MESSAGES)
				return NULL;
			continue;
		}
		for (; result == 0; result = ibv_next_poll(extended(side->received))) {
			uint64_t id = extended(side->received)->wr_id;
			REQUIRE(extended(side->received)->status == IBV_WC_SUCCESS && id < MESSAGES);
			__atomic_add_fetch(&pollers->seen[id], 1, __ATOMIC_RELAXED);
		}
		REQUIRE(result == ENOENT, "next_poll: %d", result);
		ibv_end_poll(extended(side->received));
	}
}

static void receive_many(struct side *side)
{
	struct pollers pollers = { .side = side };
	pthread_t threads[POLLERS];
	for (uint64_t id = 0; id < MESSAGES; id++)
		post_receive(side, id, 8 * (id % 100), 8);
	for (int i = 0; i < POLLERS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, poll_runs, &pollers) == 0);
	meet(side);
	for (int i = 0; i < POLLERS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	for (int i = 0; i < MESSAGES; i++)
		REQUIRE(pollers.seen[i] == 1, "%d: %u times", i, pollers.seen[i]);
	meet(side);
}

enum { PLACES = 4, LENGTH = 400 };

// Its own completions beyond the queue's size are lost; the peer's messages wait. Nobody ends in error.
static void send_too_many(struct side *side)
{
	meet(side);
	for (uint64_t id = 0; id < 2 * PLACES; id++) {
		struct ibv_sge from = piece(side, 0, 8);
		struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, id, &from, 0);
		post_send(side, &write);
	}
	for (uint64_t id = 0; id < PLACES; id++)
		expect(side->sent, id, IBV_WC_SUCCESS);
	expect_nothing(side->sent);
	for (uint64_t id = 0; id < 2 * PLACES; id++) {
		struct ibv_sge from = piece(side, LENGTH * id, LENGTH);
		memset(side->memory + LENGTH * id, (int)id + 1, LENGTH);
		struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
		post_send(side, &send);
		if (id + 1 == PLACES)
			for (uint64_t polled = 0; polled < PLACES; polled++)
				expect(side->sent, polled, IBV_WC_SUCCESS);
	}
	meet(side);
	for (uint64_t id = PLACES; id < 2 * PLACES; id++)
		expect(side->sent, id, IBV_WC_SUCCESS);
	meet(side);
	expect_no_event(side);
	expect_state(side, IBV_QPS_RTS);
}

static void receive_too_many(struct side *side)
{
	for (uint64_t id = 0; id < 2 * PLACES; id++)
		post_receive(side, id, LENGTH * id, LENGTH);
	meet(side);
	meet(side);
	for (uint64_t id = 0; id < 2 * PLACES; id++) {
		expect(side->received, id, IBV_WC_SUCCESS);
		for (int i = 0; i < LENGTH; i++)
			REQUIRE(side->memory[LENGTH * id + i] == id + 1);
	}
	meet(side);
	expect_no_event(side);
	expect_state(side, IBV_QPS_RTS);
}

// In the middle of a run, a program may do with the queue's objects what it may do outside.
static void tear_down_in_a_run(struct side *side)
{
	struct ibv_mr *region = ibv_reg_mr(side->domain, side->memory + 2048, 64, ALL_ACCESS);
	REQUIRE(region);
	struct ibv_sge into = { .addr = (uintptr_t)side->memory + 2048, .length = 64, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &into, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	post_receive(side, 2, 0, 64);
	meet(side);
	struct ibv_cq_ex *queue = start(side->received);
	REQUIRE(queue->wr_id == 1 && queue->status == IBV_WC_SUCCESS);
	REQUIRE(ibv_dereg_mr(region) == 0);
	expect(side->received, 2, IBV_WC_SUCCESS);
	// What the run stands at is not touched by any of it.
	REQUIRE(queue->wr_id == 1 && ibv_wc_read_byte_len(queue) == 64);
	REQUIRE(ibv_destroy_qp(side->pair) == 0);
	side->pair = NULL;
	REQUIRE(ibv_next_poll(queue) == ENOENT);
	ibv_end_poll(queue);
	expect_filled(side, 2048, 64, 6);
	meet(side);
}

static void send_two(struct side *side)
{
	fill(side, 0, 64, 6);
	meet(side);
	for (uint64_t id = 1; id <= 2; id++) {
		struct ibv_sge from = piece(side, 0, 64);
		struct ibv_send_wr send = request(IBV_WR_SEND, id, &from, 1);
		post_send(side, &send);
		expect(side->sent, id, IBV_WC_SUCCESS);
	}
	meet(side);
}

static void send_refused(struct side *side)
{
	meet(side);
	struct ibv_sge from = piece(side, 0, 8);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 9, &from, 0);
	write.wr.rdma.rkey ^= 0x55;
	post_send(side, &write);
	struct ibv_cq_ex *queue = start(side->sent);
	REQUIRE(queue->wr_id == 9 && queue->status == IBV_WC_REM_ACCESS_ERR && ibv_wc_read_qp_num(queue) == side->pair->qp_num);
	ibv_end_poll(queue);
	meet(side);
}

static void refuse(struct side *side)
{
	post_receive(side, 3, 0, 8);
	meet(side);
	meet(side);
	struct ibv_cq_ex *queue = start(side->received);
	REQUIRE(queue->wr_id == 3 && queue->status == IBV_WC_WR_FLUSH_ERR);
	ibv_end_poll(queue);
}

static void refuse_creation(struct side *side, struct ibv_cq_init_attr_ex attributes, int expected)
{
	errno = 0;
	REQUIRE(ibv_create_cq_ex(side->context, &attributes) == NULL);
	REQUIRE(errno == expected, "errno %d, not %d", errno, expected);
}

static void ask_for_what_is_not_served(struct side *side)
{
	static const uint64_t fields[] = { IBV_WC_EX_WITH_CVLAN, IBV_WC_EX_WITH_FLOW_TAG, IBV_WC_EX_WITH_TM_INFO, 1 << 12, 1ull << 63 };
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .wc_flags = fields[i] }, EOPNOTSUPP);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .comp_mask = 1 << 2 }, EINVAL);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS, .flags = 1 << 2 }, EINVAL);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 0 }, EINVAL);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = UINT32_MAX }, EINVAL);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .comp_vector = side->context->num_comp_vectors }, EINVAL);
	// A plain domain is no parent domain.
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD, .parent_domain = side->domain }, EINVAL);
	refuse_creation(side, (struct ibv_cq_init_attr_ex){ .cqe = 8, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD }, EINVAL);
	meet(side);
}

static void nothing(struct side *side) { meet(side); }

// Everything of this side was made on a parent domain; what is under it cannot go before it.
static void write_from_parent_domain(struct side *side)
{
	REQUIRE(ibv_dealloc_pd(side->base_domain) == EBUSY && ibv_dealloc_td(side->thread) == EBUSY);
	REQUIRE(ibv_dealloc_pd(side->domain) == EBUSY);
	// Memory of the plain domain under it is of the same domain.
	struct ibv_mr *region = ibv_reg_mr(side->base_domain, side->memory, PAGE, ALL_ACCESS);
	REQUIRE(region);
	fill(side, 0, 100, 4);
	struct ibv_sge from = piece(side, 0, 100);
	from.lkey = region->lkey;
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 50);
	post_send(side, &write);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	REQUIRE(ibv_dereg_mr(region) == 0);
	meet(side);
	struct ibv_sge next = piece(side, 0, 100);
	struct ibv_send_wr send = request(IBV_WR_SEND, 2, &next, 1);
	post_send(side, &send);
	expect(side->sent, 2, IBV_WC_SUCCESS);
	meet(side);
}

static void receive_in_parent_domain(struct side *side)
{
	post_receive(side, 5, 1000, 100);
	meet(side);
	expect_filled(side, 50, 100, 4);
	expect(side->received, 5, IBV_WC_SUCCESS);
	expect_filled(side, 1000, 100, 4);
	meet(side);
}

static void *no_memory(struct ibv_pd *domain, void *context, size_t size, size_t alignment, uint64_t type)
{
	(void)domain, (void)context, (void)size, (void)alignment, (void)type;
	return NULL;
}

static void give_back(struct ibv_pd *domain, void *context, void *place, uint64_t type)
{
	(void)domain, (void)context, (void)place, (void)type;
}

static void make_domains(struct side *side)
{
	struct ibv_td_init_attr unknown = { .comp_mask = 1 }, none = { 0 };
	errno = 0;
	REQUIRE(ibv_alloc_td(side->context, &unknown) == NULL && errno == EINVAL);
	struct ibv_td *thread = ibv_alloc_td(side->context, &none);
	REQUIRE(thread);
	struct ibv_parent_domain_init_attr attributes = { .td = thread };
	errno = 0;
	REQUIRE(ibv_alloc_parent_domain(side->context, &attributes) == NULL && errno == EINVAL);
	attributes.pd = side->domain;
	attributes.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS;
	attributes.alloc = no_memory;
	attributes.free = give_back;
	errno = 0;
	REQUIRE(ibv_alloc_parent_domain(side->context, &attributes) == NULL && errno == EOPNOTSUPP);
	attributes.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT;
	struct ibv_pd *parent = ibv_alloc_parent_domain(side->context, &attributes);
	REQUIRE(parent && parent->handle == side->domain->handle && parent->context == side->context);
	// What was refused left nothing behind that would keep these.
	REQUIRE(ibv_dealloc_td(thread) == EBUSY && ibv_dealloc_pd(parent) == 0 && ibv_dealloc_td(thread) == 0);
	attributes = (struct ibv_parent_domain_init_attr){ .pd = side->domain };
	parent = ibv_alloc_parent_domain(side->context, &attributes);
	REQUIRE(parent && ibv_dealloc_pd(parent) == 0);
	meet(side);
}

const struct scenario polling_scenarios[] = {
	{ "polling-fields", { .fields = IBV_WC_STANDARD_FLAGS }, send_fields, receive_fields },
	{ "polling-datagram-fields", { .type = IBV_QPT_UD, .fields = IBV_WC_STANDARD_FLAGS }, send_datagram_fields, receive_datagram_fields },
	{ "polling-times", { .fields = IBV_WC_STANDARD_FLAGS | TIMES }, send_times, receive_times },
	{ "polling-times-shared", { .fields = IBV_WC_STANDARD_FLAGS | TIMES, .shared_receives = true }, send_times, receive_times },
	{ "polling-threads", { .fields = IBV_WC_STANDARD_FLAGS, .receives = 512, .completions = 512, .waits = 7 }, send_many, receive_many },
	{ "polling-overrun-ignored", { .queue_flags = IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN, .completions = PLACES, .waits = 7 },
	  send_too_many, receive_too_many },
	{ "polling-single-threaded", { .fields = IBV_WC_STANDARD_FLAGS, .queue_flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED },
	  send_fields, receive_fields },
	{ "polling-tear-down", { .fields = IBV_WC_STANDARD_FLAGS, .waits = 7 }, send_two, tear_down_in_a_run },
	{ "polling-errors", { .fields = IBV_WC_STANDARD_FLAGS }, send_refused, refuse },
	{ "polling-not-served", { 0 }, ask_for_what_is_not_served, nothing },
	{ "parent-domain", { .parent_domain = true }, write_from_parent_domain, receive_in_parent_domain },
	{ "parent-domain-shared-receives", { .parent_domain = true, .shared_receives = true }, write_from_parent_domain, receive_in_parent_domain },
	{ "parent-domain-rules", { 0 }, make_domains, nothing },
	{ 0 },
};
