// scale.h - how latency and memory behave with many queue pairs and many processes: shared by the measurements.
#ifndef SCALE_H
#define SCALE_H

#include <infiniband/verbs.h>
#include <stddef.h>

enum { MESSAGE_BYTES = 64, ROUND_TRIPS = 20000 };

// One process's device, with one completion queue and one region for all of its queue pairs.
struct end {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *queue;
	struct ibv_mr *region;
	char *buffer;
	union ibv_gid gid;
	struct ibv_qp **queue_pairs;
	int count;
};

// What the other side must know of a queue pair.
struct address {
	uint32_t number;
	uint16_t lid;
	union ibv_gid gid;
};

// Ends the program, saying which call failed.
_Noreturn void fail(const char *what);
double seconds(void);
void pin(int processor);

struct end open_end(int count);
void close_end(struct end *end);
struct address address_of(const struct end *end, int index);
void connect_queue_pair(struct end *end, int index, struct address peer);

// Sends and receives in turns, ROUND_TRIPS times, over the queue pairs first, first + step, ...; half a round trip in microseconds.
double lead(struct end *end, int first, int step);
void follow(struct end *end, int first, int step);

// All bytes over a socket, or the program ends.
void put(int socket, const void *bytes, size_t count);
void get(int socket, void *bytes, size_t count);

// This process's share of the memory that it has mapped, in KiB (Pss of /proc/self/smaps_rollup).
double memory_share(void);

void scale_queue_pairs(int count);
void scale_processes(int count);

#endif
