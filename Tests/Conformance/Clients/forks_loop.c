// forks_loop.c - opens, exercises and closes a queue pair that is connected to itself.
#include "forks.h"
#include <stdlib.h>
#include <string.h>

enum { BYTES = 4096, HALF = 2048, PORT = 1 };

static void open_objects(struct loop *loop)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	REQUIRE(devices && devices[0]);
	loop->context = ibv_open_device(devices[0]);
	REQUIRE(loop->context);
	ibv_free_device_list(devices);
	loop->domain = ibv_alloc_pd(loop->context);
	loop->channel = ibv_create_comp_channel(loop->context);
	REQUIRE(loop->domain && loop->channel);
	loop->queue = ibv_create_cq(loop->context, 64, NULL, loop->channel, 0);
	REQUIRE(loop->queue);
	REQUIRE(posix_memalign((void **)&loop->memory, BYTES, BYTES) == 0);
	loop->region = ibv_reg_mr(loop->domain, loop->memory, BYTES, IBV_ACCESS_LOCAL_WRITE);
	REQUIRE(loop->region);
	struct ibv_qp_init_attr attributes = {
		.send_cq = loop->queue, .recv_cq = loop->queue, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	loop->pair = ibv_create_qp(loop->domain, &attributes);
	REQUIRE(loop->pair);
}

static void connect_to_self(struct loop *loop)
{
	struct ibv_port_attr port;
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = PORT };
	REQUIRE(ibv_query_port(loop->context, PORT, &port) == 0);
	REQUIRE(ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == 0);
	attributes.qp_state = IBV_QPS_RTR;
	attributes.path_mtu = IBV_MTU_1024;
	attributes.dest_qp_num = loop->pair->qp_num;
	attributes.min_rnr_timer = 1;
	attributes.ah_attr = (struct ibv_ah_attr){ .dlid = port.lid, .port_num = PORT };
	if (port.link_layer == IBV_LINK_LAYER_ETHERNET) {
		attributes.ah_attr.is_global = 1;
		attributes.ah_attr.grh.hop_limit = 1;
		attributes.ah_attr.grh.sgid_index = 1;
		REQUIRE(ibv_query_gid(loop->context, PORT, 1, &attributes.ah_attr.grh.dgid) == 0);
	}
	REQUIRE(ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
			      IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) == 0);
	attributes.qp_state = IBV_QPS_RTS;
	attributes.timeout = 14;
	attributes.retry_cnt = attributes.rnr_retry = 7;
	REQUIRE(ibv_modify_qp(loop->pair, &attributes, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			      IBV_QP_MAX_QP_RD_ATOMIC) == 0);
}

void open_loop(struct loop *loop)
{
	open_objects(loop);
	connect_to_self(loop);
}

void exercise(struct loop *loop, unsigned char value)
{
	struct ibv_sge from = { .addr = (uintptr_t)loop->memory, .length = HALF, .lkey = loop->region->lkey };
	struct ibv_sge into = { .addr = (uintptr_t)loop->memory + HALF, .length = HALF, .lkey = loop->region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 1, .sg_list = &into, .num_sge = 1 }, *bad_receive;
	struct ibv_send_wr send = { .wr_id = 2, .opcode = IBV_WR_SEND, .sg_list = &from, .num_sge = 1 }, *bad_send;

	memset(loop->memory, value, HALF);
	memset(loop->memory + HALF, (unsigned char)~value, HALF);
	REQUIRE(ibv_post_recv(loop->pair, &receive, &bad_receive) == 0);
	REQUIRE(ibv_post_send(loop->pair, &send, &bad_send) == 0);
	for (int seen = 0; seen < 2;) {
		struct ibv_wc done;
		int count = ibv_poll_cq(loop->queue, 1, &done);
		REQUIRE(count >= 0);
		REQUIRE(count == 0 || done.status == IBV_WC_SUCCESS);
		seen += count;
	}
	for (int i = 0; i < HALF; i++)
		REQUIRE(loop->memory[HALF + i] == value);
}

void close_loop(struct loop *loop)
{
	REQUIRE(ibv_destroy_qp(loop->pair) == 0);
	REQUIRE(ibv_dereg_mr(loop->region) == 0);
	REQUIRE(ibv_destroy_cq(loop->queue) == 0);
	REQUIRE(ibv_destroy_comp_channel(loop->channel) == 0);
	REQUIRE(ibv_dealloc_pd(loop->domain) == 0);
	REQUIRE(ibv_close_device(loop->context) == 0);
	free(loop->memory);
}
