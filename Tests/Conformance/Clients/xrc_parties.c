// xrc_parties.c - setting up the three parties, posting and polling.
#include "xrc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void tell(struct party *party, enum role role, uint64_t word)
{
	REQUIRE(write(party->sockets[role], &word, sizeof word) == sizeof word);
}

uint64_t hear(struct party *party, enum role role)
{
	uint64_t word;
	REQUIRE(read(party->sockets[role], &word, sizeof word) == sizeof word);
	return word;
}

struct ibv_xrcd *open_domain(struct ibv_context *context, int file, int flags)
{
	struct ibv_xrcd_init_attr attributes = { .comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS, .fd = file, .oflags = flags };
	return ibv_open_xrcd(context, &attributes);
}

static void open_taker(struct party *party)
{
	struct ibv_srq_init_attr_ex attributes = {
		.attr = { .max_wr = RECEIVES, .max_sge = 2 },
		.comp_mask = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ | IBV_SRQ_INIT_ATTR_PD,
		.srq_type = IBV_SRQT_XRC, .xrcd = party->shared, .cq = party->completions, .pd = party->domain,
	};
	party->queue = ibv_create_srq_ex(party->context, &attributes);
	REQUIRE(party->queue);
	REQUIRE(ibv_get_srq_num(party->queue, &party->queue_number) == 0);
}

static void open_pair(struct party *party)
{
	struct ibv_qp_init_attr_ex attributes = { .qp_type = IBV_QPT_XRC_RECV, .comp_mask = IBV_QP_INIT_ATTR_XRCD, .xrcd = party->shared };
	if (party->role == POSTER) {
		attributes.qp_type = IBV_QPT_XRC_SEND;
		attributes.comp_mask = IBV_QP_INIT_ATTR_PD;
		attributes.pd = party->domain;
		attributes.send_cq = party->completions;
		attributes.sq_sig_all = 1;
		attributes.cap = (struct ibv_qp_cap){ .max_send_wr = RECEIVES, .max_send_sge = 2 };
	}
	party->pair = ibv_create_qp_ex(party->context, &attributes);
	REQUIRE(party->pair);
}

void open_party(struct party *party, bool taker_alone)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	REQUIRE(devices && devices[0]);
	party->context = ibv_open_device(devices[0]);
	REQUIRE(party->context);
	ibv_free_device_list(devices);
	party->domain = ibv_alloc_pd(party->context);
	party->completions = ibv_create_cq(party->context, 64, NULL, NULL, 0);
	bool alone = taker_alone && party->role == TAKER;
	party->shared = open_domain(party->context, alone ? -1 : party->file, O_CREAT);
	REQUIRE(party->domain && party->completions && party->shared);
	party->memory = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rights = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC;
	party->region = ibv_reg_mr(party->domain, party->memory, BUFFER, rights);
	REQUIRE(party->region);
	if (party->role == TAKER)
		open_taker(party);
	else
		open_pair(party);
}

static void to_ready(struct party *party, uint32_t peer, uint32_t packet, uint32_t peer_packet, struct ibv_port_attr *port)
{
	int rights = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC;
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = rights };
	REQUIRE(ibv_modify_qp(party->pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == 0);
	attributes = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = peer, .rq_psn = peer_packet,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 1, .ah_attr = { .port_num = 1, .dlid = port->lid },
	};
	if (port->link_layer == IBV_LINK_LAYER_ETHERNET) {
		attributes.ah_attr.is_global = 1;
		attributes.ah_attr.grh.hop_limit = 1;
		REQUIRE(ibv_query_gid(party->context, 1, 1, &attributes.ah_attr.grh.dgid) == 0);
		attributes.ah_attr.grh.sgid_index = 1;
	}
	// Both halves get what a whole connection would: what is the other half's is ignored.
	REQUIRE(ibv_modify_qp(party->pair, &attributes,
			      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				      IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) == 0);
	attributes = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTS, .sq_psn = packet, .timeout = 12, .retry_cnt = 3, .rnr_retry = 7, .max_rd_atomic = 4,
	};
	REQUIRE(ibv_modify_qp(party->pair, &attributes,
			      IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				      IBV_QP_MAX_QP_RD_ATOMIC) == 0);
}

