// control.c - changing and querying objects, with any attributes and masks.
#include "calls.h"

#include <stdlib.h>
#include <string.h>

static void modify_pair(struct input *in) {
    struct ibv_qp *pair = any_object(in, PAIR);
    struct ibv_qp_attr attributes = {
        .qp_state = (enum ibv_qp_state)take_size(in, 7), .cur_qp_state = (enum ibv_qp_state)take_size(in, 7),
        .path_mtu = (enum ibv_mtu)take_size(in, 6), .path_mig_state = (enum ibv_mig_state)take_size(in, 3),
        .qkey = (uint32_t)take_word(in), .rq_psn = (uint32_t)take_size(in, 4), .sq_psn = (uint32_t)take_size(in, 4),
        .dest_qp_num = (uint32_t)take_word(in), .qp_access_flags = take_bits(in, 5),
        .cap = {.max_send_wr = (uint32_t)take_word(in)}, .pkey_index = (uint16_t)take_size(in, 2),
        .en_sqd_async_notify = take_byte(in), .max_rd_atomic = (uint8_t)take_size(in, 17),
        .max_dest_rd_atomic = (uint8_t)take_size(in, 17), .min_rnr_timer = (uint8_t)take_size(in, 32),
        .port_num = (uint8_t)take_size(in, 2), .timeout = (uint8_t)take_size(in, 8), .retry_cnt = (uint8_t)take_size(in, 8),
        .rnr_retry = (uint8_t)take_size(in, 7), .alt_timeout = (uint8_t)take_size(in, 8), .rate_limit = (uint32_t)take_word(in)};
    struct ibv_qp *peer = live_object(in, PAIR);
    if (peer != NULL && choose(in, 4) != 0) attributes.dest_qp_num = peer->qp_num;
    attributes.ah_attr = any_path(in, contexts[0]);
    int mask = choose(in, 3) == 0 ? IBV_QP_STATE : (int)take_word(in);
    ibv_modify_qp(pair, choose(in, 32) == 0 ? NULL : &attributes, mask);
}

static void query_pair(struct input *in) {
    struct ibv_qp_attr attributes;
    struct ibv_qp_init_attr creation;
    ibv_query_qp(any_object(in, PAIR), choose(in, 32) == 0 ? NULL : &attributes, (int)take_word(in),
                 choose(in, 32) == 0 ? NULL : &creation);
}

static void control_shared(struct input *in) {
    struct ibv_srq_attr attributes = {.max_wr = (uint32_t)take_size(in, 16), .srq_limit = (uint32_t)take_size(in, 8)};
    if (choose(in, 2) == 0) ibv_modify_srq(any_object(in, SHARED), &attributes, (int)take_bits(in, 2));
    else ibv_query_srq(any_object(in, SHARED), choose(in, 16) == 0 ? NULL : &attributes);
    struct ibv_srq *queue = live_object(in, SHARED);
    uint32_t number;
    if (queue != NULL && choose(in, 4) == 0) ibv_get_srq_num(queue, &number);
}

static void control_region(struct input *in) {
    int flags = (int)take_bits(in, 3), access = (int)take_bits(in, 9);
    ibv_rereg_mr(any_object(in, REGION), flags, any_object(in, DOMAIN), (void *)(uintptr_t)any_address(in),
                 choose(in, 8) == 0 ? take_word(in) : take_number(in, 2), access);
}

static void advise(struct input *in) {
    struct ibv_sge elements[4];
    for (int index = 0; index < 4; index++) elements[index] = any_element(in);
    struct ibv_pd *domain = live_object(in, DOMAIN);
    if (domain != NULL)
        ibv_advise_mr(domain, (enum ib_uverbs_advise_mr_advice)take_size(in, 3), take_bits(in, 1), elements, choose(in, 5));
}

static void copy_device_memory(struct input *in) {
    struct ibv_dm *where = live_object(in, DEVICE_MEMORY);
    uint8_t bytes[256] = {0};
    if (where == NULL) return;
    uint64_t offset = take_size(in, 200), length = choose(in, 257);
    // The program's side of these copies is the program's: only the offset and the length into the device may be absurd.
    if (choose(in, 2) == 0) ibv_memcpy_to_dm(where, offset, bytes, length);
    else ibv_memcpy_from_dm(bytes, where, offset, length);
}

static void control_queue(struct input *in) {
    struct ibv_cq *queue = live_object(in, QUEUE);
    if (choose(in, 2) == 0) {
        ibv_resize_cq(any_object(in, QUEUE), (int)take_size(in, 64));
    } else if (queue != NULL) {
        struct ibv_modify_cq_attr attributes = {
            .attr_mask = take_bits(in, 1), .moderate = {.cq_count = (uint16_t)take_word(in), .cq_period = (uint16_t)take_word(in)}};
        ibv_modify_cq(queue, &attributes);
    }
}

static void control_groups(struct input *in) {
    union ibv_gid group = {.raw = {0xff, choose(in, 4) == 0 ? take_byte(in) : 0x0e}};
    group.raw[15] = (uint8_t)choose(in, 4);
    uint16_t place = (uint16_t)take_size(in, 4);
    struct ibv_qp *pair = any_object(in, PAIR);
    if (choose(in, 3) != 0) {
        if (choose(in, 16) == 0) ibv_attach_mcast(pair, NULL, place);
        else attach(pair, &group, place);
        return;
    }
    ibv_detach_mcast(pair, choose(in, 16) == 0 ? NULL : &group, place);
}

static void control_rare(struct input *in) {
    struct ibv_ece options = {.vendor_id = (uint32_t)take_size(in, 2), .options = take_byte(in), .comp_mask = take_bits(in, 1)};
    struct ibv_qp *pair = any_object(in, PAIR);
    struct ibv_counters *counters = live_object(in, COUNTERS);
    uint64_t values[4];
    switch (choose(in, 6)) {
    case 0: ibv_set_ece(pair, &options); return;
    case 1: ibv_query_ece(pair, &options); return;
    case 2:
        if (pair != NULL) ibv_query_qp_data_in_order(pair, (enum ibv_wr_opcode)take_word(in), take_bits(in, 1));
        return;
    case 3:
        if (counters != NULL) ibv_read_counters(counters, values, choose(in, 5), take_bits(in, 1));
        return;
    case 4:
        if (pair != NULL) {
            struct ibv_qp_rate_limit_attr limit = {.rate_limit = (uint32_t)take_word(in), .comp_mask = take_bits(in, 1)};
            ibv_modify_qp_rate_limit(pair, &limit);
        }
        return;
    default: {
        struct ibv_qp_open_attr attributes = {.comp_mask = take_bits(in, 4), .qp_num = (uint32_t)take_word(in),
                                              .xrcd = any_object(in, XRC_DOMAIN), .qp_type = IBV_QPT_XRC_RECV};
        struct ibv_qp *known = live_object(in, PAIR);
        if (known != NULL && choose(in, 2) == 0) attributes.qp_num = known->qp_num;
        keep(PAIR, ibv_open_qp(contexts[choose(in, 2)], &attributes));
        return;
    }
    }
}

void call_control(struct input *in) {
    switch (choose(in, 12)) {
    case 0: return query_pair(in);
    case 1: return control_shared(in);
    case 2: return control_region(in);
    case 3: return advise(in);
    case 4: return copy_device_memory(in);
    case 5: return control_queue(in);
    case 6: return control_groups(in);
    case 7: return control_rare(in);
    default: return modify_pair(in);
    }
}
