// statuses.h - two processes, one queue pair each, and what each must see of the other.
//
// A scenario is a set-up and two parts, played by two processes that were forked before either opened the device. They
// meet over a socket pair. Whatever is not as it must be ends the process that sees it, and with it its peer.
#ifndef STATUSES_H
#define STATUSES_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096, ALL_ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC };

// What one side tells the other before they connect.
struct address {
	union ibv_gid gid;
	uint64_t start;
	uint32_t rkey;
	uint32_t queue_pair;
	uint32_t packet;
	uint16_t lid;
};

// How a side is set up. What is left 0 becomes the ordinary: RC, all access, one page.
struct set_up {
	enum ibv_qp_type type;
	int region_access;
	int queue_pair_access;
	size_t bytes;
	int completions;
	int receives;
	uint32_t sends;
	uint32_t pieces;
	uint8_t retries;	// of a peer that does not answer
	uint8_t waits;		// for a receive: rnr_retry, 7 is for ever
	uint64_t operations;	// of the extended send interface
	uint64_t fields;	// of extended completion queues
	uint32_t queue_flags;
	bool parent_domain;	// everything is made on one
	bool alone;		// not connected to the peer's queue pair
	bool shared_receives;
	bool unsignalled;
	bool other_domain;	// the region is of another protection domain
	bool with_channel;
	bool by_frame;		// the device holds frames
	bool locked;		// registered pages are locked in memory
	bool strict;		// registrations end with their memory
	enum { HEARD_BY_NAME, TOLD_BY_KERNEL, TOLD_OF_SHARED } told;	// who says that memory has changed: see statuses_told.c
	bool kept_from_children;	// what is registered, while it is
	enum { BOTH_ARE_CALLERS, TARGET_IS_NOBODY, INITIATOR_IS_NOBODY } nobody;	// who is another user than the caller
};

struct side {
	const struct set_up *set_up;
	bool initiator;
	int socket;
	struct ibv_context *context;
	struct ibv_pd *domain, *other_domain, *base_domain;
	struct ibv_td *thread;
	struct ibv_comp_channel *channel;
	struct ibv_cq *sent, *received;
	struct ibv_srq *shared;
	struct ibv_qp *pair;
	struct ibv_mr *region;
	unsigned char *memory;
	union ibv_gid gid;
	int gid_index;
	uint16_t lid;
	uint8_t link_layer;
	struct address peer;
};

struct scenario {
	const char *name;
	struct set_up set_up;
	void (*initiator)(struct side *);
	void (*target)(struct side *);
};

// Ends the process with a line that says where and why.
_Noreturn void fail(const char *file, int line, const char *condition, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
#define REQUIRE(condition, ...)                                               \
	do {                                                                  \
		if (!(condition))                                             \
			fail(__FILE__, __LINE__, #condition, " " __VA_ARGS__); \
	} while (0)

// Set-up, in statuses_pair.c.
void open_side(struct side *side);
void connect_side(struct side *side);
void to_initialized(struct side *side);
void to_ready(struct side *side, uint32_t peer_queue_pair);
void close_side(struct side *side);
void meet(struct side *side);
void tell(struct side *side, const void *bytes, size_t count);
void hear(struct side *side, void *bytes, size_t count);
struct ibv_ah_attr address_of_peer(struct side *side);

// Requests and completions, in statuses_requests.c.
struct ibv_sge piece(struct side *side, size_t offset, size_t length);
void post_receive(struct side *side, uint64_t id, size_t offset, size_t length);
int try_send(struct side *side, struct ibv_send_wr *request);
void post_send(struct side *side, struct ibv_send_wr *request);
struct ibv_send_wr request(enum ibv_wr_opcode opcode, uint64_t id, struct ibv_sge *pieces, int count);
struct ibv_send_wr remote(struct side *side, enum ibv_wr_opcode opcode, uint64_t id, struct ibv_sge *piece, size_t offset);
struct ibv_wc next_completion(struct ibv_cq *queue);
struct ibv_wc expect(struct ibv_cq *queue, uint64_t id, enum ibv_wc_status status);
void expect_nothing(struct ibv_cq *queue);
void expect_state(struct side *side, enum ibv_qp_state state);
void expect_event(struct side *side, enum ibv_event_type type);
void expect_no_event(struct side *side);
void fill(struct side *side, size_t offset, size_t length, unsigned seed);
void expect_filled(struct side *side, size_t offset, size_t length, unsigned seed);
void expect_untouched(struct side *side, size_t offset, size_t length);

// Why the kernel does not tell this user what a scenario needs to be told; NULL: it does.
const char *not_granted(const struct scenario *scenario);

// The scenarios by subject; each list ends with a scenario without name.
extern const struct scenario data_scenarios[], access_scenarios[], receive_scenarios[], queue_scenarios[],
	event_scenarios[], datagram_scenarios[], atomic_scenarios[], failure_scenarios[], handler_scenarios[],
	batch_scenarios[], polling_scenarios[], drain_scenarios[], memory_scenarios[], window_scenarios[],
	frame_scenarios[], fork_scenarios[], reregister_scenarios[], resize_scenarios[],
	moderation_scenarios[], multicast_scenarios[], sharing_scenarios[], lock_scenarios[], group_scenarios[], stale_scenarios[],
	told_scenarios[], provider_scenarios[], peer_scenarios[], import_scenarios[], user_scenarios[];

#endif
