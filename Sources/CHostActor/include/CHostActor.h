// CHostActor.h - processes that do on the running kernel what the actors of a scenario do.
//
// Owns: the messages, and starting the nursery. A nursery is forked once and stays small; it forks a process for each one of a
// scenario's, and those fork on as the scenario says. All of it is C: nothing here must depend on what a fork of Swift may do.
// Convention: each command is one packet, answered by one packet. A process's memory lies at fixed addresses.
#ifndef VERBENA_HOST_ACTOR_H
#define VERBENA_HOST_ACTOR_H

#include <stdint.h>

enum {
	VERBENA_HOST_SLOTS = 4,		// processes of a scenario
	VERBENA_HOST_REGIONS = 4,
	VERBENA_HOST_OBJECTS = 6,
};

// Where page 0 of each process lies.
#define VERBENA_HOST_BASE UINT64_C(0x200000000000)

enum verbena_host_command_kind {
	// To the nursery.
	VERBENA_HOST_START,		// slot: a new process
	VERBENA_HOST_START_PEER,	// slot: the process from which RDMA comes; nothing if there is one
	VERBENA_HOST_MAKE_OBJECT,	// slot: the object's number, length: bytes, argument: 0 a file of memory, 1 of a disk, 2 that of a
					// controller's memory, of which each mapping is new, 3 of hugetlb pages
	VERBENA_HOST_FILL_OBJECT,	// slot, address: offset, argument: value
	VERBENA_HOST_TRUNCATE_OBJECT,	// slot, length
	VERBENA_HOST_MERGE,		// equal pages that were offered
	VERBENA_HOST_UNBIND,		// takes its driver from the controller
	VERBENA_HOST_RESET,		// forget all objects; the controller has its driver again
	// To a process.
	VERBENA_HOST_QUIT,
	VERBENA_HOST_FORK,		// slot: the child
	VERBENA_HOST_READ,		// address, length: every 4096 bytes, the first of which is told
	VERBENA_HOST_WRITE,		// address, length, argument: value, at the beginning of each 4096 bytes
	VERBENA_HOST_MAP,		// address, length, argument: PROT_*, second: MAP_*; slot: object (and VERBENA_HOST_OBJECTS more
					// to map the file opened for reading only), or -1; offset
	VERBENA_HOST_UNMAP,		// address, length
	VERBENA_HOST_PROTECT,		// address, length, argument: PROT_*
	VERBENA_HOST_REMAP,		// address, length, argument: new address
	VERBENA_HOST_LOCK, VERBENA_HOST_UNLOCK,
	VERBENA_HOST_ADVISE,		// address, length, argument: MADV_*
	VERBENA_HOST_CLEAR_SOFT_DIRTY,	// of the whole process
	VERBENA_HOST_MOVE,		// address: to another node
	VERBENA_HOST_HOLD_FIXED,	// slot: region, address, length: an io_uring fixed buffer
	VERBENA_HOST_HOLD_PIPE,		// slot: region, address, length, second: bytes of a page, the first 4096 of which it references
	VERBENA_HOST_RELEASE,		// slot: region
	VERBENA_HOST_DEVICE_READ,	// slot: region, length: offset in it
	VERBENA_HOST_DEVICE_WRITE,	// and argument: value
	VERBENA_HOST_OPEN_DEVICE,	// opens a verbs device and connects to the peer: before a limit is set
	VERBENA_HOST_HOLD_REGION,	// slot: region, address, length, argument: IBV_ACCESS_*
	VERBENA_HOST_RELEASE_REGION,	// slot: region
	VERBENA_HOST_REGION_READ,	// slot: region, length: offset in it
	VERBENA_HOST_REGION_WRITE,	// and argument: value
	VERBENA_HOST_HOLD_TEST_PIN,	// slot: region, address, length, argument: 1 to write, 2 by the fast path, or both
	VERBENA_HOST_RELEASE_TEST_PIN,	// slot: region
	VERBENA_HOST_TEST_PIN_READ,	// slot: region, length: offset in it
	VERBENA_HOST_HOLD_MIRROR,	// slot: region, address, length
	VERBENA_HOST_RELEASE_MIRROR,	// slot: region
	VERBENA_HOST_MIRROR_READ,	// slot: region, length: offset in it
	VERBENA_HOST_MIRROR_WRITE,	// and argument: value
	VERBENA_HOST_HOLD_TRANSFER,	// slot: region, address, length, argument: 1 the disk writes to memory, 0 it reads
	VERBENA_HOST_RELEASE_TRANSFER,	// slot: region
	VERBENA_HOST_TRANSFER_READ,	// slot: region, length: offset in it: what the disk has read
	VERBENA_HOST_MOVE_TO_DEVICE,	// address, length: to memory that processors cannot reach
	VERBENA_HOST_MOVE_TO_SYSTEM,	// address, length
	VERBENA_HOST_BECOME_LIMITED,	// argument: which user; gives up CAP_IPC_LOCK
	VERBENA_HOST_LIMIT,		// length: RLIMIT_MEMLOCK, after all processes have become limited
	VERBENA_HOST_READ_CHARGE,	// argument: the pages expected; value: those that io_uring has charged to the limited process's user,
					// without its rings', and no more than the limit
};

// The value of a reply to a request to hold pages: the machine has none of what would hold them, or none left, which a scenario does
// not ask about.
enum { VERBENA_HOST_NO_ROOM = 1 };

struct verbena_host_command {
	uint32_t kind;
	int32_t slot;
	uint64_t address, length, offset;
	int64_t argument, second;
};

struct verbena_host_reply {
	int32_t process;
	int32_t error;	// errno, or 0
	int32_t signal;	// that the access raised, or 0
	int32_t unused;
	int64_t value;
};

// Starts a nursery. Its process number, our ends of its channel and of each slot's; else -errno.
int verbena_host_nursery_start(int *nursery, int slots[VERBENA_HOST_SLOTS]);

// Ends a nursery, and its processes with it, and waits for it: nothing is left to its parent.
void verbena_host_nursery_end(int process);

// 1 if the kernel makes io_uring rings for this process.
int verbena_host_has_rings(void);

// 1 if the kernel knows MADV_COLLAPSE.
int verbena_host_has_collapse(void);

// 1 if there is an InfiniBand or RoCE device that is up.
int verbena_host_has_verbs_device(void);

// 1 if the kernel has its test of longterm pins (GUP_TEST), for this user.
int verbena_host_has_pin_test(void);

// 1 if there is HMM's test device (TEST_HMM): one with memory of its own, and another one as an on-demand adapter.
int verbena_host_has_device_memory(void);
int verbena_host_has_mirror(void);

// Names the NVMe controller whose memory scenarios may map and whose driver they may unbind, by its PCI address, and a slow disk that reaches
// it, which transfers overwrite; either may be empty. Before a nursery is started. 0 or -EINVAL.
int verbena_host_use_controller(const char *slot, const char *disk);

// 1 if the controller that was named lends its memory; 1 if a disk was named.
int verbena_host_has_controller_memory(void);
int verbena_host_has_transfers(void);

// One command and its answer; -errno when the other end has gone, or does not answer in so many seconds.
int verbena_host_ask(int channel, const struct verbena_host_command *command, struct verbena_host_reply *reply, int seconds);

// Waits for the first packet of a process that was just born.
int verbena_host_await_birth(int channel, struct verbena_host_reply *reply, int seconds);

#endif
