// statuses_pair.c - opens a side, connects it to its peer, and closes it in order.
#include "statuses.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT = 1, QUEUE_KEY = 0x1ee7, UNTOUCHED = 0xa5 };

static int chosen(int given, int ordinary) { return given ? given : ordinary; }

static size_t bytes_of(const struct side *side) { return side->set_up->bytes ? side->set_up->bytes : PAGE; }

static enum ibv_qp_type type_of(const struct side *side)
{
	return side->set_up->type ? side->set_up->type : IBV_QPT_RC;
}

void tell(struct side *side, const void *bytes, size_t count)
{
	REQUIRE(write(side->socket, bytes, count) == (ssize_t)count, "the peer is gone");
}

void hear(struct side *side, void *bytes, size_t count)
{
	for (size_t have = 0; have < count;) {
		ssize_t more = read(side->socket, (char *)bytes + have, count - have);
		REQUIRE(more > 0, "the peer is gone");
		have += more;
	}
}

// Both have come as far as this; neither goes on before.
void meet(struct side *side)
{
	char word = 'm';
	tell(side, &word, 1);
	hear(side, &word, 1);
	REQUIRE(word == 'm');
}

static void open_device(struct side *side)
{
	int count = 0;
	struct ibv_device **devices = ibv_get_device_list(&count);
	REQUIRE(devices && count > 0, "%d devices", count);
	side->context = ibv_open_device(devices[0]);
	REQUIRE(side->context, "open: errno %d", errno);
	ibv_free_device_list(devices);

	struct ibv_port_attr port;
	REQUIRE(ibv_query_port(side->context, PORT, &port) == 0);
	side->lid = port.lid;
	side->link_layer = port.link_layer;
	side->gid_index = port.link_layer == IBV_LINK_LAYER_ETHERNET ? 1 : 0;
	REQUIRE(ibv_query_gid(side->context, PORT, side->gid_index, &side->gid) == 0);
}

static void open_memory(struct side *side)
{
	size_t bytes = bytes_of(side);
	REQUIRE(posix_memalign((void **)&side->memory, PAGE, bytes) == 0);
	memset(side->memory, UNTOUCHED, bytes);
	struct ibv_pd *domain = side->domain;
	if (side->set_up->other_domain && !side->initiator) {
		side->other_domain = ibv_alloc_pd(side->context);
		REQUIRE(side->other_domain);
		domain = side->other_domain;
	}
	// The set-up's access is the target's: the initiator's own buffers are always open to itself.
	int access = side->initiator ? ALL_ACCESS : chosen(side->set_up->region_access, ALL_ACCESS);
	side->region = ibv_reg_mr(domain, side->memory, bytes, access);
	REQUIRE(side->region, "register %zu bytes: errno %d", bytes, errno);
}

// With `parent_domain` set, whatever a side makes is made on a parent domain with a thread domain.
static void open_domain(struct side *side)
{
	side->domain = ibv_alloc_pd(side->context);
	REQUIRE(side->domain);
	if (!side->set_up->parent_domain)
		return;
	side->base_domain = side->domain;
	struct ibv_td_init_attr none = { 0 };
	side->thread = ibv_alloc_td(side->context, &none);
	REQUIRE(side->thread, "alloc_td: errno %d", errno);
	struct ibv_parent_domain_init_attr attributes = { .pd = side->base_domain, .td = side->thread };
	side->domain = ibv_alloc_parent_domain(side->context, &attributes);
	REQUIRE(side->domain, "alloc_parent_domain: errno %d", errno);
}

static struct ibv_cq *open_queue(struct side *side, struct ibv_comp_channel *channel)
{
	const struct set_up *set_up = side->set_up;
	int completions = chosen(set_up->completions, 256);
	if (!set_up->fields && !set_up->queue_flags && !set_up->parent_domain)
		return ibv_create_cq(side->context, completions, side, channel, 0);
	struct ibv_cq_init_attr_ex attributes = {
		.cqe = completions, .cq_context = side, .channel = channel, .wc_flags = set_up->fields,
		.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS | (set_up->parent_domain ? IBV_CQ_INIT_ATTR_MASK_PD : 0),
		.flags = set_up->queue_flags, .parent_domain = side->domain,
	};
	struct ibv_cq_ex *queue = ibv_create_cq_ex(side->context, &attributes);
	REQUIRE(queue, "create_cq_ex: errno %d", errno);
	return ibv_cq_ex_to_cq(queue);
}

static void open_queue_pair(struct side *side)
{
	const struct set_up *set_up = side->set_up;
	struct ibv_qp_init_attr_ex attributes = {
		.send_cq = side->sent, .recv_cq = side->received, .srq = side->shared, .qp_type = type_of(side),
		.sq_sig_all = !set_up->unsignalled,
		.cap = { .max_send_wr = chosen(set_up->sends, 64), .max_recv_wr = chosen(set_up->receives, 64),
			 .max_send_sge = chosen(set_up->pieces, 4), .max_recv_sge = chosen(set_up->pieces, 4),
			 .max_inline_data = 64 },
		.pd = side->domain, .comp_mask = IBV_QP_INIT_ATTR_PD | (set_up->operations ? IBV_QP_INIT_ATTR_SEND_OPS_FLAGS : 0),
		.send_ops_flags = set_up->operations,
	};
	side->pair = ibv_create_qp_ex(side->context, &attributes);
	REQUIRE(side->pair, "create_qp: errno %d", errno);
	REQUIRE(attributes.cap.max_inline_data >= 64);
}

