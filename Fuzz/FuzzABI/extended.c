// extended.c - requests built by one call each, and completions read field by field.
//
// Between the first call of a batch and the last, and of a run of polls, nothing else is called: there the library may
// hold locks, as the manual pages say.
#include "calls.h"

#include <string.h>

static void build_one_sided(struct input *in, struct ibv_qp_ex *pair) {
    uint32_t key = any_remote_key(in);
    uint64_t address = any_address(in), first = take_word(in), second = take_word(in);
    switch (choose(in, 5)) {
    case 0: return ibv_wr_rdma_write(pair, key, address);
    case 1: return ibv_wr_rdma_write_imm(pair, key, address, 7);
    case 2: return ibv_wr_rdma_read(pair, key, address);
    case 3: return ibv_wr_atomic_cmp_swp(pair, key, address, first, second);
    default: return ibv_wr_atomic_fetch_add(pair, key, address, first);
    }
}

static void build_rare(struct input *in, struct ibv_qp_ex *pair) {
    struct ibv_mw_bind_info information = any_binding(in);
    uint8_t word[8] = {0};
    switch (choose(in, 5)) {
    case 0: return ibv_wr_send_inv(pair, any_remote_key(in));
    case 1: return ibv_wr_local_inv(pair, any_remote_key(in));
    case 2: return ibv_wr_bind_mw(pair, any_object(in, WINDOW), any_remote_key(in), &information);
    case 3: return ibv_wr_atomic_write(pair, any_remote_key(in), any_address(in), word);
    default: return ibv_wr_send_tso(pair, word, (uint16_t)take_size(in, 8), (uint16_t)take_word(in));
    }
}

static void set_payload(struct input *in, struct ibv_qp_ex *pair, uint8_t *bytes, size_t byte_count) {
    struct ibv_sge elements[8];
    struct ibv_data_buf buffers[3];
    for (int index = 0; index < 8; index++) elements[index] = any_element(in);
    for (int index = 0; index < 3; index++)
        buffers[index] = (struct ibv_data_buf){.addr = bytes, .length = choose(in, (unsigned)byte_count)};
    switch (choose(in, 5)) {
    case 0: return ibv_wr_set_sge(pair, elements[0].lkey, elements[0].addr, elements[0].length);
    case 1: return ibv_wr_set_sge_list(pair, choose(in, 9), choose(in, 16) == 0 ? NULL : elements);
    case 2: return ibv_wr_set_inline_data(pair, bytes, choose(in, (unsigned)byte_count));
    case 3: return ibv_wr_set_inline_data_list(pair, choose(in, 4), choose(in, 16) == 0 ? NULL : buffers);
    default: return;
    }
}

static void set_destination(struct input *in, struct ibv_qp_ex *pair) {
    struct ibv_qp *peer = live_object(in, PAIR);
    if (pair->qp_base.qp_type == IBV_QPT_UD ? choose(in, 8) != 0 : choose(in, 16) == 0)
        ibv_wr_set_ud_addr(pair, any_object(in, HANDLE), peer == NULL ? (uint32_t)take_word(in) : peer->qp_num, 5);
    if (pair->qp_base.qp_type == IBV_QPT_XRC_SEND ? choose(in, 8) != 0 : choose(in, 16) == 0)
        ibv_wr_set_xrc_srqn(pair, any_shared_number(in));
}

static void post_batch(struct input *in) {
    struct ibv_qp *plain = live_object(in, PAIR);
    struct ibv_qp_ex *pair = plain == NULL ? NULL : ibv_qp_to_qp_ex(plain);
    uint8_t bytes[200];
    if (pair == NULL) return;
    memset(bytes, 0x11, sizeof bytes);
    if (choose(in, 32) != 0) ibv_wr_start(pair);
    for (unsigned left = choose(in, 6); left > 0; left--) {
        pair->wr_id = left;
        pair->wr_flags = take_bits(in, 4);
        switch (choose(in, 4)) {
        case 0: ibv_wr_send(pair); break;
        case 1: ibv_wr_send_imm(pair, left); break;
        case 2: build_one_sided(in, pair); break;
        default: build_rare(in, pair);
        }
        set_destination(in, pair);
        if (choose(in, 8) != 0) set_payload(in, pair, bytes, sizeof bytes);
    }
    if (choose(in, 8) == 0) ibv_wr_abort(pair);
    else ibv_wr_complete(pair);
}

static void read_fields(struct ibv_cq_ex *queue) {
    struct ibv_wc_tm_info information;
    ibv_wc_read_opcode(queue);
    ibv_wc_read_vendor_err(queue);
    ibv_wc_read_byte_len(queue);
    ibv_wc_read_imm_data(queue);
    ibv_wc_read_invalidated_rkey(queue);
    ibv_wc_read_qp_num(queue);
    ibv_wc_read_src_qp(queue);
    ibv_wc_read_wc_flags(queue);
    ibv_wc_read_slid(queue);
    ibv_wc_read_sl(queue);
    ibv_wc_read_dlid_path_bits(queue);
    ibv_wc_read_completion_ts(queue);
    ibv_wc_read_completion_wallclock_ns(queue);
    ibv_wc_read_cvlan(queue);
    ibv_wc_read_flow_tag(queue);
    ibv_wc_read_tm_info(queue, &information);
}

static void poll_fields(struct input *in) {
    struct ibv_cq_ex *queue = live_object(in, EXTENDED_QUEUE);
    struct ibv_poll_cq_attr attributes = {.comp_mask = take_bits(in, 1)};
    if (queue == NULL) return;
    if (choose(in, 16) == 0) read_fields(queue);
    if (ibv_start_poll(queue, &attributes) != 0) return;
    read_fields(queue);
    for (unsigned left = choose(in, 10); left > 0 && ibv_next_poll(queue) == 0; left--) read_fields(queue);
    ibv_end_poll(queue);
}

void call_extended(struct input *in) {
    if (choose(in, 3) == 0) poll_fields(in);
    else post_batch(in);
}
