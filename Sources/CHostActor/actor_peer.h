// actor_peer.h - the process from which RDMA reaches what a scenario's process registered.
//
// Convention: each request is one packet, answered by one packet.
#ifndef VERBENA_ACTOR_PEER_H
#define VERBENA_ACTOR_PEER_H

#include <stdint.h>

enum peer_request_kind { PEER_CONNECT, PEER_READ, PEER_WRITE };

struct peer_request {
	enum peer_request_kind kind;
	uint32_t queue_pair;	// to connect to
	uint32_t key;
	uint64_t address;
	int64_t word;		// to write
};

struct peer_answer {
	int32_t error;		// errno, or 0
	uint32_t queue_pair;
	int64_t word;		// that was read
};

// Serves one owner after the other. Does not return.
_Noreturn void be_peer(int channel);

// The answer to a request, and its error.
int ask_peer(int channel, const struct peer_request *request, struct peer_answer *answer);

#endif
