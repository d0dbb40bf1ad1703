// lifecycle.c - making objects with any attributes, and destroying them in any order.
#define _GNU_SOURCE
#include "calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ibv_qp_init_attr any_pair_attributes(struct input *in) {
    static const enum ibv_qp_type types[] = {IBV_QPT_RC, IBV_QPT_RC, IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD, IBV_QPT_UD,
                                             IBV_QPT_XRC_SEND, IBV_QPT_XRC_RECV};
    struct ibv_qp_init_attr attributes = {
        .send_cq = any_object(in, QUEUE), .recv_cq = any_object(in, QUEUE), .qp_type = types[choose(in, 8)],
        .cap = {.max_send_wr = (uint32_t)take_size(in, 16), .max_recv_wr = (uint32_t)take_size(in, 16),
                .max_send_sge = (uint32_t)take_size(in, 5), .max_recv_sge = (uint32_t)take_size(in, 5),
                .max_inline_data = (uint32_t)take_size(in, 100)},
        .sq_sig_all = choose(in, 3)};
    if (choose(in, 4) == 0) attributes.srq = any_object(in, SHARED);
    if (choose(in, 32) == 0) attributes.qp_type = (enum ibv_qp_type)take_word(in);
    return attributes;
}

static void make_pair(struct input *in) {
    struct ibv_qp_init_attr attributes = any_pair_attributes(in);
    keep(PAIR, ibv_create_qp(any_object(in, DOMAIN), choose(in, 32) == 0 ? NULL : &attributes));
}

static void make_extended_pair(struct input *in) {
    struct ibv_qp_init_attr plain = any_pair_attributes(in);
    struct ibv_qp_init_attr_ex attributes;
    memset(&attributes, 0, sizeof attributes);
    memcpy(&attributes, &plain, sizeof plain);
    attributes.comp_mask = take_bits(in, 7) | IBV_QP_INIT_ATTR_PD;
    attributes.pd = any_object(in, DOMAIN);
    attributes.xrcd = any_object(in, XRC_DOMAIN);
    attributes.create_flags = take_bits(in, 3);
    attributes.send_ops_flags = take_bits(in, 14);
    keep(PAIR, ibv_create_qp_ex(contexts[choose(in, 2)], &attributes));
}

static void make_queue(struct input *in) {
    struct ibv_context *context = any_context(in);
    void *channel = choose(in, 2) == 0 ? any_object(in, CHANNEL) : NULL;
    int entries = (int)take_size(in, 64), vector = (int)take_size(in, 2);
    keep(QUEUE, ibv_create_cq(context, entries, memory, channel, vector));
}

static void make_extended_queue(struct input *in) {
    struct ibv_cq_init_attr_ex attributes = {
        .cqe = (uint32_t)take_size(in, 64), .channel = choose(in, 2) == 0 ? any_object(in, CHANNEL) : NULL,
        .comp_vector = (uint32_t)take_size(in, 2), .wc_flags = take_bits(in, 13), .comp_mask = take_bits(in, 2),
        .flags = take_bits(in, 2), .parent_domain = any_object(in, DOMAIN)};
    keep(EXTENDED_QUEUE, ibv_create_cq_ex(contexts[choose(in, 2)], &attributes));
}

static void make_shared(struct input *in) {
    struct ibv_srq_init_attr attributes = {
        .attr = {.max_wr = (uint32_t)take_size(in, 16), .max_sge = (uint32_t)take_size(in, 5),
                 .srq_limit = (uint32_t)take_size(in, 8)}};
    keep(SHARED, ibv_create_srq(any_object(in, DOMAIN), choose(in, 32) == 0 ? NULL : &attributes));
}

static void make_extended_shared(struct input *in) {
    struct ibv_srq_init_attr_ex attributes = {
        .attr = {.max_wr = (uint32_t)take_size(in, 16), .max_sge = (uint32_t)take_size(in, 5),
                 .srq_limit = (uint32_t)take_size(in, 8)},
        .comp_mask = take_bits(in, 5), .srq_type = (enum ibv_srq_type)take_size(in, 4), .pd = any_object(in, DOMAIN),
        .xrcd = any_object(in, XRC_DOMAIN), .cq = any_object(in, QUEUE)};
    keep(SHARED, ibv_create_srq_ex(contexts[choose(in, 2)], &attributes));
}

