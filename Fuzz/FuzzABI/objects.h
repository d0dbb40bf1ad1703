// objects.h - what an input has made so far, and the memory that it may name.
#pragma once
#include <infiniband/verbs.h>

#include "input.h"

enum { PER_KIND = 4, MEMORY_PAGES = 24, WRITABLE_PAGES = 16, PAGE_BYTES = 4096 };

enum kind { DOMAIN, CHANNEL, QUEUE, EXTENDED_QUEUE, SHARED, PAIR, REGION, HANDLE, WINDOW, DEVICE_MEMORY, THREAD_DOMAIN, XRC_DOMAIN,
            COUNTERS, KIND_COUNT };

/// Two contexts that live as long as the process.
extern struct ibv_context *contexts[2];
/// 16 pages to read and write, 4 to read only, 4 that may not be touched, nothing mapped before and behind.
extern uint8_t *memory;

void prepare_objects(void);

/// An object of this kind, of either context; NULL when there is none, and now and then anyway.
void *any_object(struct input *in, enum kind kind);
/// The same, but NULL only when there is none: for functions that the header inlines, which read through the handle.
void *live_object(struct input *in, enum kind kind);
struct ibv_context *any_context(struct input *in);

/// Keeps a new object, or destroys it at once when there are enough.
void keep(enum kind kind, void *object);
/// False, with the object untouched, when there are enough.
bool keep_if_room(enum kind kind, void *object);
/// Attaches a pair to a group until everything is destroyed.
void attach(struct ibv_qp *pair, const union ibv_gid *group, uint16_t place);
/// Tries to destroy one object; it stays when the device says that it is in use.
void destroy_one(struct input *in, enum kind kind);
/// Destroys everything; each step must succeed, whatever the input did.
void destroy_all(void);

uint64_t any_address(struct input *in);
uint32_t any_key(struct input *in);
/// The same, and keys of windows: as they are, the next ones, and old ones.
uint32_t any_remote_key(struct input *in);
struct ibv_mw_bind_info any_binding(struct input *in);
/// The number of a shared receive queue, mostly one that is there.
uint32_t any_shared_number(struct input *in);
struct ibv_sge any_element(struct input *in);
/// A path to the device itself, or to nowhere.
struct ibv_ah_attr any_path(struct input *in, struct ibv_context *context);