void open_side(struct side *side)
{
	const struct set_up *set_up = side->set_up;
	open_device(side);
	open_domain(side);
	open_memory(side);
	if (set_up->with_channel) {
		side->channel = ibv_create_comp_channel(side->context);
		REQUIRE(side->channel);
	}
	side->sent = open_queue(side, NULL);
	side->received = open_queue(side, side->channel);
	REQUIRE(side->sent && side->received);
	if (set_up->shared_receives) {
		struct ibv_srq_init_attr attributes = { .attr = { .max_wr = 64, .max_sge = 4 } };
		side->shared = ibv_create_srq(side->domain, &attributes);
		REQUIRE(side->shared, "create_srq: errno %d", errno);
	}
	open_queue_pair(side);
}

void to_initialized(struct side *side)
{
	struct ibv_qp_attr attributes = {
		.qp_state = IBV_QPS_INIT, .pkey_index = 0, .port_num = PORT, .qkey = QUEUE_KEY,
		.qp_access_flags = chosen(side->set_up->queue_pair_access, ALL_ACCESS),
	};
	int last = type_of(side) == IBV_QPT_UD ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS;
	int result = ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | last);
	REQUIRE(result == 0, "to INIT: %d", result);
}

struct ibv_ah_attr address_of_peer(struct side *side)
{
	struct ibv_ah_attr address = { .dlid = side->peer.lid, .port_num = PORT };
	if (side->link_layer == IBV_LINK_LAYER_ETHERNET) {
		address.is_global = 1;
		address.grh.dgid = side->peer.gid;
		address.grh.sgid_index = side->gid_index;
		address.grh.hop_limit = 1;
	}
	return address;
}

static int masks_of(enum ibv_qp_type type, bool receive)
{
	switch (type) {
	case IBV_QPT_RC:
		return receive ? IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER
			       : IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
	case IBV_QPT_UC:
		return receive ? IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN : IBV_QP_SQ_PSN;
	default:
		return receive ? 0 : IBV_QP_SQ_PSN;
	}
}

void to_ready(struct side *side, uint32_t peer_queue_pair)
{
	struct ibv_qp_attr attributes = {
		.qp_state = IBV_QPS_RTR, .ah_attr = address_of_peer(side), .path_mtu = IBV_MTU_1024,
		.dest_qp_num = peer_queue_pair, .rq_psn = side->peer.packet,
		// The shortest timers: what is refused for good is to be known soon.
		.max_dest_rd_atomic = 4, .min_rnr_timer = 1,
		.sq_psn = side->pair->qp_num & 0xffffff, .timeout = 8, .retry_cnt = chosen(side->set_up->retries, 2),
		.rnr_retry = side->set_up->waits, .max_rd_atomic = 4,
	};
	int result = ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE | masks_of(type_of(side), true));
	REQUIRE(result == 0, "to RTR: %d", result);
	attributes.qp_state = IBV_QPS_RTS;
	result = ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE | masks_of(type_of(side), false));
	REQUIRE(result == 0, "to RTS: %d", result);
}

void connect_side(struct side *side)
{
	struct address own = {
		.gid = side->gid, .start = (uintptr_t)side->memory, .rkey = side->region->rkey,
		.queue_pair = side->pair->qp_num, .packet = side->pair->qp_num & 0xffffff, .lid = side->lid,
	};
	tell(side, &own, sizeof(own));
	hear(side, &side->peer, sizeof(side->peer));
	if (side->set_up->alone)
		return;
	to_initialized(side);
	to_ready(side, side->peer.queue_pair);
	meet(side);
}

// A part may have destroyed what it was about: that is NULL then.
void close_side(struct side *side)
{
	REQUIRE(!side->pair || ibv_destroy_qp(side->pair) == 0);
	REQUIRE(!side->shared || ibv_destroy_srq(side->shared) == 0);
	REQUIRE(!side->sent || ibv_destroy_cq(side->sent) == 0);
	REQUIRE(!side->received || ibv_destroy_cq(side->received) == 0);
	REQUIRE(!side->channel || ibv_destroy_comp_channel(side->channel) == 0);
	REQUIRE(!side->region || ibv_dereg_mr(side->region) == 0);
	REQUIRE(!side->other_domain || ibv_dealloc_pd(side->other_domain) == 0);
	REQUIRE(ibv_dealloc_pd(side->domain) == 0);
	REQUIRE(!side->base_domain || ibv_dealloc_pd(side->base_domain) == 0);
	REQUIRE(!side->thread || ibv_dealloc_td(side->thread) == 0);
	REQUIRE(ibv_close_device(side->context) == 0);
	free(side->memory);
}
