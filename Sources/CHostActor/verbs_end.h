// verbs_end.h - one end of a connection over the first RDMA device that is up: its queue pair, and a page with one word.
//
// Owns: making an end, and bringing it from any state to one that sends and receives. Does not: know which end asks and which answers.
#ifndef VERBENA_VERBS_END_H
#define VERBENA_VERBS_END_H

#include "verbs_library.h"
#include <stdint.h>

enum { WORD = 8 };

struct verbs_end {
	const struct verbs_library *library;
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *queue;
	struct ibv_qp *pair;
	struct ibv_mr *word;	// of the page, readable from afar
	uint64_t *page;
	struct ibv_ah_attr path;	// to this device's own port
};

// Loads the drivers of what devices there are: a process that is forked afterwards finds them loaded.
void load_drivers(const struct verbs_library *library);

// The first InfiniBand or RoCE device whose port is up, or null: iWARP needs a connection manager, everything else libibverbs.
struct ibv_context *open_first(const struct verbs_library *library);

// 0 or an errno; an end that could not be made has no context.
int make_end(struct verbs_end *end);

// Whatever its state, the queue pair sends to and hears from `queue_pair` of the same port afterwards. 0 or an errno.
int connect_end(struct verbs_end *end, uint32_t queue_pair);

#endif
