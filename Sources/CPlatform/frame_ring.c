// frame_ring.c - io_uring(7) with fixed buffers: the kernel keeps the frames of memory and moves bytes from and to them.
//
// Owns: the ring's three mappings and its descriptor. Does not: choose slots, split, or lock; one thread at a time.
// Counterpart: io_uring_setup(2), io_uring_register(2), io_uring_enter(2). Raw calls, because a preloaded library should
// bring no other one into the program.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "errno_kept.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int setup(struct verbena_frame_ring *ring, struct io_uring_params *parameters) {
    memset(parameters, 0, sizeof *parameters);
    ring->descriptor = (int)syscall(SYS_io_uring_setup, 1, parameters);
    return ring->descriptor < 0 ? -errno : 0;
}

static void *map_part(const struct verbena_frame_ring *ring, size_t byte_count, off_t part) {
    void *base = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->descriptor, part);
    if (base == MAP_FAILED) return NULL;
    // A child has no use for it, and must not submit in its parent's name.
    madvise(base, byte_count, MADV_DONTFORK);
    return base;
}

static bool map_parts(struct verbena_frame_ring *ring, const struct io_uring_params *parameters) {
    ring->submission_bytes = parameters->sq_off.array + parameters->sq_entries * sizeof(uint32_t);
    ring->completion_bytes = parameters->cq_off.cqes + parameters->cq_entries * sizeof(struct io_uring_cqe);
    ring->entry_bytes = parameters->sq_entries * sizeof(struct io_uring_sqe);
    ring->submission = map_part(ring, ring->submission_bytes, IORING_OFF_SQ_RING);
    ring->completion = map_part(ring, ring->completion_bytes, IORING_OFF_CQ_RING);
    ring->entries = map_part(ring, ring->entry_bytes, IORING_OFF_SQES);
    ring->submission_tail = parameters->sq_off.tail;
    ring->submission_array = parameters->sq_off.array;
    ring->completion_head = parameters->cq_off.head;
    ring->completion_tail = parameters->cq_off.tail;
    ring->completion_entries = parameters->cq_off.cqes;
    ring->completion_mask = parameters->cq_entries - 1;
    return ring->submission != NULL && ring->completion != NULL && ring->entries != NULL;
}

static int register_call(const struct verbena_frame_ring *ring, unsigned operation, const void *argument, unsigned count) {
    return syscall(SYS_io_uring_register, ring->descriptor, operation, argument, count) < 0 ? -errno : 0;
}

/// A table of empty slots, which kernels before 5.13 do not know.
static int make_table(struct verbena_frame_ring *ring, uint32_t slot_count) {
    struct iovec *empty = calloc(slot_count, sizeof *empty);
    if (empty == NULL) return -ENOMEM;
    int result = register_call(ring, IORING_REGISTER_BUFFERS, empty, slot_count);
    free(empty);
    ring->slot_count = result == 0 ? slot_count : 1;
    ring->has_table = result == 0;
    return result == -EFAULT || result == -EINVAL ? 0 : result;
}

int verbena_frame_ring_open(struct verbena_frame_ring *ring, uint32_t slot_count) {
    int saved = errno;
    struct io_uring_params parameters;
    memset(ring, 0, sizeof *ring);
    int result = setup(ring, &parameters);
    if (result == 0 && !map_parts(ring, &parameters)) result = -ENOMEM;
    if (result == 0) result = make_table(ring, slot_count);
    if (result < 0) verbena_frame_ring_close(ring);
    errno = saved;
    return result;
}

void verbena_frame_ring_close(struct verbena_frame_ring *ring) {
    int saved = errno;
    if (ring->submission != NULL) munmap(ring->submission, ring->submission_bytes);
    if (ring->completion != NULL) munmap(ring->completion, ring->completion_bytes);
    if (ring->entries != NULL) munmap(ring->entries, ring->entry_bytes);
    if (ring->descriptor >= 0) close(ring->descriptor);
    memset(ring, 0, sizeof *ring);
    ring->descriptor = -1;
    errno = saved;
}

static int set_slot(struct verbena_frame_ring *ring, uint32_t slot, struct iovec buffer) {
    struct io_uring_rsrc_update2 update = {.offset = slot, .data = (uint64_t)(uintptr_t)&buffer, .nr = 1};
    return syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_BUFFERS_UPDATE, &update, sizeof update) < 0
        ? -errno : 0;
}

int verbena_frame_ring_hold(struct verbena_frame_ring *ring, uint32_t slot, uint64_t address, size_t byte_count) {
    int saved = errno;
    struct iovec buffer = {.iov_base = (void *)address, .iov_len = byte_count};
    int result = ring->has_table ? set_slot(ring, slot, buffer)
        : register_call(ring, IORING_REGISTER_BUFFERS, &buffer, 1);
    errno = saved;
    return result;
}

int verbena_frame_ring_release(struct verbena_frame_ring *ring, uint32_t slot) {
    int saved = errno;
    struct iovec nothing = {0};
    int result = ring->has_table ? set_slot(ring, slot, nothing)
        : register_call(ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
    errno = saved;
    return result;
}

static _Atomic uint32_t *word(void *base, uint32_t offset) { return (_Atomic uint32_t *)((char *)base + offset); }

static void submit(struct verbena_frame_ring *ring, const struct io_uring_sqe *request) {
    // One request at a time: the ring has one entry.
    *(struct io_uring_sqe *)ring->entries = *request;
    *(uint32_t *)((char *)ring->submission + ring->submission_array) = 0;
    atomic_fetch_add_explicit(word(ring->submission, ring->submission_tail), 1, memory_order_release);
}

/// Waits for the one request under way; its result.
static int64_t complete(struct verbena_frame_ring *ring) {
    uint32_t head = atomic_load_explicit(word(ring->completion, ring->completion_head), memory_order_relaxed);
    unsigned waiting = 1;
    while (atomic_load_explicit(word(ring->completion, ring->completion_tail), memory_order_acquire) == head) {
        long taken = syscall(SYS_io_uring_enter, ring->descriptor, waiting, 1, IORING_ENTER_GETEVENTS, NULL, 0);
        if (taken < 0 && errno != EINTR && errno != EAGAIN) return -errno;
        if (taken > 0) waiting = 0;
    }
    const struct io_uring_cqe *entries = (void *)((char *)ring->completion + ring->completion_entries);
    int64_t result = entries[head & ring->completion_mask].res;
    atomic_store_explicit(word(ring->completion, ring->completion_head), head + 1, memory_order_release);
    return result;
}

int64_t verbena_frame_ring_move(struct verbena_frame_ring *ring, uint32_t slot, uint64_t address, uint32_t byte_count,
                                int file, bool from_frames) {
    int saved = errno;
    // The kernel reads the frames where it writes the file, and the other way round.
    struct io_uring_sqe request = {
        .opcode = from_frames ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED,
        .fd = file,
        .addr = address,
        .len = byte_count,
        .buf_index = (uint16_t)slot,
    };
    submit(ring, &request);
    int64_t result = complete(ring);
    errno = saved;
    return result;
}
