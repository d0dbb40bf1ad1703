// objects.c - what an input has made so far, and the memory that it may name.
#define _GNU_SOURCE
#include "objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct ibv_context *contexts[2];
uint8_t *memory;
static void *objects[KIND_COUNT][PER_KIND];

static void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "broken promise: %s (errno %d)\n", what, errno);
    abort();
}

static void do_not_wait(int descriptor) { fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK); }

void prepare_objects(void) {
    uint8_t *whole = mmap(NULL, (MEMORY_PAGES + 8) * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(whole != MAP_FAILED, "memory");
    memory = whole + PAGE_BYTES;
    mprotect(memory, WRITABLE_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE);
    mprotect(memory + WRITABLE_PAGES * PAGE_BYTES, 4 * PAGE_BYTES, PROT_READ);
    munmap(memory + MEMORY_PAGES * PAGE_BYTES, 7 * PAGE_BYTES);
    struct ibv_device **list = ibv_get_device_list(NULL);
    require(list != NULL && list[0] != NULL, "a device");
    for (int index = 0; index < 2; index++) {
        contexts[index] = ibv_open_device(list[0]);
        require(contexts[index] != NULL, "a context");
        do_not_wait(contexts[index]->async_fd);
    }
    ibv_free_device_list(list);
}

struct ibv_context *any_context(struct input *in) {
    unsigned which = choose(in, 16);
    return which == 15 ? NULL : contexts[which & 1];
}

static void *find_object(unsigned start, enum kind kind) {
    for (unsigned step = 0; step < PER_KIND; step++) {
        void *object = objects[kind][(start + step) % PER_KIND];
        if (object != NULL) return object;
    }
    return NULL;
}

void *live_object(struct input *in, enum kind kind) {
    uint8_t choice = take_byte(in);
    // An extended completion queue may stand wherever a plain one may.
    void *object = kind == QUEUE && choice & 0x40 ? find_object(choice, EXTENDED_QUEUE) : NULL;
    return object != NULL ? object : find_object(choice, kind);
}

void *any_object(struct input *in, enum kind kind) { return choose(in, 16) == 15 ? NULL : live_object(in, kind); }

// Groups that pairs may be attached to, which keep them from being destroyed.
static struct membership {
    struct ibv_qp *pair;
    union ibv_gid group;
    uint16_t place;
} memberships[64];
static unsigned membership_count;

void attach(struct ibv_qp *pair, const union ibv_gid *group, uint16_t place) {
    if (membership_count == sizeof memberships / sizeof memberships[0]) return;
    if (ibv_attach_mcast(pair, group, place) == 0)
        memberships[membership_count++] = (struct membership){.pair = pair, .group = *group, .place = place};
}

static void forget_memberships(struct ibv_qp *pair) {
    for (unsigned index = 0; index < membership_count;) {
        if (memberships[index].pair == pair) memberships[index] = memberships[--membership_count];
        else index++;
    }
}

static void leave_groups(void) {
    while (membership_count > 0) {
        struct membership *last = &memberships[--membership_count];
        ibv_detach_mcast(last->pair, &last->group, last->place);
    }
}

static int destroy(enum kind kind, void *object) {
    switch (kind) {
    case DOMAIN: return ibv_dealloc_pd(object);
    case CHANNEL: return ibv_destroy_comp_channel(object);
    case QUEUE: return ibv_destroy_cq(object);
    case EXTENDED_QUEUE: return ibv_destroy_cq(ibv_cq_ex_to_cq(object));
    case SHARED: return ibv_destroy_srq(object);
    case PAIR: return ibv_destroy_qp(object);
    case REGION: return ibv_dereg_mr(object);
    case HANDLE: return ibv_destroy_ah(object);
    case WINDOW: return ibv_dealloc_mw(object);
    case DEVICE_MEMORY: return ibv_free_dm(object);
    case THREAD_DOMAIN: return ibv_dealloc_td(object);
    case XRC_DOMAIN: return ibv_close_xrcd(object);
    case COUNTERS: return ibv_destroy_counters(object);
    case KIND_COUNT: break;
    }
    return EINVAL;
}

bool keep_if_room(enum kind kind, void *object) {
    for (unsigned index = 0; index < PER_KIND; index++) {
        if (objects[kind][index] != NULL) continue;
        objects[kind][index] = object;
        return true;
    }
    return false;
}

void keep(enum kind kind, void *object) {
    if (object == NULL) return;
    if (kind == CHANNEL) do_not_wait(((struct ibv_comp_channel *)object)->fd);
    if (!keep_if_room(kind, object)) require(destroy(kind, object) == 0, "an unused object goes at once");
}

void destroy_one(struct input *in, enum kind kind) {
    unsigned index = choose(in, PER_KIND);
    if (objects[kind][index] == NULL) return;
    if (destroy(kind, objects[kind][index]) != 0) return;
    if (kind == PAIR) forget_memberships(objects[kind][index]);
    objects[kind][index] = NULL;
}

void destroy_all(void) {
    static const enum kind order[] = {PAIR,    WINDOW, SHARED, QUEUE,      EXTENDED_QUEUE,
                                      CHANNEL, HANDLE, REGION, XRC_DOMAIN, DEVICE_MEMORY, COUNTERS};
    leave_groups();
    for (size_t step = 0; step < sizeof order / sizeof order[0]; step++) {
        for (unsigned index = 0; index < PER_KIND; index++) {
            void **place = &objects[order[step]][index];
            if (*place == NULL) continue;
            if (destroy(order[step], *place) != 0) fprintf(stderr, "kind %d\n", order[step]);
            else *place = NULL;
            require(*place == NULL, "what nothing depends on can be destroyed");
        }
    }
    // A parent domain depends on a domain, and on a thread domain.
    for (unsigned round = 0; round < PER_KIND; round++) {
        for (unsigned index = 0; index < PER_KIND; index++) {
            void **place = &objects[DOMAIN][index];
            if (*place != NULL && ibv_dealloc_pd(*place) == 0) *place = NULL;
        }
    }
    for (unsigned index = 0; index < PER_KIND; index++) {
        require(objects[DOMAIN][index] == NULL, "a domain that nothing depends on can be freed");
        void **place = &objects[THREAD_DOMAIN][index];
        if (*place != NULL) require(ibv_dealloc_td(*place) == 0, "a thread domain can be freed");
        *place = NULL;
    }
}

uint64_t any_address(struct input *in) {
    uint64_t base = (uint64_t)(uintptr_t)memory;
    switch (choose(in, 16)) {
    case 0: return take_word(in);
    case 1: return base + MEMORY_PAGES * PAGE_BYTES - take_byte(in);
    case 2: return base - take_byte(in);
    case 3: return base + take_number(in, 3);
    case 4: return base + take_byte(in);
    default: return base + (take_number(in, 2) & ~UINT64_C(7));
    }
}

uint32_t any_key(struct input *in) {
    if (choose(in, 16) == 0) return (uint32_t)take_word(in);
    struct ibv_mr *region = live_object(in, REGION);
    if (region == NULL) return 0;
    return choose(in, 32) == 0 ? region->lkey + 1 : region->lkey;
}

uint32_t any_remote_key(struct input *in) {
    struct ibv_mw *window = choose(in, 2) == 0 ? live_object(in, WINDOW) : NULL;
    return window == NULL ? any_key(in) : (window->rkey & ~0xffU) | ((window->rkey + (uint8_t)take_size(in, 2)) & 0xff);
}

struct ibv_mw_bind_info any_binding(struct input *in) {
    uint64_t length = choose(in, 4) == 0 ? take_word(in) : take_number(in, 2);
    return (struct ibv_mw_bind_info){
        .mr = any_object(in, REGION), .addr = any_address(in), .length = length, .mw_access_flags = take_bits(in, 6)};
}

uint32_t any_shared_number(struct input *in) {
    struct ibv_srq *queue = live_object(in, SHARED);
    uint32_t number;
    return queue == NULL || ibv_get_srq_num(queue, &number) != 0 || choose(in, 16) == 0 ? (uint32_t)take_word(in) : number;
}

struct ibv_sge any_element(struct input *in) {
    uint8_t kind = take_byte(in);
    uint32_t length = kind < 128 ? kind : kind < 232 ? (uint32_t)take_number(in, 2) : (uint32_t)take_word(in);
    uint64_t address = any_address(in);
    return (struct ibv_sge){.addr = address, .length = length, .lkey = any_key(in)};
}

struct ibv_ah_attr any_path(struct input *in, struct ibv_context *context) {
    struct ibv_ah_attr path = {.is_global = 1, .port_num = 1, .grh = {.hop_limit = 1}};
    ibv_query_gid(context, 1, (int)choose(in, 2), &path.grh.dgid);
    uint8_t odd = take_byte(in);
    if (odd < 200) return path;
    if (odd >= 248) {
        // One of the groups that pairs attach to.
        path.grh.dgid = (union ibv_gid){.raw = {0xff, 0x0e}};
        path.grh.dgid.raw[15] = odd & 3;
        return path;
    }
    if (odd & 1) path.port_num = take_byte(in);
    if (odd & 2) path.grh.sgid_index = take_byte(in);
    if (odd & 4) path.is_global = take_byte(in);
    if (odd & 8) path.dlid = (uint16_t)take_number(in, 2);
    if (odd & 16) path.grh.dgid.raw[take_byte(in) % 16] ^= take_byte(in);
    path.sl = take_byte(in);
    path.static_rate = take_byte(in);
    path.grh.flow_label = (uint32_t)take_word(in);
    return path;
}
