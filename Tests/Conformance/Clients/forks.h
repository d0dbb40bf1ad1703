// forks.h - a device in use while its process forks: what the child may do, and what the parent must not notice.
#ifndef FORKS_H
#define FORKS_H

#include <infiniband/verbs.h>
#include <stdint.h>

_Noreturn void fail(int line, const char *file, const char *condition);
#define REQUIRE(condition)                                     \
	do {                                                   \
		if (!(condition))                              \
			fail(__LINE__, __FILE__, #condition);  \
	} while (0)

// A queue pair connected to itself: one process is both sides.
struct loop {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_comp_channel *channel;
	struct ibv_cq *queue;
	struct ibv_qp *pair;
	struct ibv_mr *region;
	unsigned char *memory;
};

void open_loop(struct loop *loop);
void close_loop(struct loop *loop);
// One send to itself, received and checked.
void exercise(struct loop *loop, unsigned char value);

#endif
