// storms.h - many things at once: threads, forks, stopped peers. What is sent is checked, whatever happens around it.
//
// An end is a process's device; a lane is a queue pair of it with a window of the end's memory. Lanes are used by one thread
// at a time; ends by any.
#ifndef STORMS_H
#define STORMS_H

#include <infiniband/verbs.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

_Noreturn void fail(const char *file, int line, const char *condition, long value);
#define REQUIRE_VALUE(condition, value)                                        \
	do {                                                                   \
		if (!(condition))                                              \
			fail(__FILE__, __LINE__, #condition, (long)(value));   \
	} while (0)
#define REQUIRE(condition) REQUIRE_VALUE(condition, 0)

enum { WINDOW = 32768, PART = 8192 };

struct end {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_mr *region;
	unsigned char *memory;
	union ibv_gid gid;
	int gid_index;
	uint16_t lid;
	uint8_t link_layer;
};

// Where a lane is reached: its queue pair, and its window.
struct place {
	union ibv_gid gid;
	uint64_t window;
	uint32_t rkey;
	uint32_t queue_pair;
	uint16_t lid;
};

struct lane {
	struct end *end;
	struct ibv_cq *queue;
	struct ibv_qp *pair;
	struct place peer;
	unsigned char *window;
	uint64_t added; // what fetch-and-add must find
	uint8_t timeout, retries; // of a peer that does not answer; 0: four seconds, 7
};

// What a storm is asked for.
struct storm {
	int count;
	uint64_t seed;
};

// A generator of numbers that are the same for the same seed (xorshift).
uint64_t next_number(uint64_t *state);
unsigned below(uint64_t *state, unsigned bound);

void open_end(struct end *end, int windows);
void close_end(struct end *end);
void open_lane(struct lane *lane, struct end *end, int window);
struct place place_of(const struct lane *lane);
void connect_lane(struct lane *lane, struct place peer);
void close_lane(struct lane *lane);

// A lane that is connected to itself.
void open_loop(struct lane *lane, struct end *end, int window);

// Writes, reads back, compares, and adds one: needs nothing of the peer but its memory.
void one_sided_round(struct lane *lane, uint64_t *numbers);
// On a loop: sends to itself and checks what came.
void message_round(struct lane *lane, uint64_t *numbers);
// In a child: every call on what was inherited fails, none crashes, none waits.
void use_inherited(struct lane *lane);

void put(int socket, const void *bytes, size_t count);
void get(int socket, void *bytes, size_t count);
void expect_clean_end(pid_t child);

void storm_of_threads(struct storm storm);
void storm_of_stale(struct storm storm);
void storm_of_forks(struct storm storm);
void storm_of_early_forks(struct storm storm);
void stopped_peer(struct storm storm);
void kill_peer(struct storm storm);
void storm_of_kills(struct storm storm);

#endif