/// Memory of this process's by a descriptor, or no descriptor at all: never one that the runner or the device has open.
static int provided_memory(uint8_t choice) {
    static int memory = -1;
    if (memory < 0 && (memory = memfd_create("provided", MFD_CLOEXEC)) >= 0 && ftruncate(memory, WRITABLE_PAGES * PAGE_BYTES) != 0)
        abort();
    return choice % 2 == 0 ? memory : -1;
}

static void make_region(struct input *in) {
    struct ibv_pd *domain = any_object(in, DOMAIN);
    void *address = (void *)(uintptr_t)any_address(in);
    size_t length = choose(in, 8) == 0 ? take_word(in) : take_number(in, 2);
    int access = (int)take_bits(in, 9);
    uint64_t base = take_word(in);
    switch (choose(in, 8)) {
    case 0: return keep(REGION, ibv_reg_mr_iova(domain, address, length, base, access));
    case 1: return keep(REGION, ibv_reg_mr_iova2(domain, address, length, base, (unsigned)access));
    case 2: return keep(REGION, ibv_reg_dmabuf_mr(domain, base, length, base, provided_memory(take_byte(in)), access));
    case 3: return keep(REGION, domain == NULL ? NULL : ibv_alloc_null_mr(domain));
    case 4: {
        struct ibv_dm *where = live_object(in, DEVICE_MEMORY);
        if (where == NULL || domain == NULL) return;
        return keep(REGION, ibv_reg_dm_mr(domain, where, take_size(in, 64), take_size(in, 64), (unsigned)access));
    }
    default:
        // What most inputs need: all of the writable pages, every right.
        if (choose(in, 2) == 0) return keep(REGION, (ibv_reg_mr)(domain, memory, WRITABLE_PAGES * PAGE_BYTES, 0xf));
        return keep(REGION, (ibv_reg_mr)(domain, address, length, access));
    }
}

static void make_rare(struct input *in) {
    struct ibv_context *context = contexts[choose(in, 2)];
    struct ibv_pd *domain = live_object(in, DOMAIN);
    struct ibv_alloc_dm_attr amount = {.length = take_size(in, 200), .log_align_req = (uint32_t)take_size(in, 6),
                                       .comp_mask = take_bits(in, 1)};
    struct ibv_td_init_attr thread = {.comp_mask = take_bits(in, 1)};
    struct ibv_xrcd_init_attr files = {.comp_mask = take_bits(in, 3), .fd = choose(in, 2) == 0 ? -1 : (int)take_word(in),
                                       .oflags = choose(in, 2) == 0 ? O_CREAT : (int)take_word(in)};
    struct ibv_counters_init_attr counters = {.comp_mask = take_bits(in, 1)};
    struct ibv_parent_domain_init_attr parent = {
        .pd = domain, .td = any_object(in, THREAD_DOMAIN), .comp_mask = take_bits(in, 2)};
    switch (choose(in, 6)) {
    case 0: return keep(DEVICE_MEMORY, ibv_alloc_dm(context, &amount));
    case 1: return keep(THREAD_DOMAIN, ibv_alloc_td(context, &thread));
    case 2: return keep(XRC_DOMAIN, ibv_open_xrcd(context, &files));
    case 3: return keep(COUNTERS, ibv_create_counters(context, &counters));
    case 4: return keep(DOMAIN, domain == NULL ? NULL : ibv_alloc_parent_domain(context, &parent));
    default: return keep(WINDOW, domain == NULL ? NULL : ibv_alloc_mw(domain, (enum ibv_mw_type)choose(in, 4)));
    }
}

static void make_handle(struct input *in) {
    struct ibv_ah_attr path = any_path(in, contexts[choose(in, 2)]);
    keep(HANDLE, ibv_create_ah(any_object(in, DOMAIN), choose(in, 32) == 0 ? NULL : &path));
}

void call_lifecycle(struct input *in) {
    switch (choose(in, 16)) {
    case 0: return keep(DOMAIN, ibv_alloc_pd(any_context(in)));
    case 1: return keep(CHANNEL, ibv_create_comp_channel(any_context(in)));
    case 2: return make_queue(in);
    case 3: return make_extended_queue(in);
    case 4: return make_shared(in);
    case 5: return make_extended_shared(in);
    case 6: return make_extended_pair(in);
    case 7: return make_region(in);
    case 8: return make_region(in);
    case 9: return make_handle(in);
    case 10: return make_rare(in);
    case 11: return make_pair(in);
    case 12: return make_pair(in);
    default: return destroy_one(in, (enum kind)choose(in, KIND_COUNT));
    }
}
