// data.c - work requests of any shape, polling, events.
#include "calls.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_LIMIT = 6, ELEMENT_LIMIT = 40 };

static struct ibv_sge *any_elements(struct input *in, struct ibv_sge *elements, int *count) {
    uint64_t wanted = take_size(in, 6);
    *count = (int)wanted;
    unsigned filled = wanted < ELEMENT_LIMIT ? (unsigned)wanted : ELEMENT_LIMIT;
    for (unsigned index = 0; index < filled; index++) elements[index] = any_element(in);
    return choose(in, 32) == 0 ? NULL : elements;
}

static void fill_target(struct input *in, struct ibv_send_wr *request, const struct ibv_qp *pair) {
    struct ibv_qp *peer = live_object(in, PAIR);
    if (pair->qp_type == IBV_QPT_UD) {
        request->wr.ud.ah = any_object(in, HANDLE);
        request->wr.ud.remote_qpn = peer != NULL && choose(in, 8) != 0 ? peer->qp_num : choose(in, 2) == 0 ? 0xffffff : (uint32_t)take_word(in);
        request->wr.ud.remote_qkey = choose(in, 8) == 0 ? (uint32_t)take_word(in) : 5;
    } else if (request->opcode == IBV_WR_ATOMIC_CMP_AND_SWP || request->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
        request->wr.atomic.remote_addr = any_address(in);
        request->wr.atomic.rkey = any_remote_key(in);
        request->wr.atomic.compare_add = take_word(in);
        request->wr.atomic.swap = take_word(in);
    } else {
        request->wr.rdma.remote_addr = any_address(in);
        request->wr.rdma.rkey = any_remote_key(in);
    }
    if (pair->qp_type == IBV_QPT_XRC_SEND) request->qp_type.xrc.remote_srqn = any_shared_number(in);
    if (request->opcode == IBV_WR_LOCAL_INV || request->opcode == IBV_WR_SEND_WITH_INV) request->invalidate_rkey = any_remote_key(in);
    if (request->opcode != IBV_WR_BIND_MW) return;
    request->bind_mw.mw = any_object(in, WINDOW);
    request->bind_mw.rkey = any_remote_key(in);
    request->bind_mw.bind_info = any_binding(in);
}

static void post_sends(struct input *in) {
    struct ibv_qp *pair = live_object(in, PAIR);
    if (pair == NULL) return;
    struct ibv_send_wr list[LIST_LIMIT], *bad = NULL;
    struct ibv_sge elements[LIST_LIMIT][ELEMENT_LIMIT];
    unsigned count = 1 + choose(in, LIST_LIMIT);
    memset(list, 0, sizeof list);
    memset(elements, 0, sizeof elements);
    for (unsigned index = 0; index < count; index++) {
        struct ibv_send_wr *request = &list[index];
        request->wr_id = index;
        request->opcode = choose(in, 24) == 0 ? (enum ibv_wr_opcode)take_word(in) : (enum ibv_wr_opcode)choose(in, 12);
        request->send_flags = take_bits(in, 4);
        request->imm_data = index;
        request->sg_list = any_elements(in, elements[index], &request->num_sge);
        fill_target(in, request, pair);
        if (index + 1 < count) request->next = request + 1;
    }
    // A list that never ends fills the queue.
    if (choose(in, 16) == 0) list[count - 1].next = &list[choose(in, LIST_LIMIT) % count];
    ibv_post_send(pair, &list[0], choose(in, 16) == 0 ? NULL : &bad);
}

static void post_receives(struct input *in) {
    struct ibv_recv_wr list[LIST_LIMIT], *bad = NULL;
    struct ibv_sge elements[LIST_LIMIT][ELEMENT_LIMIT];
    unsigned count = 1 + choose(in, LIST_LIMIT);
    memset(list, 0, sizeof list);
    memset(elements, 0, sizeof elements);
    for (unsigned index = 0; index < count; index++) {
        list[index].wr_id = 100 + index;
        list[index].sg_list = any_elements(in, elements[index], &list[index].num_sge);
        if (index + 1 < count) list[index].next = &list[index + 1];
    }
    if (choose(in, 16) == 0) list[count - 1].next = &list[choose(in, LIST_LIMIT) % count];
    struct ibv_qp *pair = live_object(in, PAIR);
    struct ibv_srq *queue = live_object(in, SHARED);
    if (queue != NULL && (pair == NULL || choose(in, 3) == 0)) ibv_post_srq_recv(queue, list, &bad);
    else if (pair != NULL) ibv_post_recv(pair, list, choose(in, 16) == 0 ? NULL : &bad);
}

static void poll(struct input *in) {
    struct ibv_cq *queue = live_object(in, QUEUE);
    struct ibv_wc completions[8];
    uint8_t count = (uint8_t)take_byte(in);
    if (queue == NULL) return;
    if (count == 255) ibv_poll_cq(queue, -1, completions);
    else if (count == 254) ibv_poll_cq(queue, 1, NULL);
    else ibv_poll_cq(queue, count % 9, completions);
}

static void take_event(struct input *in) {
    struct ibv_comp_channel *channel = any_object(in, CHANNEL);
    struct ibv_cq *queue = NULL;
    void *context = NULL;
    if (ibv_get_cq_event(channel, choose(in, 16) == 0 ? NULL : &queue, &context) == 0 && queue != NULL)
        ibv_ack_cq_events(queue, 1);
    ibv_ack_cq_events(NULL, 1);
}

static void take_async_event(struct input *in) {
    struct ibv_async_event event;
    if (ibv_get_async_event(any_context(in), choose(in, 16) == 0 ? NULL : &event) == 0) ibv_ack_async_event(&event);
}

static void bind_window(struct input *in) {
    struct ibv_qp *pair = live_object(in, PAIR);
    struct ibv_mw *window = live_object(in, WINDOW);
    if (pair == NULL || window == NULL) return;
    struct ibv_mw_bind bind = {.wr_id = 7, .send_flags = take_bits(in, 4), .bind_info = any_binding(in)};
    // The inline function reads the region's domain.
    if (bind.bind_info.mr != NULL || bind.bind_info.length == 0) ibv_bind_mw(pair, window, &bind);
}

void call_data(struct input *in) {
    struct ibv_cq *queue;
    switch (choose(in, 16)) {
    case 0: return take_event(in);
    case 1: return take_async_event(in);
    case 2: return bind_window(in);
    case 3:
        queue = live_object(in, QUEUE);
        if (queue != NULL) ibv_req_notify_cq(queue, choose(in, 3));
        return;
    case 4:
    case 5:
    case 6: return poll(in);
    case 7:
    case 8:
    case 9:
    case 10: return post_receives(in);
    default: return post_sends(in);
    }
}
