// storms_lane.c - opens ends and lanes, and moves checked bytes over them.
#include "storms.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT = 1, DEPTH = 64,
	ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	// The parts of a window: what is sent from, what is received into, what a peer writes to, a counter.
	FROM = 0, INTO = PART, TARGET = 2 * PART, COUNTER = 3 * PART,
};

void open_end(struct end *end, int windows)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_port_attr port;

	REQUIRE(devices && devices[0]);
	end->context = ibv_open_device(devices[0]);
	REQUIRE(end->context);
	ibv_free_device_list(devices);
	REQUIRE(ibv_query_port(end->context, PORT, &port) == 0);
	end->lid = port.lid;
	end->link_layer = port.link_layer;
	end->gid_index = port.link_layer == IBV_LINK_LAYER_ETHERNET ? 1 : 0;
	REQUIRE(ibv_query_gid(end->context, PORT, end->gid_index, &end->gid) == 0);
	end->domain = ibv_alloc_pd(end->context);
	REQUIRE(end->domain);
	size_t bytes = (size_t)windows * WINDOW;
	REQUIRE(posix_memalign((void **)&end->memory, 4096, bytes) == 0);
	memset(end->memory, 0, bytes);
	end->region = ibv_reg_mr(end->domain, end->memory, bytes, ACCESS);
	REQUIRE(end->region);
}

void close_end(struct end *end)
{
	REQUIRE(ibv_dereg_mr(end->region) == 0);
	REQUIRE(ibv_dealloc_pd(end->domain) == 0);
	REQUIRE(ibv_close_device(end->context) == 0);
	free(end->memory);
}

void open_lane(struct lane *lane, struct end *end, int window)
{
	*lane = (struct lane){ .end = end, .window = end->memory + (size_t)window * WINDOW };
	lane->queue = ibv_create_cq(end->context, 4 * DEPTH, NULL, NULL, 0);
	REQUIRE(lane->queue);
	struct ibv_qp_init_attr attributes = {
		.send_cq = lane->queue, .recv_cq = lane->queue, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	lane->pair = ibv_create_qp(end->domain, &attributes);
	REQUIRE(lane->pair);
}

struct place place_of(const struct lane *lane)
{
	return (struct place){
		.gid = lane->end->gid, .lid = lane->end->lid, .queue_pair = lane->pair->qp_num, .rkey = lane->end->region->rkey,
		.window = (uintptr_t)lane->window,
	};
}

void connect_lane(struct lane *lane, struct place peer)
{
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = ACCESS };
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS;

	REQUIRE(ibv_modify_qp(lane->pair, &attributes, mask) == 0);
	attributes.qp_state = IBV_QPS_RTR;
	attributes.path_mtu = IBV_MTU_1024;
	attributes.dest_qp_num = peer.queue_pair;
	attributes.min_rnr_timer = 1;
	attributes.max_dest_rd_atomic = 4;
	attributes.ah_attr = (struct ibv_ah_attr){ .dlid = peer.lid, .port_num = PORT };
	if (lane->end->link_layer == IBV_LINK_LAYER_ETHERNET) {
		attributes.ah_attr.is_global = 1;
		attributes.ah_attr.grh.hop_limit = 1;
		attributes.ah_attr.grh.sgid_index = lane->end->gid_index;
		attributes.ah_attr.grh.dgid = peer.gid;
	}
	mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC
		| IBV_QP_MIN_RNR_TIMER;
	REQUIRE(ibv_modify_qp(lane->pair, &attributes, mask) == 0);
	attributes.qp_state = IBV_QPS_RTS;
	attributes.timeout = lane->timeout ? lane->timeout : 20; // four seconds: a peer may be stopped, and is not dead for that
	attributes.retry_cnt = lane->retries ? lane->retries : 7;
	attributes.rnr_retry = 7;
	attributes.max_rd_atomic = 4;
	mask = IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
	REQUIRE(ibv_modify_qp(lane->pair, &attributes, mask) == 0);
	lane->peer = peer;
}

void close_lane(struct lane *lane)
{
	REQUIRE(ibv_destroy_qp(lane->pair) == 0);
	REQUIRE(ibv_destroy_cq(lane->queue) == 0);
}

void open_loop(struct lane *lane, struct end *end, int window)
{
	open_lane(lane, end, window);
	connect_lane(lane, place_of(lane));
}

