// xrc.h - three processes and an extended reliable connection: who posts, who owns the target, who owns the queue.
//
// The poster's requests go through a target queue pair of one process and are taken by a shared receive queue of
// another. Whatever is not as it must be ends the process that sees it, and with it the scenario.
#ifndef XRC_H
#define XRC_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

enum role { POSTER, OWNER, TAKER, ROLES };
enum { BUFFER = 1 << 20, RECEIVES = 16 };

struct party {
	enum role role;
	int sockets[ROLES];	// to each of the others
	int file;		// that the domain is opened by; the same in all parties
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *completions;
	struct ibv_xrcd *shared;
	struct ibv_srq *queue;	// the taker's
	struct ibv_qp *pair;	// the poster's sending half, the owner's target
	struct ibv_mr *region;
	unsigned char *memory;
	uint32_t queue_number, target_number;
	uint64_t remote_start;	// the taker's memory
	uint32_t remote_key;
};

_Noreturn void fail(const char *file, int line, const char *condition, long value);
#define REQUIRE_VALUE(condition, value)                                        \
	do {                                                                   \
		if (!(condition))                                              \
			fail(__FILE__, __LINE__, #condition, (long)(value));   \
	} while (0)
#define REQUIRE(condition) REQUIRE_VALUE(condition, 0)

// Set-up, in xrc_parties.c. `taker_alone`: the taker's domain is one that nobody shares.
void open_party(struct party *party, bool taker_alone);
void connect_parties(struct party *party);
void close_party(struct party *party);
void tell(struct party *party, enum role role, uint64_t word);
uint64_t hear(struct party *party, enum role role);
struct ibv_xrcd *open_domain(struct ibv_context *context, int file, int flags);

// Requests, in xrc_parties.c.
void post_receive(struct party *party, uint64_t id, size_t offset, size_t length);
void post(struct party *party, enum ibv_wr_opcode opcode, uint64_t id, size_t offset, size_t length);
struct ibv_wc completion(struct party *party);
void expect(struct party *party, uint64_t id, enum ibv_wc_status status);
void expect_event(struct party *party, enum ibv_event_type type);
void expect_state(struct ibv_qp *pair, enum ibv_qp_state state);
void fill(unsigned char *bytes, size_t count, unsigned seed);
bool is_filled(const unsigned char *bytes, size_t count, unsigned seed);

#endif
