// actor.h - shared by the parts of a process that plays a scenario's.
#ifndef VERBENA_ACTOR_H
#define VERBENA_ACTOR_H

#include "CHostActor.h"
#include <stddef.h>

// What every process of a world inherits.
struct world {
	int nursery;
	int scenario;				// how many there were before this one
	int slots[VERBENA_HOST_SLOTS];		// the processes' ends
	int peers[VERBENA_HOST_SLOTS][2];	// between the process of a slot and its peer
	int has_peer[VERBENA_HOST_SLOTS];	// one was started
	int objects[2 * VERBENA_HOST_OBJECTS];	// descriptors, -1 for none; the second half: for reading only
};

// Plays the process of a slot until it is told to quit. Does not return.
_Noreturn void play_actor(struct world *world, int slot);

// Memory: each fills in error, or signal and value.
void actor_access(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_map(const struct world *world, const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_catch_signals(void);

// Holders of page frames.
void actor_hold_fixed(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_hold_pipe(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_release(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_device(const struct verbena_host_command *command, struct verbena_host_reply *reply);

// Rings for all holders to come, of a process that a limit will bind; where there is no io_uring, none. A user that is nobody else is
// charged for the scenario alone.
void actor_make_rings(int user_is_alone);
// Bytes that the rings of this process's user are charged with.
uint64_t actor_charge_of_rings(void);
void actor_read_charge(const struct verbena_host_command *command, struct verbena_host_reply *reply);

// Memory regions of a verbs device, of a process whose slot has a peer.
void actor_open_device(const struct world *world, int slot, struct verbena_host_reply *reply);
void actor_hold_region(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_release_region(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_device_region(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_forget_device(void);
// The kernel looks for equal pages a few times. 0 or an errno.
int merge_same_pages(void);

// Pins by the kernel's own test.
void actor_hold_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_release_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_read_test_pin(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_forget_test_pin(void);

// Memory of a device, and on-demand access.
void actor_hold_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_release_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_device_mirror(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_move(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_forget_mirrors(void);

// Transfers of a disk.
void actor_hold_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_release_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_read_transfer(const struct verbena_host_command *command, struct verbena_host_reply *reply);
void actor_forget_transfers(void);

// In a child: what the parent holds is the parent's.
void actor_forget_holders(void);

// Sends a reply; ends the process when nobody listens any more.
void answer(int channel, struct verbena_host_reply *reply);

#endif