static void await(struct lane *lane, int count)
{
	while (count > 0) {
		struct ibv_wc done;
		int found = ibv_poll_cq(lane->queue, 1, &done);
		REQUIRE_VALUE(found >= 0, found);
		REQUIRE_VALUE(found == 0 || done.status == IBV_WC_SUCCESS, done.status);
		count -= found;
	}
}

static void post(struct lane *lane, enum ibv_wr_opcode opcode, size_t own, size_t theirs, unsigned length)
{
	struct ibv_sge piece = { (uintptr_t)lane->window + own, length, lane->end->region->lkey };
	struct ibv_send_wr request = { .opcode = opcode, .sg_list = &piece, .num_sge = 1 }, *bad;

	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		request.wr.atomic.remote_addr = lane->peer.window + theirs;
		request.wr.atomic.rkey = lane->peer.rkey;
		request.wr.atomic.compare_add = 1;
	} else {
		request.wr.rdma.remote_addr = lane->peer.window + theirs;
		request.wr.rdma.rkey = lane->peer.rkey;
	}
	int result = ibv_post_send(lane->pair, &request, &bad);
	REQUIRE_VALUE(result == 0, result);
}

// Lengths of every way that bytes can travel.
static unsigned some_length(uint64_t *numbers)
{
	static const unsigned most[] = { 8, 88, 2048, PART };
	return 1 + below(numbers, most[below(numbers, 4)]);
}

static void fill(unsigned char *bytes, unsigned length, unsigned char value)
{
	for (unsigned i = 0; i < length; i++)
		bytes[i] = (unsigned char)(value + i * 7);
}

void one_sided_round(struct lane *lane, uint64_t *numbers)
{
	unsigned length = some_length(numbers);

	fill(lane->window + FROM, length, (unsigned char)next_number(numbers));
	memset(lane->window + INTO, 0, length);
	post(lane, IBV_WR_RDMA_WRITE, FROM, TARGET, length);
	post(lane, IBV_WR_RDMA_READ, INTO, TARGET, length);
	await(lane, 2);
	REQUIRE_VALUE(memcmp(lane->window + FROM, lane->window + INTO, length) == 0, length);
	post(lane, IBV_WR_ATOMIC_FETCH_AND_ADD, INTO, COUNTER, 8);
	await(lane, 1);
	uint64_t found;
	memcpy(&found, lane->window + INTO, 8);
	REQUIRE_VALUE(found == lane->added, found);
	lane->added++;
}

void message_round(struct lane *lane, uint64_t *numbers)
{
	unsigned length = some_length(numbers);
	struct ibv_sge into = { (uintptr_t)lane->window + INTO, length, lane->end->region->lkey };
	struct ibv_recv_wr receive = { .sg_list = &into, .num_sge = 1 }, *bad;

	fill(lane->window + FROM, length, (unsigned char)next_number(numbers));
	memset(lane->window + INTO, 0, length);
	REQUIRE(ibv_post_recv(lane->pair, &receive, &bad) == 0);
	post(lane, IBV_WR_SEND, FROM, 0, length);
	await(lane, 2);
	REQUIRE_VALUE(memcmp(lane->window + FROM, lane->window + INTO, length) == 0, length);
}

void use_inherited(struct lane *lane)
{
	struct ibv_sge piece = { (uintptr_t)lane->window, 8, lane->end->region->lkey };
	struct ibv_send_wr send = { .opcode = IBV_WR_SEND, .sg_list = &piece, .num_sge = 1 }, *bad_send = NULL;
	struct ibv_recv_wr receive = { .sg_list = &piece, .num_sge = 1 }, *bad_receive = NULL;
	struct ibv_wc done;

	REQUIRE(ibv_post_send(lane->pair, &send, &bad_send) > 0 && bad_send == &send);
	REQUIRE(ibv_post_recv(lane->pair, &receive, &bad_receive) > 0 && bad_receive == &receive);
	REQUIRE(ibv_poll_cq(lane->queue, 1, &done) < 0);
	REQUIRE(!ibv_reg_mr(lane->end->domain, lane->window, 8, IBV_ACCESS_LOCAL_WRITE));
	REQUIRE(!ibv_create_cq(lane->end->context, 1, NULL, NULL, 0));
	REQUIRE(ibv_destroy_qp(lane->pair) != 0);
	REQUIRE(ibv_dereg_mr(lane->end->region) != 0);
}
