// statuses_stale.h - what scenarios of registrations that end with their memory have in common.
#ifndef STATUSES_STALE_H
#define STATUSES_STALE_H

#include "statuses.h"

enum { PAGES = 8, BYTES = PAGES * PAGE };

// What the initiator may use all along, and what ends.
struct offer {
	uint64_t beside, start;
	uint32_t beside_key, key;
};

// Eight bytes.
void read_one(struct side *side, uint64_t start, uint32_t key, enum ibv_wc_status status);
// The initiator of one offer: reads what is 'a', and fails after the second meeting.
void read_before_and_after(struct side *side);
// How often the library has said something of a key since standard error became this file.
int mentions(int file, uint32_t key);

#endif