// Everybody learns the numbers; the poster and the owner connect.
void connect_parties(struct party *party)
{
	struct ibv_port_attr port;
	REQUIRE(ibv_query_port(party->context, 1, &port) == 0);
	if (party->role == TAKER) {
		tell(party, POSTER, party->queue_number);
		tell(party, POSTER, (uintptr_t)party->memory);
		tell(party, POSTER, party->region->rkey);
		party->target_number = (uint32_t)hear(party, OWNER);
	} else if (party->role == OWNER) {
		party->target_number = party->pair->qp_num;
		tell(party, POSTER, party->target_number);
		to_ready(party, (uint32_t)hear(party, POSTER), 200, 100, &port);
		tell(party, TAKER, party->target_number);
		tell(party, POSTER, 1);
	} else {
		party->queue_number = (uint32_t)hear(party, TAKER);
		party->remote_start = hear(party, TAKER);
		party->remote_key = (uint32_t)hear(party, TAKER);
		party->target_number = (uint32_t)hear(party, OWNER);
		tell(party, OWNER, party->pair->qp_num);
		to_ready(party, party->target_number, 100, 200, &port);
		REQUIRE(hear(party, OWNER) == 1);
	}
}

void close_party(struct party *party)
{
	if (party->pair)
		REQUIRE(ibv_destroy_qp(party->pair) == 0);
	if (party->queue) {
		REQUIRE(ibv_close_xrcd(party->shared) == EBUSY);
		REQUIRE(ibv_destroy_srq(party->queue) == 0);
	}
	REQUIRE(ibv_close_xrcd(party->shared) == 0);
	REQUIRE(ibv_dereg_mr(party->region) == 0);
	REQUIRE(ibv_destroy_cq(party->completions) == 0);
	REQUIRE(ibv_dealloc_pd(party->domain) == 0);
	REQUIRE(ibv_close_device(party->context) == 0);
}

void post_receive(struct party *party, uint64_t id, size_t offset, size_t length)
{
	struct ibv_sge piece = { (uintptr_t)party->memory + offset, (uint32_t)length, party->region->lkey };
	struct ibv_recv_wr request = { .wr_id = id, .sg_list = &piece, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_srq_recv(party->queue, &request, &bad) == 0);
}

void post(struct party *party, enum ibv_wr_opcode opcode, uint64_t id, size_t offset, size_t length)
{
	struct ibv_sge piece = { (uintptr_t)party->memory + offset, (uint32_t)length, party->region->lkey };
	struct ibv_send_wr request = { .wr_id = id, .sg_list = &piece, .num_sge = 1, .opcode = opcode, .imm_data = (uint32_t)id }, *bad;
	request.qp_type.xrc.remote_srqn = party->queue_number;
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		request.wr.atomic.remote_addr = party->remote_start + offset;
		request.wr.atomic.rkey = party->remote_key;
		request.wr.atomic.compare_add = id;
	} else {
		request.wr.rdma.remote_addr = party->remote_start + offset;
		request.wr.rdma.rkey = party->remote_key;
	}
	REQUIRE(ibv_post_send(party->pair, &request, &bad) == 0);
}

struct ibv_wc completion(struct party *party)
{
	struct ibv_wc found;
	int count;
	while ((count = ibv_poll_cq(party->completions, 1, &found)) == 0)
		;
	REQUIRE_VALUE(count == 1, count);
	return found;
}

void expect(struct party *party, uint64_t id, enum ibv_wc_status status)
{
	struct ibv_wc found = completion(party);
	REQUIRE_VALUE(found.wr_id == id, found.wr_id);
	REQUIRE_VALUE(found.status == status, found.status);
}

void expect_event(struct party *party, enum ibv_event_type type)
{
	struct ibv_async_event event;
	REQUIRE(ibv_get_async_event(party->context, &event) == 0);
	REQUIRE_VALUE(event.event_type == type, event.event_type);
	ibv_ack_async_event(&event);
}

void expect_state(struct ibv_qp *pair, enum ibv_qp_state state)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr creation;
	REQUIRE(ibv_query_qp(pair, &attributes, IBV_QP_STATE, &creation) == 0);
	REQUIRE_VALUE(attributes.qp_state == state, attributes.qp_state);
}

void fill(unsigned char *bytes, size_t count, unsigned seed)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

bool is_filled(const unsigned char *bytes, size_t count, unsigned seed)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != (unsigned char)(seed * 31 + i * 7 + (i >> 8)))
			return false;
	return true;
}
