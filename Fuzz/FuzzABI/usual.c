// usual.c - what most programs begin with: objects that fit each other, and connected pairs.
#include "calls.h"

#include <fcntl.h>
#include <string.h>

static void connect_pairs(struct input *in, struct ibv_qp *pair, struct ibv_qp *peer) {
    if (pair == NULL || peer == NULL) return;
    struct ibv_qp_attr attributes = {
        .qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = 0xf, .qkey = 5, .path_mtu = IBV_MTU_1024,
        .dest_qp_num = peer->qp_num, .max_dest_rd_atomic = 1, .min_rnr_timer = 1, .max_rd_atomic = 1};
    attributes.ah_attr = any_path(in, pair->context);
    int is_datagram = pair->qp_type == IBV_QPT_UD, is_reliable = pair->qp_type != IBV_QPT_UC;
    int first = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT;
    ibv_modify_qp(pair, &attributes, first | (is_datagram ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS));
    attributes.qp_state = IBV_QPS_RTR;
    int second = IBV_QP_STATE, third = IBV_QP_STATE | IBV_QP_SQ_PSN;
    if (!is_datagram) second |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
    if (!is_datagram && is_reliable) second |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
    ibv_modify_qp(pair, &attributes, second);
    attributes.qp_state = IBV_QPS_RTS;
    attributes.timeout = 1;
    if (!is_datagram && is_reliable)
        third |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
    ibv_modify_qp(pair, &attributes, third);
}

static void make_plain_objects(struct input *in) {
    struct ibv_context *context = contexts[choose(in, 2)];
    struct ibv_pd *domain = ibv_alloc_pd(context);
    struct ibv_comp_channel *channel = choose(in, 2) == 0 ? ibv_create_comp_channel(context) : NULL;
    keep(CHANNEL, channel);
    keep(DOMAIN, domain);
    struct ibv_cq *queue = ibv_create_cq(context, 1 + (int)choose(in, 32), NULL, live_object(in, CHANNEL), 0);
    keep(QUEUE, queue);
    struct ibv_srq_init_attr shared = {.attr = {.max_wr = 8, .max_sge = 2}};
    if (choose(in, 3) == 0) keep(SHARED, ibv_create_srq(live_object(in, DOMAIN), &shared));
    keep(REGION, (ibv_reg_mr)(live_object(in, DOMAIN), memory, WRITABLE_PAGES * PAGE_BYTES, 0xf));
    static const enum ibv_qp_type types[] = {IBV_QPT_RC, IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD};
    struct ibv_qp_init_attr attributes = {
        .send_cq = live_object(in, QUEUE), .recv_cq = live_object(in, QUEUE), .qp_type = types[choose(in, 4)],
        .cap = {.max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 4, .max_recv_sge = 4, .max_inline_data = 64}};
    if (choose(in, 3) == 0) attributes.srq = live_object(in, SHARED);
    struct ibv_qp *pairs[2];
    for (int index = 0; index < 2; index++) {
        keep(PAIR, ibv_create_qp(live_object(in, DOMAIN), &attributes));
        pairs[index] = live_object(in, PAIR);
    }
    connect_pairs(in, pairs[0], pairs[1]);
    connect_pairs(in, pairs[1], pairs[0]);
}

/// A queue whose completions are read field by field, a domain to share receives in, and windows.
static void make_extended_basis(struct input *in, struct ibv_context *context) {
    keep(DOMAIN, ibv_alloc_pd(context));
    struct ibv_cq_init_attr_ex queue = {.cqe = 1 + choose(in, 32), .wc_flags = take_bits(in, 13)};
    keep(EXTENDED_QUEUE, ibv_create_cq_ex(context, &queue));
    struct ibv_xrcd_init_attr files = {.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS, .fd = -1, .oflags = O_CREAT};
    keep(XRC_DOMAIN, ibv_open_xrcd(context, &files));
    struct ibv_pd *domain = live_object(in, DOMAIN);
    keep(REGION, (ibv_reg_mr)(domain, memory, WRITABLE_PAGES * PAGE_BYTES, 0x1f));
    struct ibv_srq_init_attr_ex shared = {
        .attr = {.max_wr = 8, .max_sge = 2}, .srq_type = IBV_SRQT_XRC, .pd = domain, .xrcd = live_object(in, XRC_DOMAIN),
        .cq = live_object(in, EXTENDED_QUEUE),
        .comp_mask = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD | IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ};
    if (shared.cq != NULL) shared.cq = ibv_cq_ex_to_cq((struct ibv_cq_ex *)shared.cq);
    keep(SHARED, ibv_create_srq_ex(context, &shared));
    for (int type = IBV_MW_TYPE_1; type <= IBV_MW_TYPE_2; type++)
        if (domain != NULL) keep(WINDOW, ibv_alloc_mw(domain, (enum ibv_mw_type)type));
}

static struct ibv_qp *make_extended_pair(struct input *in, struct ibv_context *context, enum ibv_qp_type type) {
    struct ibv_qp_init_attr_ex attributes = {
        .qp_type = type, .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS, .pd = live_object(in, DOMAIN),
        .send_cq = live_object(in, QUEUE), .recv_cq = live_object(in, QUEUE), .send_ops_flags = type == IBV_QPT_UD ? 3 : 0x6ff,
        .cap = {.max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 4, .max_recv_sge = 4, .max_inline_data = 64}};
    if (type == IBV_QPT_XRC_RECV) {
        attributes.comp_mask = IBV_QP_INIT_ATTR_XRCD;
        attributes.xrcd = live_object(in, XRC_DOMAIN);
    }
    struct ibv_qp *pair = ibv_create_qp_ex(context, &attributes);
    if (pair != NULL && !keep_if_room(PAIR, pair)) {
        ibv_destroy_qp(pair);
        return NULL;
    }
    return pair;
}

static void make_extended_objects(struct input *in) {
    static const enum ibv_qp_type types[][2] = {
        {IBV_QPT_XRC_SEND, IBV_QPT_XRC_RECV}, {IBV_QPT_RC, IBV_QPT_RC}, {IBV_QPT_UC, IBV_QPT_UC}, {IBV_QPT_UD, IBV_QPT_UD}};
    struct ibv_context *context = contexts[choose(in, 2)];
    unsigned which = choose(in, 6);
    const enum ibv_qp_type *type = types[which < 4 ? which : which - 4];
    make_extended_basis(in, context);
    struct ibv_qp *pair = make_extended_pair(in, context, type[0]), *peer = make_extended_pair(in, context, type[1]);
    connect_pairs(in, pair, peer);
    connect_pairs(in, peer, pair);
}

void make_usual_objects(struct input *in) {
    if (choose(in, 2) == 0) make_plain_objects(in);
    else make_extended_objects(in);
}
