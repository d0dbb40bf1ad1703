// statuses_guest.h - what the scenarios of importing share: handing a command descriptor over, and a queue pair on what was imported.
#ifndef STATUSES_GUEST_H
#define STATUSES_GUEST_H

#include "statuses.h"

// What the owner tells: handles, and where its region begins.
struct offer {
	uint32_t domain, region, memory;
	uint64_t start;
};

// A copy of a descriptor, and what goes with it.
void give(int socket, int descriptor, const struct offer *offer);
int take(int socket, struct offer *offer);
// Of the side's own context and domain.
void offer(struct side *side, const struct ibv_mr *region);

// Another side within the importer: its context, domain and region are imported, and its memory is the owner's address of it.
void import_into(struct side *guest, const struct side *side, int descriptor, const struct offer *offer);
struct address address_of(const struct side *side);
void open_guest_pair(struct side *guest);
// The same, connected to the importer's own queue pair.
void open_guest(struct side *guest, struct side *side);
void close_guest(struct side *guest);
// Takes the offer, and has a guest for it.
struct offer welcome(struct side *guest, struct side *side);

// One request from and to the beginning of the two sides' memory.
enum ibv_wc_status act(struct side *side, enum ibv_wr_opcode opcode, size_t length);
void expect_status(struct side *side, enum ibv_wr_opcode opcode, size_t length, enum ibv_wc_status expected);

#endif
